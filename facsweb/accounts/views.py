"""The page of one's own API tokens."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from facsweb.accounts.decorators import figures_required
from facsweb.accounts.forms import TokenForm
from facsweb.accounts.models import ApiToken
from facsweb.accounts.tokens import issue_token, revoke
from facsweb.accounts.types import SignedInRequest
from facsweb.problems import Problem
from facsweb.rest.statuses import status_of


@require_http_methods(["GET", "HEAD", "POST"])
@figures_required
def tokens(request: SignedInRequest) -> HttpResponse:
    """List your tokens; a POST makes one, and only its answer ever shows the token's text."""
    if request.method != "POST":
        return _page(request, TokenForm(request.user))
    form = TokenForm(request.user, request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    given = form.cleaned_data
    try:
        token, text = issue_token(request.user, given["name"], given["scopes"], given["days"])
    except Problem as error:
        form.add_error(None, error.detail)
        return _page(request, form, status=status_of(error))
    answer = _page(request, TokenForm(request.user), made=token, text=text)
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@figures_required
def revoke_token(request: SignedInRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.of(request.user), pk=pk)
    revoke(token, request.user)
    messages.success(request, f"“{token}” is worth nothing from now on.")
    return redirect("tokens")


def _page(
    request: SignedInRequest, form: TokenForm, status: int = 200, **more: Any
) -> HttpResponse:
    mine = ApiToken.objects.of(request.user)
    context = {
        "form": form,
        "tokens": mine.usable(),
        "gone": mine.exclude(pk__in=mine.usable())[:10],
    }
    return render(request, "accounts/tokens.html", {**context, **more}, status=status)
