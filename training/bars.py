"""Figures of classes and units as bars ready to draw: lengths in per cent, words. No Django."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from annotations.measures.support import FEWEST_TO_TRUST
from training.ml.baselines import baseline_of
from training.ml.metrics import ClassFigures, GroupFigures, Interval, UnitFigures


@dataclass(frozen=True)
class Whisker:
    """An interval as a line: where it starts and ends, in per cent of the full width."""

    start: float
    end: float


@dataclass(frozen=True)
class Bar:
    """One bar: `percent` of the full width, `text` the figure as it is read.

    Attributes
    ----------
    whisker
        The figure's 95 % interval; None where there is none.
    baseline
        The figure of always saying so, in per cent of the width; None where none is drawn.
    faces
        The gallery's query for the faces that truly show it; "" where none is meant.
    """

    label: str
    percent: float
    text: str
    note: str = ""
    greyed: bool = False
    whisker: Whisker | None = None
    baseline: float | None = None
    faces: str = ""


def emotion_query(truth: str, said: str = "") -> str:
    """Return the gallery's query for the faces of an emotion, and of what the model says of them.

    >>> emotion_query("negative", "positive")
    'emotion=negative&emotion_model=positive'
    """
    return urlencode({"emotion": truth} | ({"emotion_model": said} if said else {}))


def unit_query(au: int) -> str:
    return urlencode({"au": au})


def percent_text(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


def score_text(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def interval_text(
    intervals: Mapping[str, Interval] | None,
    name: str,
    text: Callable[[float | None], str] = score_text,
) -> str:
    """Say where a figure's interval lies; empty where it has none.

    >>> interval_text({"f1": Interval(0.8, 0.712, 0.874)}, "f1")
    '95 % interval 0.71 to 0.87'
    """
    found = (intervals or {}).get(name, Interval())
    if found.low is None or found.high is None:
        return ""
    return f"95 % interval {text(found.low)} to {text(found.high)}"


def percent_of(value: float | None) -> float:
    return 0.0 if value is None else round(100 * min(max(value, 0.0), 1.0), 1)


def class_bar(name: str, row: ClassFigures) -> Bar:
    """Draw the F1 of an emotion beside that of always answering it."""
    note = (
        f"precision {score_text(row.precision)}, "
        f"recall {score_text(row.recall)}, {_faces(row.support)}"
    )
    return _f1_bar(name.capitalize(), row, note, emotion_query(name))


def class_balance(per_class: Mapping[str, ClassFigures]) -> list[Bar]:
    total = sum(row.support for row in per_class.values())
    return [
        Bar(
            name.capitalize(),
            percent_of(row.support / total if total else 0),
            percent_text(row.support / total if total else None),
            _faces(row.support),
            faces=emotion_query(name),
        )
        for name, row in per_class.items()
    ]


def unit_bar(au: int, row: UnitFigures) -> Bar:
    """Draw the F1 of an action unit beside that of always finding it.

    Of a unit that fewer than FEWEST_TO_TRUST faces show nothing is said: 0 and 1 would be chance.
    """
    return _f1_bar(f"AU{au}", row, f"present on {_faces(row.support)}", unit_query(au))


def _f1_bar(label: str, row: ClassFigures, note: str, faces: str) -> Bar:
    if row.support < FEWEST_TO_TRUST:
        note = f"too few to say: {note}, of at least {FEWEST_TO_TRUST}"
        return Bar(label, 0.0, "–", note, greyed=True, faces=faces)
    told = interval_text(row.intervals, "f1")
    f1 = (row.intervals or {}).get("f1", Interval())
    baseline = baseline_of(row)
    return Bar(
        label,
        percent_of(row.f1),
        score_text(row.f1),
        f"{told}; {note}" if told else note,
        whisker=_whisker(f1),
        baseline=None if baseline is None else percent_of(baseline),
        faces=faces,
    )


def group_bar(label: str, row: GroupFigures, name: str, note: str = "") -> Bar:
    """Draw a figure of a group, by its name in `GroupFigures`."""
    value, percent = getattr(row, name), name == "emotion_accuracy"
    text = percent_text if percent else score_text
    told = interval_text(row.intervals, name, text)
    return Bar(
        label,
        percent_of(value),
        text(value),
        ". ".join(each for each in (told, note) if each),
        whisker=_whisker((row.intervals or {}).get(name, Interval())),
    )


def _whisker(interval: Interval) -> Whisker | None:
    if interval.low is None or interval.high is None:
        return None
    return Whisker(percent_of(interval.low), percent_of(interval.high))


def balance_bar(au: int, row: UnitFigures) -> Bar:
    note = f"{row.support} of {row.faces}"
    text = percent_text(row.base_rate)
    return Bar(f"AU{au}", percent_of(row.base_rate), text, note, faces=unit_query(au))


def _faces(count: int) -> str:
    return "1 face" if count == 1 else f"{count} faces"
