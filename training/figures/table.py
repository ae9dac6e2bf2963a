"""Every figure of a split as tables ready to show: values, intervals, baselines. No Django."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from annotations.measures.bootstrap import Estimate
from annotations.measures.certification import CERTIFICATION, verdict_on
from annotations.measures.support import FEWEST_TO_TRUST
from training.figures.bars import emotion_query, score_text, unit_query
from training.figures.dots import interval_range
from training.ml.baselines import always_f1, baseline_of
from training.ml.interval import Interval
from training.ml.metrics import (
    ActionUnitFigures,
    ClassFigures,
    EmotionFigures,
    SplitFigures,
    UnitFigures,
)

#: Figures of one class or unit: name in `ClassFigures.intervals`, heading, what it says.
COLUMNS = (
    ("f1", "F1", "the harmonic mean of precision and recall"),
    ("precision", "Precision", "of the faces found to show it, the share that do"),
    ("recall", "Recall", "of the faces that show it, the share found; also sensitivity, TPR"),
    ("specificity", "Specificity", "of the faces without it, the share not found; 1 − FPR"),
    (
        "roc_auc",
        "ROC AUC",
        "how often a face with it gets a higher probability than one without; 0.5 by chance",
    ),
    ("average_precision", "Average precision", "the area under precision over recall"),
    (
        "skew_normalised_f1",
        "F1 at even odds",
        "F1 if as many faces showed it as not (Jeni, Cohn & De la Torre 2013): units of unlike "
        "base rates are compared by this one; 0.67 by always saying so",
    ),
    ("balanced_accuracy", "Balanced accuracy", "the mean of recall and specificity; 0.5 by chance"),
    ("matthews", "MCC", "Matthews’ correlation, −1 to 1; 0 by chance"),
    ("kappa", "Kappa", "Cohen’s: agreement beyond chance, at most 1; 0 by chance"),
)


@dataclass(frozen=True)
class Cell:
    """One figure of one row, as it is read: value, interval, the same figure of a baseline."""

    heading: str
    text: str
    interval: str = ""
    baseline: str = ""


@dataclass(frozen=True)
class Outcome:
    """One cell of a 2 x 2 table: its faces' number, and the gallery's query for them."""

    name: str
    count: int
    faces: str


@dataclass(frozen=True)
class FigureRow:
    """Figures of one class or unit; of one that too few faces show, no cells."""

    label: str
    support: int
    base_rate: str
    faces: str
    cells: list[Cell]
    outcomes: list[Outcome]


@dataclass(frozen=True)
class Overall:
    """One figure over all classes or units: value, interval, baseline, and what it says."""

    name: str
    text: str
    interval: str
    baseline: str
    note: str


@dataclass(frozen=True)
class FigureTables:
    emotion: list[Overall]
    classes: list[FigureRow]
    units_overall: list[Overall]
    units: list[FigureRow]


def tables_of(figures: SplitFigures) -> FigureTables:
    """Draw up every figure of one split; parts that the run did not measure are empty."""
    emotion, units = figures.emotion, figures.action_units
    return FigureTables(
        emotion=_emotion_overall(emotion) if emotion else [],
        classes=list(_class_rows(emotion)) if emotion else [],
        units_overall=_units_overall(units) if units else [],
        units=[_unit_row(au, row) for au, row in sorted(units.per_au.items())] if units else [],
    )


def wexler_note(figures: ActionUnitFigures) -> str:
    """Say how the model's Wexler ratio stands to what people must reach; "" without one."""
    found = (figures.intervals or {}).get("micro_f1")
    if found is None or found.value is None or found.low is None or found.high is None:
        return ""
    verdict = verdict_on(Estimate(found.value, found.low, found.high))
    told = f"The FACS Final Test asks people for {CERTIFICATION:.2f}"
    return f"{told}; this is {verdict.text}." if verdict else f"{told}."


def _emotion_overall(emotion: EmotionFigures) -> list[Overall]:
    shares = _shares(emotion)
    most = max(shares, default=0.0)
    held = sum(share > 0 for share in shares)
    baselines = {
        "accuracy": most,
        "balanced_accuracy": 1 / held if held else None,
        "macro_f1": always_f1(most) / held if held else None,
        "weighted_f1": most * always_f1(most),
        "matthews": 0.0,
        "kappa": 0.0,
    }
    names = {
        "accuracy": ("Accuracy", "also micro F1, as each face has one emotion"),
        "balanced_accuracy": ("Balanced accuracy", "mean recall of the emotions"),
        "macro_f1": ("Macro F1", "mean F1 of the emotions"),
        "weighted_f1": ("Weighted F1", "mean F1, each emotion as heavy as its faces"),
        "matthews": ("MCC", "Matthews’ correlation (Gorodkin 2004)"),
        "kappa": ("Kappa", "Cohen’s: agreement beyond chance"),
    }
    return [
        _overall(emotion.intervals, key, name, baselines[key], note)
        for key, (name, note) in names.items()
    ]


def _units_overall(units: ActionUnitFigures) -> list[Overall]:
    counted = [row for row in units.per_au.values() if row.counted]
    always = [value for row in counted if (value := baseline_of(row)) is not None]
    coded, shown = sum(row.faces for row in counted), sum(row.support for row in counted)
    names = {
        "macro_f1": (
            "Macro F1",
            sum(always) / len(always) if always else None,
            "mean F1 of the units",
        ),
        "micro_f1": (
            "Micro F1, or Wexler ratio",
            always_f1(shown / coded) if coded else None,
            f"all units’ faces pooled. {wexler_note(units)}".strip(),
        ),
        "weighted_f1": (
            "Weighted F1",
            None,
            "mean F1, each unit as heavy as the faces that show it",
        ),
    }
    return [
        _overall(units.intervals, key, name, baseline, note)
        for key, (name, baseline, note) in names.items()
        if key in (units.intervals or {})
    ]


def _overall(
    intervals: Mapping[str, Interval] | None, key: str, name: str, baseline: float | None, note: str
) -> Overall:
    found = (intervals or {}).get(key, Interval())
    return Overall(name, score_text(found.value), interval_range(found), score_text(baseline), note)


def _shares(emotion: EmotionFigures) -> list[float]:
    total = sum(row.support for row in emotion.per_class.values())
    return [row.support / total if total else 0.0 for row in emotion.per_class.values()]


def _class_rows(emotion: EmotionFigures) -> Iterator[FigureRow]:
    """Yield the emotions' rows; their faces' outcomes are the confusion matrix's cells."""
    for (name, row), share in zip(emotion.per_class.items(), _shares(emotion), strict=True):
        yield FigureRow(
            name.capitalize(), row.support, _rate(share), emotion_query(name), _cells(row), []
        )


def _unit_row(au: int, row: UnitFigures) -> FigureRow:
    hit = round((row.recall or 0) * row.support)
    false = row.predicted - hit
    return FigureRow(
        label=f"AU{au}",
        support=row.support,
        base_rate=_rate(row.base_rate),
        faces=unit_query(au),
        cells=_cells(row),
        outcomes=[
            Outcome("TP", hit, urlencode({"au": au, "au_model": au})),
            Outcome("FP", false, urlencode({"au_absent": au, "au_model": au})),
            Outcome("FN", row.support - hit, urlencode({"au": au, "au_model_absent": au})),
            Outcome(
                "TN",
                row.faces - row.support - false,
                urlencode({"au_absent": au, "au_model_absent": au}),
            ),
        ],
    )


def _rate(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _cells(row: ClassFigures) -> list[Cell]:
    """Return a row's figures; none where too few faces show it, as 0 and 1 would be chance."""
    if row.support < FEWEST_TO_TRUST or not row.intervals:
        return []
    return [_cell(row.intervals, name, heading, _baselines(row)) for name, heading, _ in COLUMNS]


def _cell(
    intervals: Mapping[str, Interval],
    name: str,
    heading: str,
    baselines: Mapping[str, float | None],
) -> Cell:
    found = intervals.get(name, Interval())
    baseline = baselines.get(name)
    said = "" if baseline is None else score_text(baseline)
    return Cell(heading, score_text(found.value), interval_range(found), said)


def _baselines(row: ClassFigures) -> dict[str, float | None]:
    """Return the figures of always saying so, or of probabilities that know nothing."""
    rate = (row.intervals or {}).get("base_rate", Interval()).value
    return {"f1": baseline_of(row), "precision": rate, "average_precision": rate}


def headings() -> Sequence[tuple[str, str]]:
    """Return each column's heading and what it says."""
    return [(heading, note) for _, heading, note in COLUMNS]
