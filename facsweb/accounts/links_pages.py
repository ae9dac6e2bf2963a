"""Pages for who can't sign in yet: the first admin's, and the one that a link leads to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from facsweb.accounts.last_admin import admins
from facsweb.accounts.let_in import let_in
from facsweb.accounts.links import choose_password, make_first_admin
from facsweb.accounts.password_forms import CodeForm, FirstAdminForm
from facsweb.accounts.tries import remember_device
from facsweb.problems import Problem


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def first_admin(request: HttpRequest) -> HttpResponseBase:
    """Make the first admin by the code that the server printed; later, lead to the sign-in page."""
    if admins().exists():
        return redirect("login")
    form = FirstAdminForm(request.POST or None)

    def make(given: dict[str, Any]) -> User:
        return make_first_admin(given["code"], given["username"], given["password"])

    return _page(request, form, "accounts/first_admin.html", make)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest) -> HttpResponseBase:
    """Let somebody choose a password by the code of their link."""
    form = CodeForm(request.POST or None)

    def choose(given: dict[str, Any]) -> User:
        return choose_password(given["code"], given["password"])

    return _page(request, form, "accounts/welcome.html", choose)


def _page(
    request: HttpRequest, form: CodeForm, template: str, act: Callable[[dict[str, Any]], User]
) -> HttpResponseBase:
    if form.is_bound and form.is_valid():
        try:
            user = act(form.cleaned_data)
        except Problem as refused:
            form.add_error("code", refused.detail)
        except ValidationError as refused:
            form.add_error("password", refused)
        else:
            messages.success(request, f"Welcome, {user.get_username()}.")
            answer = let_in(request, user, reverse("gallery"))
            remember_device(answer, request, user)
            return answer
    return render(request, template, {"form": form}, status=400 if form.errors else 200)
