"""Sessions of browsers: noted for their owners to see, limited in time, ended one by one or all."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from facsweb.accounts.models import BrowserSession
from facsweb.accounts.types import AnyUser
from facsweb.audit.services import record
from facsweb.rest.addresses import client_address
from facsweb.rest.outages import as_far_as_possible

#: Names of a session's values: seconds since 1970.
_STARTED, _SEEN = "facsweb_started", "facsweb_seen"
#: A session's use is written down so often at most.
_BETWEEN_NOTES = timedelta(minutes=1)

_BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
_NAMES = {"Edg": "Edge", "OPR": "Opera"}
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")


def note_sign_in(request: HttpRequest, user: User) -> None:
    """Write down that a session began: by signing in, or anew with a new password."""
    now = timezone.now()
    request.session[_STARTED] = now.timestamp()
    _note_use(request, user, now)


def use_session(request: HttpRequest, user: User) -> bool:
    """Write down that a session is used; tell whether it may go on.

    It may not if it was idle for `settings.SESSION_IDLE_MINUTES` or began
    `settings.SESSION_MOST_HOURS` ago. A session from before these were noted begins now.
    """
    now = timezone.now()
    started, seen = (_time(request, name) for name in (_STARTED, _SEEN))
    if started is None or seen is None:
        note_sign_in(request, user)
        return True
    if now - seen > timedelta(minutes=settings.SESSION_IDLE_MINUTES):
        return False
    if now - started > timedelta(hours=settings.SESSION_MOST_HOURS):
        return False
    if now - seen > _BETWEEN_NOTES:
        # A session whose use can't be noted goes on, and ends an hour after the last note.
        with as_far_as_possible("a session's use"):
            _note_use(request, user, now)
            # Now, not with the answer: whatever ends the session meanwhile mustn't be written over.
            request.session.save()
        request.session.modified = False
    return True


def sessions_of(user: AnyUser) -> QuerySet[BrowserSession]:
    """Return the user's sessions that can still be used, the latest first."""
    now = timezone.now()
    idle = now - timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    oldest = now - timedelta(hours=settings.SESSION_MOST_HOURS)
    return BrowserSession.objects.filter(
        user=user.pk, seen_at__gt=idle, started_at__gt=oldest, session__expire_date__gt=now
    )


def end_sessions(user: User, among: QuerySet[BrowserSession] | None = None) -> int:
    """End these sessions of `user`, or all; return how many there were."""
    mine = BrowserSession.objects.filter(user=user) if among is None else among.filter(user=user)
    keys = list(mine.values_list("session", flat=True))
    Session.objects.filter(pk__in=keys).delete()  # ours go with them
    if keys:
        record("session.ended", about=user, details={"sessions": len(keys)})
    return len(keys)


def browser_of(request: HttpRequest) -> str:
    """Name browser and system in a few words; empty where they can't be told.

    >>> from django.test import RequestFactory
    >>> firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    >>> browser_of(RequestFactory().get("/", HTTP_USER_AGENT=firefox))
    'Firefox on Linux'
    """
    told = request.headers.get("User-Agent", "")
    browser = next((name for name in _BROWSERS if f"{name}/" in told), "")
    system = next((name for name in _SYSTEMS if name in told), "")
    return " on ".join(part for part in (_NAMES.get(browser, browser), system) if part)


def _note_use(request: HttpRequest, user: User, now: datetime) -> None:
    session = request.session
    session[_SEEN] = now.timestamp()
    if not session.session_key:
        session.create()
    told = {
        "user": user,
        "seen_at": now,
        "address": client_address(request),
        "browser": browser_of(request),
    }
    began = {"started_at": datetime.fromtimestamp(session[_STARTED], tz=now.tzinfo)}
    BrowserSession.objects.update_or_create(
        session_id=session.session_key, defaults=told, create_defaults=told | began
    )


def _time(request: HttpRequest, name: str) -> datetime | None:
    at = request.session.get(name)
    return None if at is None else datetime.fromtimestamp(at, tz=timezone.get_default_timezone())
