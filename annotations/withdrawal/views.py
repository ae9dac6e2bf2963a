"""Pages of subjects: what is kept of them, who looked, their consent, and their withdrawal."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotations.consent import record_consent
from annotations.faces.looks import record_seen
from annotations.models import Consent, Subject
from annotations.withdrawal.certificate import certificate_of, removed_in_words
from annotations.withdrawal.forms import ConsentForm, WithdrawForm
from annotations.withdrawal.models import Withdrawal
from annotations.withdrawal.permissions import subject_policy
from annotations.withdrawal.services import go_on, request_withdrawal
from annotations.withdrawal.subjects import (
    MOST_PICTURES,
    holdings_of,
    looks_at,
    pictures_of,
    subjects,
)
from facsweb.accounts.decorators import audit_required
from facsweb.accounts.types import SignedInRequest
from facsweb.audit.services import record
from facsweb.problems import Problem
from facsweb.rest.pages import refusal_as_message
from facsweb.rest.statuses import status_of

_A_PAGE = 50


@require_safe
@audit_required
def subject_list(request: SignedInRequest) -> HttpResponse:
    """List subjects with their consent, and the withdrawals."""
    search, answer = request.GET.get("code", "").strip()[:32], request.GET.get("consent", "")
    known = answer if answer in Consent.Answer.values else ""
    page = Paginator(subjects(search, known), _A_PAGE).get_page(request.GET.get("page"))
    asked = request.GET.copy()
    asked.pop("page", None)
    context = {
        "page": page,
        "search": search,
        "answer": known,
        "answers": Consent.Answer.choices,
        "query": asked.urlencode(),
        "withdrawals": Withdrawal.objects.select_related("requested_by")[:20],
    }
    return render(request, "withdrawal/subjects.html", context)


@require_safe
@audit_required
def subject(request: SignedInRequest, pk: int) -> HttpResponse:
    return _page(request, get_object_or_404(Subject, pk=pk))


@require_POST
@audit_required
def consent(request: SignedInRequest, pk: int) -> HttpResponse:
    """Record what a subject agreed to."""
    shown = get_object_or_404(Subject, pk=pk)
    subject_policy.check_page(request.user, "consent", shown)
    form = ConsentForm(request.POST)
    if not form.is_valid():
        return _page(request, shown, 400, consent_form=form)
    try:
        record_consent(shown, form.agreed(), request.user)
    except Problem as error:
        form.add_error(None, error.detail)
        return _page(request, shown, status_of(error), consent_form=form)
    messages.success(request, "The consent is recorded.")
    return redirect("subject-page", pk=pk)


@require_POST
@audit_required
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Have a subject removed, once their code is typed."""
    shown = get_object_or_404(Subject, pk=pk)
    subject_policy.check_page(request.user, "withdraw", shown)
    form = WithdrawForm(request.POST)
    if not form.is_valid():
        return _page(request, shown, 400, withdraw_form=form)
    try:
        run = request_withdrawal(shown, request.user, confirmation=form.cleaned_data["code"])
    except Problem as error:
        form.add_error("code", error.detail)
        return _page(request, shown, status_of(error), withdraw_form=form)
    return redirect("withdrawal", pk=run.pk)


@require_safe
@audit_required
def withdrawal(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show how far a withdrawal is, and then its certificate."""
    return render(request, "withdrawal/withdrawal.html", _told(request, pk))


@require_safe
@audit_required
def progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the part of the page that htmx asks for each second while it goes on."""
    return render(request, "withdrawal/_withdrawal.html", _told(request, pk))


@require_POST
@audit_required
def resume(request: SignedInRequest, pk: int) -> HttpResponse:
    """Go on with a withdrawal that ended before all was gone."""
    run = get_object_or_404(Withdrawal, pk=pk)
    subject_policy.check_page(request.user, "withdraw", run)
    with refusal_as_message(request):
        go_on(run, request.user)
    return redirect("withdrawal", pk=pk)


@require_safe
@audit_required
def certificate(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send the certificate as a file."""
    run = get_object_or_404(Withdrawal.objects.select_related("requested_by"), pk=pk)
    record("withdrawal.downloaded", request.user, run)
    answer = JsonResponse(certificate_of(run), json_dumps_params={"indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="withdrawal-{pk}.json"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _told(request: SignedInRequest, pk: int) -> dict[str, Any]:
    run = get_object_or_404(Withdrawal.objects.select_related("requested_by"), pk=pk)
    return {
        "run": run,
        "removed": removed_in_words(run),
        "may_go_on": subject_policy.allows(request.user, "withdraw", run),
    }


def _page(
    request: SignedInRequest, shown: Subject, status: int = 200, **forms: Any
) -> HttpResponse:
    sees = subject_policy.allows(request.user, "pictures", shown)
    pictures = pictures_of(shown, request.user) if sees else []
    if pictures:
        record_seen(request.user, [face.pk for face in pictures])
    known = Consent.objects.select_related("changed_by").filter(subject=shown).first()
    context = {
        "subject": shown,
        "consent": known,
        "holdings": holdings_of(shown),
        "sees_pictures": sees,
        "pictures": pictures,
        "most": MOST_PICTURES,
        "looks": looks_at(shown),
        "withdrawal": shown.withdrawals.first(),
        "may_change": subject_policy.allows(request.user, "consent", shown),
        "consent_form": ConsentForm(consent=known),
        "withdraw_form": WithdrawForm(),
        **forms,
    }
    return render(request, "withdrawal/subject.html", context, status=status)
