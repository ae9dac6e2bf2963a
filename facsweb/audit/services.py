"""Recording acts. Call `record` inside the transaction of what it records: both stay or neither."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from facsweb.audit import chain
from facsweb.audit.current import current_request
from facsweb.audit.models import AuditEntry, Told, WaitingEntry
from facsweb.rest.addresses import client_address

#: What an entry is about: a row, or its kind and id in words, such as "subject:12" or "backup".
About = Model | str | None

_ACTION = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")
_ABOUT = re.compile(r"([a-z][a-z_]*)(?::([0-9]{1,18}))?")
#: Characters of JSON: an entry is a line, not a document.
MOST_DETAILS = 20_000
#: Ids in one statement: every database takes so many parameters.
_CHUNK = 500


def record(
    action: str,
    by: User | AnonymousUser | None = None,
    about: About = None,
    details: dict[str, Any] | None = None,
    request: Any = None,
) -> None:
    """Write down that somebody did something.

    Parameters
    ----------
    action
        A dotted word: what kind of thing, and what was done, such as "user.invited".
    by
        Left out: who asks by the request that is being answered, if any.
    about
        What it was done to. Only its kind and id are kept, never its name or code.
    details
        JSON of up to MOST_DETAILS characters. No picture, label, password or token; and no code,
        file name or digest of a subject's, who may withdraw while the audit stays.
    request
        Django's or the REST framework's, for the address. Left out: the one being answered.

    Raises
    ------
    ValueError
        The action, `about` or the details aren't of this form.
    """
    asked = _plain(request) or current_request()
    _keep([_told(action, _actor(by, asked), _thing(about), details or {}, asked)])


def record_looks(
    action: str, by: User, about: str, ids: Iterable[int], request: Any = None
) -> list[int]:
    """Write down a person's first look of the day (UTC) at each of some things; return which.

    Parameters
    ----------
    about
        The kind of the things, such as "face".
    ids
        Their ids.
    """
    wanted = sorted(set(ids))
    seen = _seen_today(action, by, about, wanted)
    new = [pk for pk in wanted if pk not in seen]
    asked = _plain(request) or current_request()
    _keep([_told(action, by, (about, pk), {}, asked) for pk in new])
    return new


def kind_of(thing: type[Model] | Model) -> str:
    """Return the word by which entries name a kind of row, such as `face`."""
    return str(thing._meta.model_name)


def _seen_today(action: str, by: User, about: str, ids: Sequence[int]) -> set[int | None]:
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    found: set[int | None] = set()
    for start in range(0, len(ids), _CHUNK):
        these: dict[str, Any] = {
            "about": about,
            "about_id__in": ids[start : start + _CHUNK],
            "actor": by.pk,
            "action": action,
            "at__gte": today,
        }
        entries = AuditEntry.objects.filter(**these).order_by().values_list("about_id")
        waiting = WaitingEntry.objects.filter(**these).order_by().values_list("about_id")
        found.update(pk for (pk,) in entries.union(waiting, all=True))
    return found


def _told(
    action: str,
    by: User | None,
    about: tuple[str, int | None],
    details: dict[str, Any],
    request: HttpRequest | None,
) -> Told:
    if _ACTION.fullmatch(action) is None or len(action) > 64:
        raise ValueError(f"{action!r} is no action: write a dotted word, such as user.invited.")
    token = getattr(getattr(request, "auth", None), "pk", None)
    if token is not None:
        details = details | {"token": token}
    text = json.dumps(details, sort_keys=True, separators=(",", ":"), allow_nan=False)
    if len(text) > MOST_DETAILS:
        raise ValueError(f"The details of {action} are too long: {len(text)} characters.")
    kind, pk = about
    return WaitingEntry(
        at=timezone.now(),
        action=action,
        actor=by.pk if by else None,
        actor_name=by.get_username() if by else "",
        about=kind,
        about_id=pk,
        details=text,
        address=client_address(request)[:45] if request else "",
    )


def _keep(told: Collection[Told]) -> None:
    if not told:
        return
    if not transaction.get_connection().in_atomic_block:
        chain.add(list(told))
        return
    WaitingEntry.objects.bulk_create([each for each in told if isinstance(each, WaitingEntry)])
    transaction.on_commit(chain.add_waiting, robust=True)


def _actor(by: User | AnonymousUser | None, request: HttpRequest | None) -> User | None:
    user = by if by is not None else getattr(request, "user", None)
    return user if isinstance(user, User) else None


def _thing(about: About) -> tuple[str, int | None]:
    if about is None:
        return "", None
    if isinstance(about, Model):
        return kind_of(about), about.pk
    found = _ABOUT.fullmatch(about)
    if found is None or len(found[1]) > 64:
        raise ValueError(f"{about!r} names no kind of thing and id, such as subject:12.")
    return found[1], int(found[2]) if found[2] else None


def _plain(request: Any) -> HttpRequest | None:
    """Return Django's request; the REST framework's wraps it, and knows the token."""
    plain = getattr(request, "_request", request)
    return plain if isinstance(plain, HttpRequest) else None
