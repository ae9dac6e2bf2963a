"""Tombstones: knowing again, without keeping it, what belonged to a subject who withdrew.

A tombstone is an HMAC-SHA256 (RFC 2104) under a key derived from SECRET_KEY. Of a picture it covers
the SHA-256 of its bytes, of a subject the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Max, Model
from django.utils.crypto import salted_hmac

from annotations.models import Tombstone
from facsweb.problems import Conflict

Kind = Tombstone.Kind

_SALT = "facsweb.withdrawal"
#: Of PostgreSQL's advisory locks: any number that nobody else takes.
_LOCK = 0x7AC5_0B31
_PIECE = re.compile(r"[A-Za-z0-9_-]+")
_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
GONE = "[withdrawn]"


class SubjectWithdrew(Conflict):
    """A picture or code of a subject who withdrew: it isn't taken in again."""

    code = "subject_withdrew"


class WithdrawnMeanwhile(Conflict):
    """A subject withdrew while something was made of everybody's data."""

    code = "withdrawn_meanwhile"


def key_name(secret: str | bytes | None = None) -> str:
    """Return the name of a secret key, the current one by default, that tells nothing of it."""
    return salted_hmac(f"{_SALT}.key", "", secret=secret, algorithm="sha256").hexdigest()[:8]


def keyed(kind: str, value: str) -> str:
    """Return the digest that a tombstone keeps of a picture's SHA-256 or a subject's code."""
    return _keyed(kind, value, settings.SECRET_KEY)


def picture_digests(row: Model) -> list[str]:
    """Return the digests of a picture that a row keeps: of what is stored, of what was sent."""
    names = [field.name for field in row._meta.concrete_fields if "sha256" in field.name]
    return [value for name in names if (value := getattr(row, name))]


def check_not_withdrawn(*, codes: Iterable[str] = (), pictures: Iterable[str] = ()) -> None:
    """Refuse subjects or pictures that a tombstone stands for.

    The caller is in the transaction that writes them: on PostgreSQL it waits for a withdrawal under
    way, and one that begins later waits for it, so none of them misses the other. (SQLite has one
    writer at a time anyway.)

    Raises
    ------
    SubjectWithdrew
    """
    wanted: dict[str, str] = {}
    for code in codes:
        wanted |= dict.fromkeys(_all_keyed(Kind.SUBJECT, code), "subject")
    for sha256 in pictures:
        wanted |= dict.fromkeys(_all_keyed(Kind.PICTURE, sha256), "image")
    _lock(shared=True)
    found = Tombstone.objects.filter(digest__in=list(wanted)).values_list("digest", flat=True)
    fields = sorted({wanted[digest] for digest in found})
    if fields:
        what = "This picture is of" if fields == ["image"] else "This is the code of"
        message = f"{what} a subject who withdrew, so it can’t come in again. Leave it out."
        raise SubjectWithdrew(message, {fields[0]: [message]})


def keep_others_out() -> None:
    """Wait for all who are writing pictures, and keep new ones waiting until the commit."""
    _lock(shared=False)


def watermark() -> int:
    """Return a number that grows with each withdrawal, for `check_nobody_withdrew`."""
    return Tombstone.objects.aggregate(last=Max("pk"))["last"] or 0


def check_nobody_withdrew(since: int, what: str) -> None:
    """Refuse to publish what was made of everybody's data while somebody withdrew.

    The caller is in the transaction that publishes.

    Parameters
    ----------
    since
        The `watermark` before any of the data was read.
    what
        It, as a subject of the sentence that is told.

    Raises
    ------
    WithdrawnMeanwhile
    """
    _lock(shared=True)
    if watermark() > since:
        raise _meanwhile(what)


@contextmanager
def aware_of_withdrawals(what: str) -> Iterator[int]:
    """Tell in words when work fails because a subject withdrew while it went on.

    Yields the `watermark` before the work, for `check_nobody_withdrew` at its end. What the rows
    that were missing then are called isn't told: an error's text may name the subject.

    Raises
    ------
    WithdrawnMeanwhile
    """
    since = watermark()
    try:
        yield since
    except Exception:
        if watermark() > since:
            raise _meanwhile(what) from None
        raise


def _meanwhile(what: str) -> WithdrawnMeanwhile:
    return WithdrawnMeanwhile(
        f"A subject withdrew while {what} was made, so it isn’t kept. Ask for it again: without "
        "that subject it can be made."
    )


class Gone:
    """All tombstones, read once, for work that goes through many pictures or texts."""

    def __init__(self) -> None:
        rows = Tombstone.objects.values_list("kind", "digest")
        self._known = {str(kind): {d for each, d in rows if each == kind} for kind in Kind}

    @cached_property
    def is_empty(self) -> bool:
        return not any(self._known.values())

    def picture(self, sha256: str) -> bool:
        """Tell whether a picture with this SHA-256 belonged to somebody who withdrew."""
        return self._has(Kind.PICTURE, sha256)

    def subject(self, code: str) -> bool:
        """Tell whether somebody with this code withdrew."""
        return self._has(Kind.SUBJECT, code)

    def veil(self, text: str) -> str:
        """Replace codes and digests of those who withdrew, also at the head of a name.

        So a report of refused rows doesn't keep what was refused.
        """
        if self.is_empty:
            return text
        text = _DIGEST.sub(lambda found: GONE if self.picture(found[0]) else found[0], text)
        return _PIECE.sub(lambda found: self._veiled(found[0]), text)

    def _veiled(self, piece: str) -> str:
        ends = [match.start() for match in re.finditer(r"[_-]", piece)] + [len(piece)]
        starts = [0] + [end + 1 for end in ends[:-1]]
        for start in starts:
            for end in (end for end in reversed(ends) if end > start):
                if self.subject(piece[start:end]):
                    return f"{piece[:start]}{GONE}{piece[end:]}"
        return piece

    def _has(self, kind: str, value: str) -> bool:
        known = self._known[kind]
        return bool(known) and any(digest in known for digest in _all_keyed(kind, value))


def made_under_other_keys() -> int:
    """Count the tombstones that no secret key of the settings recognises anything by."""
    names = [key_name(secret) for secret in _secrets()]
    return Tombstone.objects.exclude(key__in=names).count()


def _all_keyed(kind: str, value: str) -> list[str]:
    return [_keyed(kind, value, secret) for secret in _secrets()]


def _keyed(kind: str, value: str, secret: Any) -> str:
    return salted_hmac(f"{_SALT}.{kind}", value, secret=secret, algorithm="sha256").hexdigest()


def _secrets() -> list[Any]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _lock(*, shared: bool) -> None:
    if connection.vendor == "postgresql":
        name = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {name}(%s)", [_LOCK])
