"""One person's page, and what admins do there: roles, links, deactivation, handing work over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotations.queues.errors import ShowsFaces
from annotations.queues.handing_over import hand_over, held_by, in_need_of
from facsweb.accounts import people
from facsweb.accounts.decorators import role_required
from facsweb.accounts.let_in import has_second_factor
from facsweb.accounts.permissions import QUEUE_CODER, holders_of, person_policy
from facsweb.accounts.sessions import sessions_of
from facsweb.accounts.types import SignedInRequest
from facsweb.problems import Problem
from facsweb.rest.pages import refusal_as_message


@require_safe
@role_required
def person(request: SignedInRequest, pk: int) -> HttpResponse:
    return _page(request, _person(request, pk))


@require_POST
@role_required
@never_cache
def invite(request: SignedInRequest) -> HttpResponse:
    """Make an account; only this answer shows its link."""
    person_policy.check_page(request.user, "invite")
    given = request.POST
    try:
        invited, code = people.invite(
            request.user,
            given.get("username", "").strip(),
            given.get("role", ""),
            bool(given.get("auditor")),
        )
    except Problem as refused:
        messages.error(request, refused.detail)
        return redirect("people")
    return _page(request, invited, code=code, invited=True)


@require_POST
@role_required
@never_cache
def password_link(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make a link for a new password; only this answer shows it."""
    found = _person(request, pk)
    try:
        code = people.new_link(request.user, found)
    except Problem as refused:
        messages.error(request, refused.detail)
        return redirect("person", found.pk)
    return _page(request, found, code=code)


@require_POST
@role_required
def give_role(request: SignedInRequest, pk: int) -> HttpResponse:
    found = _person(request, pk)
    role, auditor = request.POST.get("role", ""), bool(request.POST.get("auditor"))

    def act() -> str:
        people.give_role(request.user, found, role, auditor)
        return f"{found.get_username()} is {_named(role, auditor)} from now on."

    return _done(request, found, act)


@require_POST
@role_required
def drop_factor(request: SignedInRequest, pk: int) -> HttpResponse:
    found = _person(request, pk)

    def act() -> str:
        people.remove_second_factor(request.user, found)
        return f"{found.get_username()} signs in by the password alone, and can set up another."

    return _done(request, found, act)


@require_POST
@role_required
def deactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    found = _person(request, pk)

    def act() -> str:
        people.deactivate(request.user, found)
        return (
            f"{found.get_username()} is deactivated: signed out everywhere, and their API tokens "
            "are worth nothing. What they said of faces stays, under their name."
        )

    return _done(request, found, act)


@require_POST
@role_required
def reactivate(request: SignedInRequest, pk: int) -> HttpResponse:
    found = _person(request, pk)

    def act() -> str:
        people.reactivate(request.user, found)
        return f"{found.get_username()} can sign in again. Old API tokens stay revoked."

    return _done(request, found, act)


@require_POST
@role_required
def hand_work_over(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give somebody's faces and places in queues to the person whom the form names."""
    found = _person(request, pk)
    asked = request.POST.get("to", "")
    to = holders_of(QUEUE_CODER).filter(username=asked).first()

    def act() -> str:
        if to is None:
            raise Problem(f"There is nobody active called “{asked}” who may code.")
        try:
            handed = hand_over(request.user, found, to)
        except ShowsFaces as refused:
            raise Problem(
                f"{refused.detail} Deactivate {found.get_username()} first, or edit the queue."
            ) from None
        queues = f" {', '.join(handed.queues)}." if handed.queues else " no queue."
        return (
            f"{to.get_username()} holds {_faces(handed.faces)} more, and takes their place in"
            f"{queues} {_faces(handed.freed)} went back to all."
        )

    return _done(request, found, act)


def _person(request: SignedInRequest, pk: int) -> User:
    person_policy.check_page(request.user, "see")
    return get_object_or_404(people.everybody(), pk=pk)


def _done(request: SignedInRequest, found: User, act: Callable[[], str]) -> HttpResponse:
    with refusal_as_message(request):
        messages.success(request, act())
        if waiting := in_need_of(found):
            messages.warning(request, waiting)
    return redirect("person", found.pk)


def _page(request: SignedInRequest, found: User, **more: Any) -> HttpResponse:
    found = get_object_or_404(people.everybody(), pk=found.pk)
    code = more.get("code")
    role = people.role_of(found)
    context = {
        "person": found,
        "state": people.state_of(found),
        "role": role,
        "named_role": _named(role, people.audits(found)),
        "audits": people.audits(found),
        "roles": people.MEANINGS,
        "may_change": person_policy.allows(request.user, "change", found),
        "has_second_factor": has_second_factor(found),
        "held": held_by(found).count(),
        "queues": _queues(found),
        "sessions": sessions_of(found).count(),
        "others": holders_of(QUEUE_CODER).exclude(pk=found.pk),
        "link": request.build_absolute_uri(f"{reverse('welcome')}#{code}") if code else "",
    }
    return render(request, "annotations/person.html", {**context, **more})


def _queues(found: User) -> list[str]:
    named = found.queue_memberships.filter(queue__is_open=True)
    return sorted(set(named.values_list("queue__name", flat=True)))


def _named(role: str, auditor: bool) -> str:
    return " and ".join(part for part in (role, "auditor" if auditor else "") if part) or "no role"


def _faces(count: int) -> str:
    return "1 face" if count == 1 else f"{count} faces"
