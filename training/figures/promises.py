"""A run's promises beside what was observed, ready to show. No Django."""

from __future__ import annotations

from dataclasses import dataclass

from annotations.facs import ACTION_UNITS
from training.figures.bars import percent_text
from training.ml.promise_figures import Promises, Share


@dataclass(frozen=True)
class PromiseRow:
    """One promise: what it is of, in per cent, and what was observed.

    Attributes
    ----------
    is_broken
        Whether what was observed is worse than promised beyond chance.
    """

    name: str
    promised: str
    observed: str
    interval: str
    faces: int
    subjects: int
    is_broken: bool


@dataclass(frozen=True)
class UnitRow:
    """The sets of one action unit: where it is present, where it is absent, and how often open."""

    name: str
    present: PromiseRow
    absent: PromiseRow
    unsure: str


@dataclass(frozen=True)
class PromiseBoard:
    """All promises of a run.

    Attributes
    ----------
    summary
        How often one emotion is left, and right, in words; empty where nothing is promised.
    emotions, units
        Coverage of prediction sets.
    alarm
        How often faces like the training's are called unlike them; None: nothing is promised.
    """

    summary: str
    emotions: list[PromiseRow]
    units: list[UnitRow]
    alarm: PromiseRow | None


def promise_board(promises: Promises | None) -> PromiseBoard | None:
    """Draw up a run's promises; None where an older version of the product measured none."""
    if promises is None:
        return None
    coverage, alarms = promises.coverage, promises.alarms
    alarm = None
    if promises.alarm is not None and alarms is not None:
        far = promises.alarm
        worse = far.low is not None and far.low > alarms
        alarm = _row("Called unlike the training", f"at most {percent_text(alarms)}", far, worse)
    return PromiseBoard(
        summary=_summary(promises),
        emotions=[_covered(name, coverage, each) for name, each in promises.emotions.items()],
        units=[
            UnitRow(
                f"AU{au} {ACTION_UNITS[au].name.lower()}",
                _covered("present", coverage, each.present),
                _covered("absent", coverage, each.absent),
                percent_text(each.unsure.value),
            )
            for au, each in promises.units.items()
        ],
        alarm=alarm,
    )


def _covered(name: str, coverage: float | None, share: Share) -> PromiseRow:
    worse = coverage is not None and share.high is not None and share.high < coverage
    return _row(name, f"at least {percent_text(coverage)}", share, worse)


def _row(name: str, promised: str, share: Share, is_broken: bool) -> PromiseRow:
    ends = " to ".join(percent_text(each) for each in (share.low, share.high) if each is not None)
    return PromiseRow(
        name, promised, percent_text(share.value), ends, share.faces, share.subjects, is_broken
    )


def _summary(promises: Promises) -> str:
    single, right = promises.single, promises.single_right
    if single is None or single.value is None:
        return ""
    told = f"All emotions but one are excluded on {percent_text(single.value)} of faces"
    if right is None or right.value is None:
        return f"{told}."
    return f"{told}; there the one that is left is the label on {percent_text(right.value)}."
