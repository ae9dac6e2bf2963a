"""A run's flags as pages show them: a long list in one can be opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from training.ml.metrics import Flag

#: From so many things on, a list is folded.
_LONG = 3


@dataclass(frozen=True)
class ShownFlag:
    """A flag whose message is cut into what it says before a long list, the list, and after it."""

    kind: str
    subject: str
    severity: str
    lead: str
    items: list[str]
    after: str


def shown(flags: Iterable[Flag] | None) -> list[ShownFlag]:
    """Return flags as a page shows them.

    >>> (flag,) = shown([Flag(message="All fall: AU1 to 0.2; AU2 to 0.3; AU4 to 0.1. Look.")])
    >>> flag.lead, flag.items, flag.after
    ('All fall:', ['AU1 to 0.2', 'AU2 to 0.3', 'AU4 to 0.1'], 'Look.')
    >>> shown([Flag(message="AU1 falls: look.")])[0].lead
    'AU1 falls: look.'
    """
    return [_shown(flag) for flag in flags or ()]


def _shown(flag: Flag) -> ShownFlag:
    lead, _, rest = flag.message.partition(": ")
    items = rest.split("; ")
    if len(items) < _LONG:
        return ShownFlag(flag.kind, flag.subject, flag.severity, flag.message, [], "")
    items[-1], _, after = items[-1].removesuffix(".").partition(". ")
    after = f"{after}." if after else ""
    return ShownFlag(flag.kind, flag.subject, flag.severity, f"{lead}:", items, after)
