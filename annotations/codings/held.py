"""The contents of an editor on a page: the marks of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from annotations.codings.reading import Reading, Score


@dataclass(frozen=True)
class Held:
    """The marks of one action unit. Both are set only in a form that was refused for that."""

    present: bool = False
    absent: bool = False
    intensity: str = ""
    #: Nobody touched it, and the rest is absent.
    by_rest: bool = False

    @property
    def state(self) -> str:
        """The marks in words, as the row shows them."""
        if self.present:
            return f"present {self.intensity}".strip()
        return "absent" if self.absent or self.by_rest else "not coded"


@dataclass(frozen=True)
class HeldReading:
    #: None: not decided yet.
    emotion: str | None = ""
    units: Mapping[int, Held] = field(default_factory=dict)
    no_unit: bool = False
    rest_is_absent: bool = False
    #: Untouched rows read as absent; not so in an editor that nobody touched and that goes on
    #: from a reading, for saving that one changes nothing.
    fills: bool = False

    def of(self, au: int) -> Held:
        return self.units.get(au) or Held(by_rest=self.fills)


def held_of(reading: Reading, rest_is_absent: bool = False) -> HeldReading:
    """Return what an editor that starts from `reading` holds."""
    is_empty = not reading.emotion and not reading.scores
    return HeldReading(
        reading.emotion,
        {au: mark_of(score) for au, score in reading.scores.items()},
        rest_is_absent=rest_is_absent,
        fills=rest_is_absent and is_empty,
    )


def mark_of(score: Score) -> Held:
    return Held(score.present, not score.present, score.intensity)
