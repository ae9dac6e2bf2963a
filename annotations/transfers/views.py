"""The page of data coming in and going out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotations.consent import Scope, left_out
from annotations.transfers.files import download_name, sent
from annotations.transfers.forms import ExportForm, ImportForm
from annotations.transfers.models import Export, Import
from annotations.transfers.permissions import transfer_policy
from annotations.transfers.services import (
    cancel_transfer,
    discard_transfer,
    imports_for,
    request_export,
    request_import,
    stored_file,
    take_export,
    take_refused_rows,
)
from facsweb.accounts.decorators import role_required
from facsweb.accounts.types import SignedInRequest
from facsweb.problems import Problem
from facsweb.rest.daily import spend_upload
from facsweb.rest.limits import takes_files
from facsweb.rest.pages import refusal_as_message
from facsweb.rest.statuses import headers_of, status_of

_SHOWN = 20


@require_safe
@role_required
def data(request: SignedInRequest) -> HttpResponse:
    transfer_policy.check_page(request.user, "see")
    return _page(request)


@require_safe
@role_required
def transfers(request: SignedInRequest) -> HttpResponse:
    """Show the part of the page that htmx asks for each second while something goes on."""
    transfer_policy.check_page(request.user, "see")
    return render(request, "transfers/_transfers.html", _lists(request))


@require_POST
@role_required
def new_export(request: SignedInRequest) -> HttpResponse:
    transfer_policy.check_page(request.user, "see")
    form = ExportForm(request.POST)
    if not form.is_valid():
        return _page(request, export_form=form, status=400)
    try:
        run = request_export(request.user, **form.cleaned_data)
    except Problem as error:
        form.add_error(None, error.detail)
        return _page(request, export_form=form, status=status_of(error))
    messages.success(request, f"{run} is queued.")
    return redirect("data")


@require_POST
@role_required
@takes_files(lambda: settings.IMPORT_MAX_BYTES)
def new_import(request: SignedInRequest) -> HttpResponse:
    transfer_policy.check_page(request.user, "import")
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, import_form=form, status=400)
    given = form.cleaned_data
    try:
        spend_upload(request.user, given["file"].size)
        with stored_file(given["file"]) as stored:
            run = request_import(
                request.user, stored, coder_name=given["coder"], options=form.options()
            )
    except Problem as error:
        form.add_error("file", error.detail)
        answer = _page(request, import_form=form, status=status_of(error))
        for name, value in headers_of(error).items():
            answer[name] = value
        return answer
    messages.success(request, f"{run} is queued.")
    return redirect("data")


@require_POST
@role_required
def cancel(request: SignedInRequest, kind: str, pk: int) -> HttpResponse:
    cancel_transfer(_run(request, kind, pk), request.user)
    messages.success(request, "Cancelling: it stops within seconds.")
    return redirect("data")


@require_POST
@role_required
def discard(request: SignedInRequest, kind: str, pk: int) -> HttpResponse:
    run = _run(request, kind, pk)
    name = str(run)
    with refusal_as_message(request):
        discard_transfer(run, request.user)
        messages.success(request, f"{name} and its files are gone.")
    return redirect("data")


@require_safe
@role_required
def export_file(request: SignedInRequest, pk: int) -> HttpResponseBase:
    run = _export(request, pk)
    with refusal_as_message(request):
        take_export(run, request.user)
        return _sent(run.file, download_name(run), "application/octet-stream")
    return redirect("data")


@require_safe
@role_required
def refused_rows(request: SignedInRequest, pk: int) -> FileResponse:
    run = _import(request, pk)
    take_refused_rows(run, request.user)
    return _sent(run.refused, f"refused-{pk}.csv", "text/csv; charset=utf-8")


def _sent(stored: FieldFile, name: str, content_type: str) -> FileResponse:
    answer = sent(stored, name, content_type)
    if answer is None:
        raise Http404("There is no such file.")
    return answer


def _run(request: SignedInRequest, kind: str, pk: int) -> Import | Export:
    if kind == "import":
        return _import(request, pk)
    if kind == "export":
        return _export(request, pk)
    raise Http404("There is no such kind of transfer.")


def _import(request: SignedInRequest, pk: int) -> Import:
    return get_object_or_404(imports_for(request.user), pk=pk)


def _export(request: SignedInRequest, pk: int) -> Export:
    return get_object_or_404(Export.objects.asked_by(request.user), pk=pk)


def _lists(request: SignedInRequest) -> dict[str, object]:
    imports = imports_for(request.user)[:_SHOWN]
    exports = Export.objects.asked_by(request.user).select_related("requested_by")[:_SHOWN]
    active = any(run.is_active for run in [*imports, *exports])
    return {"imports": imports, "exports": exports, "is_active": active}


def _page(request: SignedInRequest, status: int = 200, **forms: Any) -> HttpResponse:
    context = {
        "export_form": ExportForm(),
        "import_form": ImportForm(),
        "left_out": left_out(Scope.EXPORT),
        **forms,
    }
    context |= _lists(request)
    return render(request, "transfers/data.html", context, status=status)
