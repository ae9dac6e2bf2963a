"""A run's figures as values ready to draw: lengths in per cent, words, shades. No Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from training.figures.bars import (
    Bar,
    emotion_query,
    group_bar,
    interval_text,
    percent_text,
    score_text,
)
from training.figures.dots import Dot, class_dots, unit_dots
from training.figures.flags import ShownFlag, shown
from training.figures.table import wexler_note
from training.ml.metrics import (
    AbsentEmotions,
    ActionUnitFigures,
    Calibration,
    EmotionFigures,
    GroupFigures,
    Metrics,
    SplitFigures,
)
from training.ml.promise_figures import Promises

SHADES = 9
SPLIT_NOTES = {
    "validation": "Read out of fold, by parts that never saw the subject; the model’s own test "
    "subjects are the better judges.",
    "train": "The model was fitted to these faces: figures are too good to be true.",
}
GROUP_TITLES = {"gender": "Gender", "age_group": "Age group", "ethnicity": "Ethnicity"}


@dataclass(frozen=True)
class HeatCell:
    count: int
    percent: int
    shade: int
    is_right: bool
    predicted: str
    #: The gallery's query for these faces.
    faces: str


@dataclass(frozen=True)
class HeatRow:
    truth: str
    total: int
    cells: list[HeatCell]


@dataclass(frozen=True)
class Headline:
    title: str
    value: str
    note: str


@dataclass(frozen=True)
class GroupRow:
    group: str
    faces: int
    subjects: int
    enough: bool
    bars: list[Bar]
    #: The gallery's query for its faces.
    query: str


@dataclass(frozen=True)
class GroupTable:
    title: str
    rows: list[GroupRow]


@dataclass(frozen=True)
class Dashboard:
    split: str
    cross_validated: bool
    faces: int
    subjects: int
    warning: str
    headlines: list[Headline]
    classes: list[Dot]
    units: list[Dot]
    confusion: list[HeatRow]
    class_names: list[str]
    groups: list[GroupTable]
    flags: list[ShownFlag]
    report: str


def dashboard_of(metrics: Metrics, split: str, order: str = "") -> Dashboard:
    """Draw up the figures of one split; parts that the run did not measure are empty.

    Parameters
    ----------
    metrics
        A run's figures.
    split
        "test", "validation" or "all".
    order
        Of the units: a name in `dots.ORDERS`.
    """
    figures = metrics.splits.get(split) or SplitFigures()
    emotion, units = figures.emotion or EmotionFigures(), figures.action_units
    return Dashboard(
        split=split,
        cross_validated=bool(metrics.cross_validated),
        faces=figures.faces,
        subjects=figures.subjects,
        warning=SPLIT_NOTES.get(split, ""),
        headlines=[
            *_emotion_headlines(figures.emotion),
            *_unit_headlines(units),
            *_calibration_headlines(metrics.calibration),
            *_promise_headlines(metrics.promises),
        ],
        classes=class_dots(emotion.per_class),
        units=unit_dots(units.per_au, order) if units else [],
        confusion=_confusion(emotion),
        class_names=list(emotion.classes),
        groups=_groups(figures.groups or {}),
        flags=shown(metrics.flags),
        report=emotion.report,
    )


def absent_text(absent: AbsentEmotions | None) -> str:
    """Say what an absent class does to macro F1; empty where none is absent.

    >>> absent_text(AbsentEmotions(truth=("surprise",), predictions=("surprise",)))
    ' Without surprise: no face is labelled or read so.'
    """
    untrue, unsaid = (absent.truth, absent.predictions) if absent else ((), ())
    sentences = {
        "Without {}: no face is labelled or read so.": [n for n in untrue if n in unsaid],
        "No face is labelled {}, which the model answers: F1 0.": [
            n for n in untrue if n not in unsaid
        ],
        "{} is never answered: F1 0.": [n for n in unsaid if n not in untrue],
    }
    said = [text.format(", ".join(names)) for text, names in sentences.items() if names]
    return "".join(f" {text[0].upper()}{text[1:]}" for text in said)


def _emotion_headlines(emotion: EmotionFigures | None) -> list[Headline]:
    if emotion is None:
        return []
    majority = emotion.majority_class or "the commonest class"
    baseline = percent_text(emotion.majority_accuracy)
    return [
        Headline(
            "Emotion accuracy",
            percent_text(emotion.accuracy),
            _after(
                interval_text(emotion.intervals, "accuracy", percent_text),
                f"Always saying “{majority}” would reach {baseline}.",
            ),
        ),
        Headline(
            "Emotion macro F1",
            score_text(emotion.macro_f1),
            _after(
                interval_text(emotion.intervals, "macro_f1"),
                f"Balanced accuracy {percent_text(emotion.balanced_accuracy)}."
                f"{absent_text(emotion.absent)}",
            ),
        ),
    ]


def _unit_headlines(units: ActionUnitFigures | None) -> list[Headline]:
    if units is None:
        return []
    note = _after(interval_text(units.intervals, "macro_f1"), _left_out_note(units))
    found = [Headline("AU macro F1", score_text(units.macro_f1), note)]
    if told := wexler_note(units):
        pooled = (units.intervals or {})["micro_f1"].value
        interval = interval_text(units.intervals, "micro_f1")
        found.append(Headline("AU Wexler ratio", score_text(pooled), _after(interval, told)))
    return found


def _after(interval: str, note: str) -> str:
    return f"{interval}. {note}" if interval else note


def _calibration_headlines(calibration: Calibration | None) -> list[Headline]:
    """Say how far the probabilities can be trusted; empty where that was not measured."""
    emotion, units = (
        (calibration.emotion, calibration.action_units) if calibration else (None, None)
    )
    errors = emotion or units
    if errors is None:
        return []
    more = f" Action units: {percent_text(units.after)}." if units and emotion else ""
    return [
        Headline(
            "Calibration error",
            percent_text(errors.after),
            "Between confidence and share right, out of fold; "
            f"{percent_text(errors.before)} before calibration.{more}",
        )
    ]


def _promise_headlines(promises: Promises | None) -> list[Headline]:
    """Say how often one emotion is left; empty where nothing is promised."""
    single = promises.single if promises else None
    if promises is None or single is None:
        return []
    right = promises.single_right
    note = f"It excludes the others at {percent_text(promises.coverage)}."
    if right is not None:
        note += f" There it is the label on {percent_text(right.value)}."
    return [Headline("One emotion left", percent_text(single.value), note)]


def _left_out_note(units: ActionUnitFigures) -> str:
    named = ", ".join(f"AU{au}" for au in units.left_out)
    told = (
        f"Without {named}: fewer than {units.min_positives or '?'} faces show it."
        if units.left_out
        else "Over every action unit of the model."
    )
    absent = units.absent.predictions if units.absent else ()
    unsaid = ", ".join(f"AU{au}" for au in absent if au not in units.left_out)
    return f"{told} {unsaid} is never answered: F1 0." if unsaid else told


def _confusion(emotion: EmotionFigures) -> list[HeatRow]:
    rows = []
    for truth, counts in zip(emotion.classes, emotion.confusion_matrix, strict=False):
        total = sum(counts)
        cells = [
            _cell(count, total, truth, name)
            for name, count in zip(emotion.classes, counts, strict=False)
        ]
        rows.append(HeatRow(truth, total, cells))
    return rows


def _cell(count: int, total: int, truth: str, said: str) -> HeatCell:
    share = count / total if total else 0.0
    faces = emotion_query(truth, said)
    return HeatCell(count, round(100 * share), round(SHADES * share), truth == said, said, faces)


def _groups(groups: Mapping[str, tuple[GroupFigures, ...]]) -> list[GroupTable]:
    return [
        GroupTable(title, [_group_row(key, row) for row in groups[key]])
        for key, title in GROUP_TITLES.items()
        if groups.get(key)
    ]


def _group_row(dimension: str, row: GroupFigures) -> GroupRow:
    return GroupRow(
        group=row.group,
        faces=row.faces,
        subjects=row.subjects,
        enough=row.enough,
        bars=[
            group_bar("Emotion accuracy", row, "emotion_accuracy"),
            group_bar("Emotion F1", row, "emotion_macro_f1", absent_text(row.absent).strip()),
            group_bar("AU F1", row, "au_macro_f1"),
        ],
        query=urlencode({dimension: row.group}),
    )
