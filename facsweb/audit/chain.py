"""The chain: each entry's SHA-256 covers the one before, and a lock gives out the numbers.

Whoever changes, removes, inserts or reorders entries breaks it from there on. Whoever computes it
anew needs the key of the seal at its end, too (Schneier and Kelsey, "Secure audit logs to support
computer forensics", ACM TISSEC 2(2), 1999).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from facsweb.audit import anchor
from facsweb.audit.models import NOTHING_BEFORE, AuditEntry, AuditHead, Told, WaitingEntry

_TOLD = ("at", "action", "actor", "actor_name", "about", "about_id", "details", "address")
_HEAD = 1
#: Ids in one statement: every database takes so many parameters.
_CHUNK = 500


def digest_of(told: Told, number: int, previous: str) -> str:
    """Return the SHA-256 (hexadecimal) of an entry at its place, over canonical JSON."""
    row: dict[str, object] = {name: getattr(told, name) for name in _TOLD}
    row["at"] = told.at.astimezone(UTC).isoformat(timespec="microseconds")
    row |= {"number": number, "previous": previous}
    text = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def seal_of(number: int, digest: str, secret: str | bytes | None = None) -> str:
    """Return what only who has SECRET_KEY can make of the chain's end."""
    text = f"{number} {digest}"
    keyed = salted_hmac("facsweb.audit.chain", text, secret=secret, algorithm="sha256")
    return keyed.hexdigest()


def is_sealed(number: int, digest: str, seal: str) -> bool:
    """Tell whether a seal was made by our key, or by one of SECRET_KEY_FALLBACKS."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(seal_of(number, digest, key), seal) for key in keys)


@transaction.atomic
def add(told: Sequence[Told] = ()) -> None:
    """Give what waits, and then `told`, the next places in the chain."""
    head = _locked_head()
    waiting = list(WaitingEntry.objects.order_by("pk"))
    entries = list(_chained(head, [*waiting, *told]))
    if not entries:
        return
    AuditEntry.objects.bulk_create(entries, batch_size=_CHUNK)
    for start in range(0, len(waiting), _CHUNK):
        taken = [each.pk for each in waiting[start : start + _CHUNK]]
        WaitingEntry.objects.filter(pk__in=taken).delete()
    head.seal = seal_of(head.number, head.digest)
    head.save()
    kept = anchor.Anchor(head.number, head.digest, head.seal)
    transaction.on_commit(partial(anchor.keep, kept), robust=True)


def add_waiting() -> None:
    """Add what was told of in transactions that have ended."""
    if WaitingEntry.objects.exists():
        add()


def _chained(head: AuditHead, told: Iterable[Told]) -> Iterator[AuditEntry]:
    """Yield an entry for each, and move the head along."""
    for each in told:
        number, previous = head.number + 1, head.digest
        head.number, head.digest = number, digest_of(each, number, previous)
        values = {name: getattr(each, name) for name in _TOLD}
        yield AuditEntry(number=number, previous=previous, digest=head.digest, **values)


def _locked_head() -> AuditHead:
    """Return the end of the chain; the transaction keeps it locked.

    SQLite has one lock, which the transaction took when it began.
    """
    locked = AuditHead.objects.select_for_update().filter(pk=_HEAD)
    head = locked.first()
    if head is None:
        last = AuditEntry.objects.order_by("-number").first()
        number, digest = (last.number, last.digest) if last else (0, NOTHING_BEFORE)
        AuditHead.objects.get_or_create(pk=_HEAD, defaults={"number": number, "digest": digest})
        head = locked.get()
    return head
