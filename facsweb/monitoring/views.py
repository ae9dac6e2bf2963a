"""Pages for programs that keep facsweb running: does it live, can it work, how is it doing."""

from __future__ import annotations

import hmac
import logging

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from facsweb.jobs.disk import database_is_read_only
from facsweb.jobs.heartbeat import broker_client
from facsweb.monitoring.metrics import metrics_text

logger = logging.getLogger(__name__)
_migrated = False


@require_safe
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process lives; it asks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether requests can be answered: database, migrations and broker. 503 if not."""
    told = {"database": _database(), "broker": _broker()}
    told["migrations"] = "unknown" if told["database"] == "away" else _migrations()
    ready = all(each == "ok" for each in told.values())
    return JsonResponse(told, status=200 if ready else 503)


@require_safe
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """Tell Prometheus all figures, if it sends the token of the settings; else there is no page."""
    sent = request.headers.get("Authorization", "").encode()
    wanted = f"Bearer {settings.METRICS_TOKEN}".encode()
    if not settings.METRICS_TOKEN or not hmac.compare_digest(sent, wanted):
        raise Http404("There is no such page.")
    return HttpResponse(metrics_text(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "read-only" if database_is_read_only() else "ok"
    except DatabaseError as error:
        logger.warning("not ready, the database: %s", type(error).__name__)
        return "away"


def _broker() -> str:
    try:
        broker_client().ping()
    except redis.RedisError as error:
        logger.warning("not ready, the broker: %s", type(error).__name__)
        return "away"
    return "ok"


def _migrations() -> str:
    """Tell whether the tables are of this version; once they are, they stay so."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return "ok" if _migrated else "missing"
