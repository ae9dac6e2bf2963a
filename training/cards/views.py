"""Pages and downloads of model cards and data sheets, and the notes that people add to them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import get_valid_filename
from django.views.decorators.http import require_POST, require_safe

from facsweb.accounts.decorators import figures_required, role_required
from facsweb.accounts.types import SignedInRequest
from facsweb.audit.services import record
from facsweb.problems import Problem
from facsweb.rest.statuses import status_of
from inference.models import ModelVersion
from training.cards.as_json import json_of
from training.cards.document import Document
from training.cards.gather import card_of, sheet_of, sheets
from training.cards.markdown import markdown_of
from training.cards.notes import add_note
from training.cards.page import parts_of
from training.cards.permissions import note_policy
from training.models import LONGEST_NOTE, TrainingRun
from training.selectors import run_of

_KINDS = {"md": "text/markdown; charset=utf-8", "json": "application/json"}


@dataclass(frozen=True)
class _Place:
    """A card or a data sheet, what it is about, and the names of its addresses."""

    about: ModelVersion | TrainingRun
    #: Prefix of the names of its addresses, and what its files are called.
    name: str
    file: str

    def document(self, reader: User) -> Document:
        about = self.about
        if isinstance(about, ModelVersion):
            return card_of(about, reader)
        return sheet_of(about, reader)

    def address(self, name: str = "") -> str:
        return reverse(f"{self.name}{name}", args=[self.about.pk])


def _card(pk: int) -> _Place:
    version = get_object_or_404(ModelVersion.objects.select_related("coder"), pk=pk)
    return _Place(version, "model-card", f"{version.name}-card")


def _sheet(pk: int) -> _Place:
    run = get_object_or_404(sheets(), pk=pk)
    return _Place(run, "training-datasheet", f"training-run-{run.pk}-datasheet")


@require_safe
@figures_required
def model_card(request: SignedInRequest, pk: int) -> HttpResponse:
    return _page(request, _card(pk))


@require_safe
@figures_required
def model_card_file(request: SignedInRequest, pk: int, kind: str) -> HttpResponse:
    return _file(request, _card(pk), kind)


@require_POST
@role_required
def note_on_card(request: SignedInRequest, pk: int) -> HttpResponse:
    return _note(request, _card(pk))


@require_safe
@figures_required
def datasheet(request: SignedInRequest, pk: int) -> HttpResponse:
    return _page(request, _sheet(pk))


@require_safe
@figures_required
def datasheet_file(request: SignedInRequest, pk: int, kind: str) -> HttpResponse:
    return _file(request, _sheet(pk), kind)


@require_POST
@role_required
def note_on_sheet(request: SignedInRequest, pk: int) -> HttpResponse:
    return _note(request, _sheet(pk))


def _page(
    request: SignedInRequest, place: _Place, *, problem: str = "", status: int = 200
) -> HttpResponse:
    document = place.document(request.user)
    context = {
        "document": document,
        "parts": parts_of(document),
        "about": place.about,
        **_linked(place.about),
        "markdown": place.address("-md"),
        "json": place.address("-json"),
        "add_note": place.address("-notes"),
        "may_add": note_policy.allows(request.user, "add"),
        "longest": LONGEST_NOTE,
        "problem": problem,
        "written": request.POST.get("text", ""),
    }
    return render(request, "training/card.html", context, status=status)


def _linked(about: ModelVersion | TrainingRun) -> dict[str, object]:
    """Return what a page names and links: the model version, and the run that tells of it."""
    if isinstance(about, ModelVersion):
        return {"is_card": True, "version": about, "measured": run_of(about)}
    return {"is_card": False, "version": about.version, "measured": about}


def _file(request: SignedInRequest, place: _Place, kind: str) -> HttpResponse:
    document = place.document(request.user)
    record("card.downloaded", request.user, place.about, {"format": kind})
    if kind == "md":
        content = markdown_of(document)
    else:
        content = json.dumps(json_of(document), indent=1, ensure_ascii=False) + "\n"
    answer = HttpResponse(content, content_type=_KINDS[kind])
    name = get_valid_filename(f"{place.file}.{kind}")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _note(request: SignedInRequest, place: _Place) -> HttpResponse:
    note_policy.check_page(request.user, "add")
    try:
        add_note(place.about, request.user, request.POST.get("text", ""))
    except Problem as error:
        return _page(request, place, problem=error.detail, status=status_of(error))
    messages.success(request, "The note is added.")
    return redirect(f"{place.address()}#notes")
