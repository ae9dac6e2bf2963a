"""Counters of a web process, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

REQUESTS = Counter("facsweb_requests", "Requests answered", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "facsweb_request_seconds",
    "Seconds until a request was answered",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REFUSED = Counter("facsweb_refused", "Requests refused before they were read", ["status"])
