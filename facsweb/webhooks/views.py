"""The page of webhooks, for admins."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from facsweb.accounts.decorators import role_required
from facsweb.accounts.types import SignedInRequest
from facsweb.problems import Problem
from facsweb.rest.pages import refusal_as_message
from facsweb.rest.statuses import status_of
from facsweb.webhooks.forms import WebhookForm
from facsweb.webhooks.models import Delivery, Webhook
from facsweb.webhooks.permissions import webhook_policy
from facsweb.webhooks.services import register, remove, send_test, switch_off, switch_on

_LAST_DELIVERIES = 8


@require_http_methods(["GET", "HEAD", "POST"])
@role_required
def webhooks(request: SignedInRequest) -> HttpResponse:
    """List the webhooks; a POST adds one, and only its answer ever shows the secret."""
    webhook_policy.check_page(request.user, "set_up")
    if request.method != "POST":
        return _page(request, WebhookForm())
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    try:
        webhook, secret = register(request.user, **form.cleaned_data)
    except Problem as error:
        for name, texts in error.fields.items():
            form.add_error(name, texts)
        return _page(request, form, status=status_of(error))
    answer = _page(request, WebhookForm(), added=webhook, secret=secret)
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@role_required
def switch(request: SignedInRequest, pk: int) -> HttpResponse:
    webhook = _webhook(request, pk)
    if webhook.is_active:
        switch_off(webhook, request.user)
        messages.success(request, f"{webhook} gets nothing more.")
    else:
        switch_on(webhook, request.user)
        messages.success(request, f"{webhook} hears of events again.")
    return redirect("webhooks")


@require_POST
@role_required
def test(request: SignedInRequest, pk: int) -> HttpResponse:
    webhook = _webhook(request, pk)
    with refusal_as_message(request):
        send_test(webhook, request.user)
        messages.success(request, f"A test is on its way to {webhook}. Reload to see the answer.")
    return redirect("webhooks")


@require_POST
@role_required
def remove_webhook(request: SignedInRequest, pk: int) -> HttpResponse:
    webhook = _webhook(request, pk)
    remove(webhook, request.user)
    messages.success(request, f"{webhook} is removed.")
    return redirect("webhooks")


def _webhook(request: SignedInRequest, pk: int) -> Webhook:
    webhook_policy.check_page(request.user, "set_up")
    return get_object_or_404(Webhook, pk=pk)


def _page(
    request: SignedInRequest, form: WebhookForm, status: int = 200, **more: Any
) -> HttpResponse:
    last = Prefetch("deliveries", Delivery.objects.order_by("-pk")[:_LAST_DELIVERIES], "last")
    known = Webhook.objects.select_related("created_by").prefetch_related(last)
    context = {"form": form, "webhooks": known, **more}
    return render(request, "webhooks/webhooks.html", context, status=status)
