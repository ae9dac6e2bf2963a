"""The sign-in page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from facsweb.accounts.last_admin import admins
from facsweb.accounts.let_in import let_in
from facsweb.accounts.middleware import ENDED
from facsweb.accounts.tries import TooManyTries, remember_device


class SignInForm(AuthenticationForm):
    """Name and password. Whoever has tried too often is told so, and for how long."""

    refused: TooManyTries | None = None

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except TooManyTries as refused:
            self.refused = refused
            raise ValidationError(refused.detail, code=refused.code) from None


class SignIn(LoginView):
    """The door: without an admin yet, it leads to the page that makes one."""

    template_name = "facsweb/login.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not admins().exists():
            return redirect("first-admin")
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs["sign_on"] = settings.OIDC_NAME if settings.OIDC_ISSUER else ""
        ended = self.request.session.pop(ENDED, "") if ENDED in self.request.session else ""
        return super().get_context_data(ended=ended, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        assert isinstance(user, User)
        answer = let_in(self.request, user, self.get_success_url())
        assert isinstance(answer, HttpResponse)
        remember_device(answer, self.request, user)
        return answer

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        answer = super().form_invalid(form)
        refused = form.refused if isinstance(form, SignInForm) else None
        if refused is not None:
            answer.status_code = 429
            answer["Retry-After"] = str(refused.seconds)
        return answer
