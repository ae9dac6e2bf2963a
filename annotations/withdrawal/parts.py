"""Parts of other rooms in a withdrawal: each registers its part, as none of them is known here.

`inference` and `training` do it in their AppConfig, as they know the annotations and not the other
way round.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from annotations.tombstones import Gone
from annotations.withdrawal.doomed import Doomed

Counts = dict[str, int]


def _nothing(doomed: Doomed) -> Counts:
    return {}


def _no_files(gone: Gone) -> Counts:
    return {}


def _nobody(doomed: Doomed) -> list[str]:
    return []


@dataclass(frozen=True)
class Part:
    """One room's part in a withdrawal.

    Attributes
    ----------
    name
        Of the room.
    rows
        Called in the transaction that removes the subject, before their rows go: it removes what
        names them without a foreign key, and stops work that holds them. Returns what -> how many.
    learnt
        Called likewise, before `rows`: it marks the model versions that learnt from the subject,
        and returns their names.
    files
        Called after it, and again whenever that may be needed: it removes files of pictures that
        `Gone` knows. Returns what -> how many.
    """

    name: str
    rows: Callable[[Doomed], Counts] = field(default=_nothing)
    learnt: Callable[[Doomed], list[str]] = field(default=_nobody)
    files: Callable[[Gone], Counts] = field(default=_no_files)


_PARTS: dict[str, Part] = {}


def register(part: Part) -> None:
    """Register a room's part; registering it again changes nothing."""
    _PARTS[part.name] = part


def parts() -> list[Part]:
    """Return the parts of all rooms."""
    return list(_PARTS.values())


def remove_files(gone: Gone | None = None) -> Counts:
    """Have every room remove files of withdrawn pictures that came back or were left.

    A worker that was computing features of a picture when its subject withdrew may have written
    them afterwards, so who ends such work calls this.
    """
    gone = gone or Gone()
    found: Counts = {}
    if not gone.is_empty:
        for part in parts():
            for name, count in part.files(gone).items():
                found[name] = found.get(name, 0) + count
    return found
