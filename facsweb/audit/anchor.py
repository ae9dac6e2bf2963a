"""The end of the chain, kept in a file as well: whoever cuts the database is found by it.

It is for one machine: each web process and worker there writes it, and the greatest number stays.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from django.conf import settings


class Anchor(NamedTuple):
    """The number of entries that there were at least, the last one's digest, and its seal."""

    number: int
    digest: str
    seal: str


class UnreadableAnchor(ValueError):
    """There is a file, but it holds no anchor."""


def keep(anchor: Anchor) -> None:
    """Write the anchor down, unless a later one is there."""
    with _locked() as file:
        try:
            known = _read(os.pread(file, 1000, 0))
        except UnreadableAnchor:
            return  # it is left for the check to find
        if known is not None and known.number >= anchor.number:
            return
        line = f"{anchor.number} {anchor.digest} {anchor.seal}\n".encode()
        os.pwrite(file, line, 0)
        os.ftruncate(file, len(line))


def kept() -> Anchor | None:
    """Return the anchor of this machine; None where none was ever written.

    Raises
    ------
    UnreadableAnchor
    """
    try:
        return _read(path().read_bytes())
    except FileNotFoundError:
        return None


def start_again() -> None:
    """Remove the anchor: for a database that was restored from a backup, which is older."""
    path().unlink(missing_ok=True)


def path() -> Path:
    return Path(settings.AUDIT_ANCHOR)


@contextmanager
def _locked() -> Iterator[int]:
    path().parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path(), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _read(content: bytes) -> Anchor | None:
    if not content:
        return None
    try:
        number, digest, seal = content.decode("ascii").split()
        return Anchor(int(number), digest, seal)
    except ValueError as error:
        raise UnreadableAnchor(f"{path()} holds no anchor of the audit.") from error
