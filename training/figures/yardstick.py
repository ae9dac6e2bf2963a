"""A model's emotions beside other readers of the same test faces, as a table ready to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from training.figures.bars import score_text
from training.figures.dots import interval_range
from training.ml.guard import signed
from training.ml.interval import Interval
from training.ml.metrics import EmotionFigures, Metrics
from training.ml.yardstick import MAJORITY, PRIOR, is_above
from training.ml.yardstick_figures import Beside

OF_BEFORE = "not measured: this run was trained before the prior was asked (docs/model.md)"
_COLUMNS = (("accuracy", "Accuracy"), ("macro_f1", "Macro F1"))


@dataclass(frozen=True)
class Beaten:
    """One figure of a reader, and what the model has more.

    Attributes
    ----------
    heading, text, interval
        The figure's name, and the figure as it is read.
    gain
        The paired difference with its interval, as it is read; empty of the model itself.
    is_above
        Whether the whole interval of the difference lies above 0.
    """

    heading: str
    text: str
    interval: str
    gain: str = ""
    is_above: bool = True


@dataclass(frozen=True)
class Reader:
    """A row: who reads the faces, what that is, and its figures, none where it wasn't asked."""

    name: str
    note: str
    cells: tuple[Beaten, ...]


@dataclass(frozen=True)
class YardstickTable:
    """The model first, then who it is held against; on how many faces of how many subjects."""

    faces: int
    subjects: int
    rows: tuple[Reader, ...]


def yardstick_of(metrics: Metrics) -> YardstickTable | None:
    """Draw up what a training gained; None where the test faces have no emotion label."""
    test = metrics.test
    if test is None or test.emotion is None:
        return None
    told = metrics.yardstick
    readers = told.readers if told else {}
    why_not = (told.why_not if told else OF_BEFORE) or OF_BEFORE
    majority = (told.majority_class if told else "") or test.emotion.majority_class
    rows = [Reader("This model", "", _own(test.emotion))]
    rows.append(_reader("Expression prior", _prior_note(why_not, PRIOR in readers), readers, PRIOR))
    if MAJORITY in readers:
        rows.append(
            _reader(f"Always “{majority}”", "the commonest class of them", readers, MAJORITY)
        )
    faces = told.faces if told and told.faces else test.faces
    subjects = told.subjects if told and told.subjects else test.subjects
    return YardstickTable(faces, subjects, tuple(rows))


def _prior_note(why_not: str, is_measured: bool) -> str:
    if not is_measured:
        return why_not
    return "zero-shot: trained on FER-2013, whose terms are unclear, never on these faces; MIT"


def _own(emotion: EmotionFigures) -> tuple[Beaten, ...]:
    told = emotion.intervals or {}
    return tuple(
        Beaten(
            heading,
            score_text(getattr(emotion, name)),
            interval_range(told.get(name)),
        )
        for name, heading in _COLUMNS
    )


def _reader(name: str, note: str, readers: Mapping[str, Beside], key: str) -> Reader:
    beside = readers.get(key)
    if beside is None:
        return Reader(name, note, ())
    cells = []
    for figure, heading in _COLUMNS:
        found = getattr(beside, figure) or Interval()
        gain = getattr(beside, f"{figure}_gain") or Interval()
        cells.append(
            Beaten(
                heading,
                score_text(found.value),
                interval_range(found),
                gain_text(gain),
                is_above(gain),
            )
        )
    return Reader(name, note, tuple(cells))


def gain_text(gain: Interval) -> str:
    """Write what the model has more, with its interval.

    >>> gain_text(Interval(0.37, 0.3, 0.44)), gain_text(Interval())
    ('+0.37 (+0.30 to +0.44)', '–')
    """
    if gain.low is None or gain.high is None:
        return signed(gain.value)
    return f"{signed(gain.value)} ({signed(gain.low)} to {signed(gain.high)})"
