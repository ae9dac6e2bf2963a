"""The page of one's own account: the password, and the browsers that are signed in."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from facsweb.accounts.let_in import has_second_factor
from facsweb.accounts.password_forms import NewPasswordForm
from facsweb.accounts.sessions import end_sessions, note_sign_in, sessions_of
from facsweb.accounts.types import SignedInRequest


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: SignedInRequest) -> HttpResponse:
    """Show your account; a POST changes the password, which ends all other sessions and tokens."""
    form = NewPasswordForm(request.user, request, request.POST or None)
    if form.is_bound and form.is_valid():
        form.save()
        update_session_auth_hash(request, request.user)
        note_sign_in(request, request.user)
        messages.success(
            request,
            "Your password is changed. You are signed out everywhere else, and your API tokens are "
            "worth nothing from now on.",
        )
        return redirect("account")
    context = {
        "form": form,
        "sessions": sessions_of(request.user),
        "this": request.session.session_key,
        "second_factor": settings.SECOND_FACTOR,
        "has_second_factor": has_second_factor(request.user),
        "sign_on": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
    }
    status = 429 if form.refused else 400 if form.errors else 200
    return render(request, "accounts/account.html", context, status=status)


@require_POST
def end_session(request: SignedInRequest, pk: int) -> HttpResponse:
    """End one of your sessions; if it is this one, you are signed out."""
    mine = get_object_or_404(sessions_of(request.user), pk=pk)
    if mine.session_id == request.session.session_key:
        logout(request)
        return redirect("login")
    end_sessions(request.user, sessions_of(request.user).filter(pk=pk))
    messages.success(request, f"{mine.browser or 'That browser'} is signed out.")
    return redirect("account")


@require_POST
def end_others(request: SignedInRequest) -> HttpResponse:
    """End all your sessions but this one."""
    others = sessions_of(request.user).exclude(session=request.session.session_key)
    ended = end_sessions(request.user, others)
    messages.success(request, f"Signed out {ended} other browser{'s' if ended != 1 else ''}.")
    return redirect("account")
