"""The answer to an error that nothing else has answered: 503 for an outage, 500 for the rest.

`facsweb.urls` names it. It asks no database: that may be what is away.
"""

from __future__ import annotations

import logging
import sys

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from facsweb.accounts.permissions import may_administer
from facsweb.rest.outages import Outage, outage_of

logger = logging.getLogger(__name__)

_SECONDS = 30


def answer_error(request: HttpRequest) -> HttpResponse:
    """Answer a request whose error is being handled."""
    outage = outage_of(sys.exc_info()[1])
    if request.path.startswith("/api/"):
        answer: HttpResponse = JsonResponse(_shape(outage, request), status=503 if outage else 500)
    elif outage is None:
        return server_error(request)
    else:
        words = {"outage": outage, "mend": outage.mend if _may_mend(request) else ""}
        answer = HttpResponse(render_to_string("503.html", words), status=503)
    if outage is not None:
        answer["Retry-After"] = str(_SECONDS)
    return answer


def _shape(outage: Outage | None, request: HttpRequest) -> dict[str, object]:
    if outage is None:
        detail = "The server met an unexpected error, which is in its log. Nothing was saved."
        return {"code": "server_error", "detail": detail, "fields": {}}
    mend = f" {outage.mend}" if _may_mend(request) else ""
    return {"code": outage.code, "detail": f"{outage.plain}{mend}", "fields": {}}


def _may_mend(request: HttpRequest) -> bool:
    """Tell whether an admin asks, as far as that can be known without a database."""
    try:
        return may_administer(request.user)
    except (AttributeError, DatabaseError, OSError):
        return False
