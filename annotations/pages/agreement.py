"""The agreement page and its CSV. They are for reviewers: they tell coders about each other."""

from __future__ import annotations

import csv

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotations.agreement.figures import FEWEST_SUBJECTS, STATISTICS, Report
from annotations.agreement.permissions import agreement_policy
from annotations.agreement.report import agreement_report
from annotations.measures.certification import CERTIFICATION
from annotations.measures.support import FEWEST_TO_TRUST
from annotations.pages.dot_plot import WIDTH, bars_of, place
from annotations.pages.forms.agreement import AgreementForm
from annotations.visibility import hidden_faces, visible_codings
from facsweb.accounts.decorators import role_required
from facsweb.accounts.types import SignedInRequest
from facsweb.audit.services import record


@require_safe
@role_required
def agreement(request: SignedInRequest) -> HttpResponse:
    withheld = _withheld(request)
    if withheld:
        return render(request, "annotations/agreement.html", {"withheld": withheld})
    form, report = _report(request)
    context = {
        "form": form,
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
    return render(request, "annotations/agreement.html", context)


@require_safe
@role_required
def agreement_csv(request: SignedInRequest) -> HttpResponse:
    withheld = _withheld(request)
    if withheld:
        return _plain_text(withheld, 403)
    form, report = _report(request)
    if form.problems:
        return _plain_text("\n".join(form.problems), 400)
    record("agreement.downloaded", request.user)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="agreement.csv"'
    table = csv.writer(answer)
    ends = [f"{name}{end}" for name in STATISTICS for end in ("", "_low", "_high")]
    head = ["coders", "of", "faces", "subjects", "positives", "prevalence", *ends]
    table.writerow([*head, "faces_of_one_coder", "left_out", "left_out_why"])
    coders = _safe(" + ".join(coder.name for coder in report.coders))
    left_out = [report.alone, report.left_out.total, "; ".join(report.left_out.reasons)]
    for row in report.rows:
        figures = [row.figure(name) for name in STATISTICS]
        values = [value for each in figures for value in (each.value, each.low, each.high)]
        counts = [row.faces, row.subjects, row.positives]
        numbers = map(_plain, [row.prevalence, *values])
        table.writerow([coders, row.key, *counts, *numbers, *left_out])
    if not report.rows:  # what is left out is told all the same
        table.writerow(["", "nothing", 0, 0, 0, "", *[""] * len(ends), *left_out])
    return answer


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


def _report(request: SignedInRequest) -> tuple[AgreementForm, Report]:
    form = AgreementForm(request.GET)
    codings = visible_codings(request.user)
    blind = bool(form.cleaned_data.get("blind"))
    return form, agreement_report(codings, form.chosen(), blind_only=blind)


def _plain_text(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def _plain(value: float) -> str:
    return "" if value != value else f"{value:.4f}"  # NaN is a figure that the data leave open


def _safe(text: str) -> str:
    """Quote a text whose first character would make a spreadsheet take it for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
