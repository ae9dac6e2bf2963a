"""The agreement page and its CSV. They are for reviewers: they tell coders about each other."""

from __future__ import annotations

import csv
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotations.agreement.figures import FEWEST_SUBJECTS, STATISTICS, Report
from annotations.agreement.permissions import agreement_policy
from annotations.agreement.services import (
    Answer,
    answer,
    cancel_report,
    question_of,
    request_report,
    visible_reports,
)
from annotations.measures.certification import CERTIFICATION
from annotations.measures.support import FEWEST_TO_TRUST
from annotations.pages.dot_plot import WIDTH, bars_of, place
from annotations.pages.forms.agreement import AgreementForm
from annotations.visibility import hidden_faces
from facsweb.accounts.decorators import role_required
from facsweb.accounts.types import SignedInRequest
from facsweb.audit.services import record

#: Columns of the CSV on the figures themselves.
_ABOUT = ["worked_out_at", "codings", "codings_changed_since"]
_NOT_YET = (
    "There are too many codings to work this out while you wait, and no worker has done it yet. "
    "Have it done on the page Agreement, then download it."
)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required
def agreement(request: SignedInRequest) -> HttpResponse:
    """Show how coders agree; a POST has a worker work it out where there are many codings."""
    withheld = _withheld(request)
    if withheld:
        return render(request, "annotations/agreement.html", {"withheld": withheld})
    form = AgreementForm(request.POST if request.method == "POST" else request.GET)
    if request.method == "POST" and not form.problems:
        request_report(form.question, request.user)
        return redirect(f"{reverse('agreement')}?{form.question.query}")
    found = answer(form.question, request.user)
    report = found.report or Report((), 0, 0)
    context = {
        "form": form,
        "answer": found,
        "run": found.latest,
        "report": report,
        "statistics": STATISTICS,
        "rows": [(row, [row.figure(name) for name in STATISTICS]) for row in report.rows],
        "bars": bars_of(list(report.units)),
        "width": WIDTH,
        "zero": place(0),
        "query": request.GET.urlencode(),
        "certification": CERTIFICATION,
        "fewest_positives": FEWEST_TO_TRUST,
        "fewest_subjects": FEWEST_SUBJECTS,
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "annotations/agreement.html", context, status=status)


@require_safe
@role_required
def agreement_progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """Render the part that htmx requests each second; the whole page comes when it has ended."""
    run = get_object_or_404(visible_reports(request.user).defer("figures"), pk=pk)
    page = render(request, "annotations/agreement/_progress.html", {"run": run})
    if not run.is_active:
        page["HX-Refresh"] = "true"
    return page


@require_POST
@role_required
def agreement_cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(visible_reports(request.user).defer("figures"), pk=pk)
    cancel_report(run, request.user)
    messages.success(request, "Cancelling: it stops within seconds.")
    return redirect(f"{reverse('agreement')}?{question_of(run).query}")


@require_safe
@role_required
def agreement_csv(request: SignedInRequest) -> HttpResponse:
    withheld = _withheld(request)
    if withheld:
        return _plain_text(withheld, 403)
    form = AgreementForm(request.GET)
    if form.problems:
        return _plain_text("\n".join(form.problems), 400)
    found = answer(form.question, request.user)
    if found.report is None or found.at is None:
        return _plain_text(_NOT_YET, 409)
    record("agreement.downloaded", request.user)
    return _as_csv(found.report, found.at, found)


def _as_csv(report: Report, at: datetime, found: Answer) -> HttpResponse:
    page = HttpResponse(content_type="text/csv; charset=utf-8")
    page["Content-Disposition"] = 'attachment; filename="agreement.csv"'
    table = csv.writer(page)
    ends = [f"{name}{end}" for name in STATISTICS for end in ("", "_low", "_high")]
    head = ["coders", "of", "faces", "subjects", "positives", "prevalence", *ends]
    table.writerow([*head, "faces_of_one_coder", "left_out", "left_out_why", *_ABOUT])
    coders = _safe(" + ".join(coder.name for coder in report.coders))
    left_out = [report.alone, report.left_out.total, "; ".join(report.left_out.reasons)]
    since = "yes" if found.has_changed else "no"
    about = [*left_out, at.isoformat(timespec="seconds"), found.codings, since]
    for row in report.rows:
        figures = [row.figure(name) for name in STATISTICS]
        values = [value for each in figures for value in (each.value, each.low, each.high)]
        counts = [row.faces, row.subjects, row.positives]
        numbers = map(_plain, [row.prevalence, *values])
        table.writerow([coders, row.key, *counts, *numbers, *about])
    if not report.rows:  # what is left out is told all the same
        table.writerow(["", "nothing", 0, 0, 0, "", *[""] * len(ends), *about])
    return page


def _withheld(request: SignedInRequest) -> str:
    """Say why the user gets no figures; return "" where they do.

    Figures over all faces would tell a blind coder of the readings that they must not see yet, as
    soon as few faces are hidden; figures over the rest would be of other faces than everybody
    else's. Whether the hidden faces are coded at all plays no part: it is hidden, too.
    """
    agreement_policy.check_page(request.user, "see")
    hidden = hidden_faces(request.user)
    count = 0 if hidden is None else hidden.count()
    if not count:
        return ""
    faces, them = ("1 face is", "it") if count == 1 else (f"{count:,} faces are", "them")
    return (
        f"{faces} still yours to code blind, and agreement would tell you what others say of "
        f"{them}. It is shown over all faces or not at all: code {them} first, or ask a reviewer "
        "who does not code blind."
    )


def _plain_text(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def _plain(value: float) -> str:
    return "" if value != value else f"{value:.4f}"  # NaN is a figure that the data leave open


def _safe(text: str) -> str:
    """Quote a text whose first character would make a spreadsheet take it for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
