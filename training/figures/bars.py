"""Figures of classes and units as bars ready to draw: lengths in per cent, words. No Django."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from training.ml.interval import Interval
from training.ml.metrics import GroupFigures


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


def with_sign(value: float, digits: int = 2) -> str:
    """Write a difference with its sign, of which what is rounded to nothing has none.

    >>> with_sign(0.134), with_sign(-0.134), with_sign(-0.004), with_sign(-37, 0)
    ('+0.13', '−0.13', '0.00', '−37')
    """
    text = f"{abs(value):.{digits}f}"
    return text if not float(text) else f"{'−' if value < 0 else '+'}{text}"


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
