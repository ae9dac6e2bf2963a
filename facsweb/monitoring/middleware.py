"""An id, a log line and figures for each request."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from facsweb.logs import about
from facsweb.monitoring.counters import REQUEST_SECONDS, REQUESTS
from facsweb.rest.addresses import came_by_proxy

logger = logging.getLogger("facsweb.requests")
_AN_ID = re.compile(r"\A[\w.-]{8,64}\Z")
#: Asked every few seconds by programs: counted, and written in no log.
QUIET = frozenset({"healthz", "readyz", "metrics"})


class Observed:
    """The outermost step: what a request is told by, and how long it took.

    A proxy that the settings name may give the request its id (`X-Request-ID`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id, began = _id_of(request), time.perf_counter()
        with about(request_id=request_id):
            response = self.get_response(request)
            seconds = time.perf_counter() - began
            route = _route(request)
            REQUESTS.labels(request.method, route, response.status_code).inc()
            REQUEST_SECONDS.labels(route).observe(seconds)
            if route not in QUIET:
                facts = {"method": request.method, "route": route, "status": response.status_code}
                text = f"{request.method} /{route} {response.status_code} {seconds * 1000:.0f} ms"
                logger.info(text, extra=facts | {"milliseconds": round(seconds * 1000, 1)})
        response["X-Request-ID"] = request_id
        return response


def _id_of(request: HttpRequest) -> str:
    told = request.headers.get("X-Request-ID", "")
    return told if _AN_ID.match(told) and came_by_proxy(request) else uuid.uuid4().hex[:16]


def _route(request: HttpRequest) -> str:
    """Return the pattern of the address and not the address: that may name a subject."""
    found = getattr(request, "resolver_match", None)
    if found is not None:
        return str(found.route)
    return "static" if request.path_info.startswith("/static/") else "unknown"
