"""The pages of jobs: the list, one job with its log, and what one does about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from facsweb.accounts.decorators import figures_required
from facsweb.accounts.permissions import may_administer
from facsweb.accounts.types import SignedInRequest
from facsweb.joblist.forms import FilterForm
from facsweb.joblist.listing import Filters, Job, Place, list_jobs, one_job
from facsweb.joblist.services import cancel_job, may_retry, retry_job
from facsweb.jobs.disk import disk_troubles
from facsweb.jobs.health import queue_health
from facsweb.problems import Missing, Problem
from facsweb.rest.pages import refusal_as_message

_A_PAGE = 50


@require_safe
@figures_required
def jobs(request: SignedInRequest) -> HttpResponse:
    return render(request, "joblist/jobs.html", _list(request) | _server(request))


@require_safe
@figures_required
def job_rows(request: SignedInRequest) -> HttpResponse:
    """Show the part of the list that htmx asks for while something goes on."""
    return render(request, "joblist/_rows.html", _list(request))


@require_safe
@figures_required
def job(request: SignedInRequest, kind: str, pk: int) -> HttpResponse:
    return render(request, "joblist/job.html", _one(request, kind, pk))


@require_safe
@figures_required
def job_progress(request: SignedInRequest, kind: str, pk: int) -> HttpResponse:
    return render(request, "joblist/_job.html", _one(request, kind, pk))


@require_POST
@figures_required
def cancel(request: SignedInRequest, kind: str, pk: int) -> HttpResponse:
    return _act(request, kind, pk, cancel_job, "Cancelling: it stops within seconds.")


@require_POST
@figures_required
def retry(request: SignedInRequest, kind: str, pk: int) -> HttpResponse:
    return _act(request, kind, pk, retry_job, "It is queued again.")


def _act(
    request: SignedInRequest, kind: str, pk: int, act: Callable[..., object], said: str
) -> HttpResponse:
    found = _find(request, kind, pk)
    with refusal_as_message(request):
        act(found, request.user)
        messages.success(request, said)
    return redirect("job", kind, pk)


def _find(request: SignedInRequest, kind: str, pk: int) -> Job:
    try:
        return one_job(request.user, kind, pk)
    except Missing as missing:
        raise Http404(missing.detail) from None


def _list(request: SignedInRequest) -> dict[str, Any]:
    form = FilterForm(request.GET)
    after = request.GET.get("after")
    try:
        place = Place.from_text(after) if after else None
    except Problem:
        raise Http404("There is no such page of the list.") from None
    found, more = list_jobs(request.user, form.filters(), most=_A_PAGE, after=place)
    asked = {name: value for name, value in request.GET.items() if name != "after"}
    return {
        "form": form,
        "is_filtered": form.filters() != Filters(),
        "jobs": found,
        "is_active": any(each.run.is_active for each in found),
        "older": urlencode(asked | {"after": more.to_text()}) if more else "",
        "newest": urlencode(asked),
        "is_first": place is None,
        "query": request.GET.urlencode(),
    }


def _server(request: SignedInRequest) -> dict[str, Any]:
    """Return what an admin is told of the server: queues and disks."""
    if not may_administer(request.user):
        return {}
    return {"queues": queue_health(), "troubles": disk_troubles()}


def _one(request: SignedInRequest, kind: str, pk: int) -> dict[str, Any]:
    found = _find(request, kind, pk)
    log = [{**entry, "at": parse_datetime(entry["at"])} for entry in found.run.log]
    return {"job": found, "log": log, "may_retry": may_retry(found, request.user)}
