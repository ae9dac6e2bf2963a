"""Checks, and what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """Something that isn't as it should be.

    Attributes
    ----------
    about
        The thing, by its kind and id or by its file's name: never by a person's name.
    wrong
        What is wrong, and what to do where no repair can help.
    mend
        What a repair does, in words; empty where none can help.
    repair
        Does it, and looks again first, as others may be at work. Returns whether it's mended.
    """

    check: str
    about: str
    wrong: str
    mend: str = ""
    repair: Callable[[], bool] | None = field(default=None, compare=False)

    def to_json(self) -> dict[str, Any]:
        return {
            "check": self.check, "about": self.about, "wrong": self.wrong, "mend": self.mend,
        }  # fmt: skip


#: A walk yields what it finds, and from time to time the id up to which it has come.
Walk = Iterator[Finding | int]


@dataclass(frozen=True)
class Check:
    """One kind of check.

    Attributes
    ----------
    walk
        Called with the id to go on after (0: from the start).
    total
        How many things there are to check; ids may skip some.
    is_slow
        Whether it reads whole files: `--quick` leaves it out.
    """

    name: str
    walk: Callable[[int], Walk]
    total: Callable[[], int]
    is_slow: bool = False
