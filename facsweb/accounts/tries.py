"""Wrong tries to sign in: counted by account and by address, with growing delays.

A try counts before its password is looked at, in one transaction, so that many at once are counted
as so many. A right password takes its own try back. The database counts, not the cache: a restart
of the broker forgets nothing, and no further service is needed. `django-axes` was weighed: its
delays don't grow, it counts after the password was checked, and one limit serves account and
address alike.

Whoever has signed in before on a device is counted for that device instead, so that a stranger's
tries don't keep the owner out: https://owasp.org/www-community/
Slow_Down_Online_Guessing_Attacks_with_Device_Cookies.
"""

from __future__ import annotations

import logging
import math
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.crypto import salted_hmac

from facsweb.accounts.models import SignInTries
from facsweb.problems import TooSoon
from facsweb.rest.addresses import client_address, network_of

logger = logging.getLogger("facsweb.signing_in")

DEVICE_COOKIE = "facsweb_device"
_DEVICE_DAYS = 180
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=15), timedelta(minutes=15)


@dataclass(frozen=True)
class Limit:
    """A number of wrong tries without delay, and the time after which one of them is forgotten."""

    free: int
    forgotten: timedelta

    def delay(self, failures: int) -> timedelta:
        """Return the wait after so many failures: none, 15 s, and twice as long each time.

        >>> [LIMITS["account"].delay(n).seconds for n in (4, 5, 6, 7, 10, 11, 99)]
        [0, 15, 30, 60, 480, 900, 900]
        """
        beyond = failures - self.free
        if beyond < 0:
            return timedelta()
        return min(LONGEST_DELAY, FIRST_DELAY * int(2 ** min(beyond, 16)))


LIMITS = {
    "account": Limit(free=5, forgotten=timedelta(minutes=15)),
    "device": Limit(free=5, forgotten=timedelta(minutes=15)),
    # A laboratory behind one address makes more mistakes than one person.
    "address": Limit(free=20, forgotten=timedelta(minutes=3)),
}


class TooManyTries(TooSoon):
    """Signing in to this account, or from this address, must wait."""


@dataclass(frozen=True)
class Try:
    """One try that is under way: the keys that it counts for, by kind of limit."""

    keys: dict[str, str]

    def was_right(self) -> None:
        """Take the try back, and forget the wrong ones before it, save those of the address."""
        own = [key for kind, key in self.keys.items() if kind != "address"]
        with transaction.atomic():
            SignInTries.objects.filter(key__in=own).delete()
            address = SignInTries.objects.select_for_update().filter(key=self.keys.get("address"))
            for row in address:
                row.failures, row.blocked_until = max(0, row.failures - 1), None
                row.save()


def begin_try(name: str, request: HttpRequest | None) -> Try:
    """Count a try to sign in as `name`, as if it were wrong. Raises TooManyTries.

    A try that is refused doesn't count, so that a delay ends when it says.
    """
    given = Try(_keys(name, request))
    now = timezone.now()
    with transaction.atomic():
        rows = {kind: _locked(key, now) for kind, key in sorted(given.keys.items())}
        waits = [row.blocked_until for row in rows.values() if row.blocked_until]
        blocked = max((until for until in waits if until > now), default=None)
        if blocked is None:
            for kind, row in rows.items():
                _count(row, LIMITS[kind], now)
    where = client_address(request) if request else ""
    if blocked is not None:
        logger.warning("sign-in refused: too many wrong tries, last from %s", where)
        raise _refusal(blocked - now)
    return given


def forget_tries(name: str) -> None:
    """Let `name` try at once again: a new password makes the old tries worthless."""
    SignInTries.objects.filter(key=_key("account", _normal(name))).delete()


def remember_device(answer: HttpResponseBase, request: HttpRequest, user: User) -> None:
    """Give the browser a cookie by which it is known as one on which `user` has signed in."""
    if _device(request, user.get_username()):
        return
    value = signing.dumps([_normal(user.get_username()), secrets.token_urlsafe(12)], salt=_SALT)
    answer.set_cookie(
        DEVICE_COOKIE,
        value,
        max_age=timedelta(days=_DEVICE_DAYS),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


_SALT = "facsweb.accounts.device"


def _keys(name: str, request: HttpRequest | None) -> dict[str, str]:
    device = _device(request, name) if request else ""
    if device:
        return {"device": _key("device", device)}
    keys = {"account": _key("account", _normal(name))}
    address = client_address(request) if request else ""
    if address:
        keys["address"] = _key("address", network_of(address))
    return keys


def _device(request: HttpRequest, name: str) -> str:
    """Return the device's own number if somebody signed in on it by this name; else nothing."""
    try:
        known, number = signing.loads(
            request.COOKIES.get(DEVICE_COOKIE, ""), salt=_SALT, max_age=timedelta(days=_DEVICE_DAYS)
        )
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(number) if known == _normal(name) else ""


def _normal(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _key(kind: str, value: str) -> str:
    text = f"{kind}:{value}".encode("utf-8", "replace").decode()
    return salted_hmac("facsweb.accounts.tries", text, algorithm="sha256").hexdigest()


def _locked(key: str, now: datetime) -> SignInTries:
    row, _ = SignInTries.objects.select_for_update().get_or_create(key=key, defaults={"at": now})
    return row


def _count(row: SignInTries, limit: Limit, now: datetime) -> None:
    forgotten = max(0, (now - row.at) // limit.forgotten)
    row.failures = max(0, row.failures - forgotten) + 1
    delay = limit.delay(row.failures)
    row.at, row.blocked_until = now, now + delay if delay else None
    row.save()


def _refusal(left: timedelta) -> TooManyTries:
    seconds = math.ceil(left.total_seconds())
    wait = f"{seconds} seconds" if seconds <= 90 else f"{math.ceil(seconds / 60)} minutes"
    return TooManyTries(
        "Too many wrong tries for this account or from this address. Nothing was checked: try "
        f"again in {wait}.",
        seconds,
    )
