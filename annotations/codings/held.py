"""What an editor on a page holds: the marks of its rows, and what a refused form held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from django.http import QueryDict

from annotations import facs
from annotations.codings.services import Reading, Score
from annotations.pages.forms.reading import ReadingForm


@dataclass(frozen=True)
class Held:
    """The marks of one action unit. Both, only in a form that was refused for it."""

    present: bool = False
    absent: bool = False
    intensity: str = ""
    #: Nobody touched it, and the rest is absent.
    by_rest: bool = False

    @property
    def state(self) -> str:
        """In words, as the row says it."""
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
    """An editor that starts from `reading`."""
    is_empty = not reading.emotion and not reading.scores
    return HeldReading(
        reading.emotion,
        {au: mark_of(score) for au, score in reading.scores.items()},
        rest_is_absent=rest_is_absent,
        fills=rest_is_absent and is_empty,
    )


def mark_of(score: Score) -> Held:
    return Held(score.present, not score.present, score.intensity)


def kept_of(form: ReadingForm) -> HeldReading:
    """What a refused form held, as far as it makes sense."""
    given = cast(QueryDict, form.data)
    present, absent = _units(given.getlist("au")), _units(given.getlist("absent"))
    if no_unit := bool(given.get("no_unit")):
        absent |= set(facs.MODEL_ACTION_UNITS) - present
    units = {
        au: Held(au in present, au in absent, _intensity(given.get(f"intensity-{au}", "")))
        for au in facs.MODEL_ACTION_UNITS
        if au in present | absent or given.get(f"intensity-{au}")
    }
    rest = bool(given.get("rest_absent"))
    return HeldReading(given.get("emotion"), units, no_unit, rest, fills=rest)


def _units(given: list[str]) -> set[int]:
    numbers = {int(au) for au in given if au.isascii() and au.isdigit() and len(au) < 3}
    return numbers & set(facs.MODEL_ACTION_UNITS)


def _intensity(given: str) -> str:
    return given if given in facs.INTENSITIES else ""
