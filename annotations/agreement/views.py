"""The agreement page and its CSV, for reviewers: they tell coders about each other."""

from __future__ import annotations

import csv

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotations.access import role_required
from annotations.agreement.chart import WIDTH, bars_of, place
from annotations.agreement.figures import FEWEST_POSITIVES, FEWEST_SUBJECTS, STATISTICS, Report
from annotations.agreement.forms import AgreementForm
from annotations.agreement.report import agreement_report
from annotations.models import Coding
from annotations.permissions import may_decide
from annotations.queues.gold import CERTIFICATION


@require_safe
@role_required
def agreement(request: HttpRequest) -> HttpResponse:
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
        "fewest_positives": FEWEST_POSITIVES,
        "fewest_subjects": FEWEST_SUBJECTS,
    }
    return render(request, "annotations/agreement.html", context)


@require_safe
@role_required
def agreement_csv(request: HttpRequest) -> HttpResponse:
    form, report = _report(request)
    if form.problems:
        text = "\n".join(form.problems)
        return HttpResponse(text, status=400, content_type="text/plain; charset=utf-8")
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="agreement.csv"'
    table = csv.writer(answer)
    ends = [f"{name}{end}" for name in STATISTICS for end in ("", "_low", "_high")]
    table.writerow(["coders", "of", "faces", "subjects", "positives", "prevalence", *ends])
    coders = _safe(" + ".join(coder.name for coder in report.coders))
    for row in report.rows:
        figures = [row.figure(name) for name in STATISTICS]
        values = [value for each in figures for value in (each.value, each.low, each.high)]
        counts = [row.faces, row.subjects, row.positives]
        table.writerow([coders, row.key, *counts, *map(_plain, [row.prevalence, *values])])
    return answer


def _report(request: HttpRequest) -> tuple[AgreementForm, Report]:
    if not may_decide(request.user):
        raise Http404("Only reviewers see how coders agree.")
    form = AgreementForm(request.GET)
    codings = Coding.objects.visible_to(request.user)
    blind = bool(form.cleaned_data.get("blind"))
    return form, agreement_report(codings, form.chosen(), blind_only=blind)


def _plain(value: float) -> str:
    return "" if value != value else f"{value:.4f}"  # NaN is a figure that the data leave open


def _safe(text: str) -> str:
    """A spreadsheet takes a cell that begins so for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
