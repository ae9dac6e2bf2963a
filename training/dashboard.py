"""A run's figures as values ready to draw: lengths in per cent, words, shades. No Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Figures = Mapping[str, Any]

SHADES = 9
SPLIT_NOTES = {
    "validation": "Read out of fold, by parts that never saw the subject; the model’s own test "
    "subjects are the better judges.",
    "train": "The model was fitted to these faces: figures are too good to be true.",
}
GROUP_TITLES = {"gender": "Gender", "age_group": "Age group", "ethnicity": "Ethnicity"}


@dataclass(frozen=True)
class Bar:
    """One bar: `percent` of the full width, `text` the figure as it is read."""

    label: str
    percent: float
    text: str
    note: str = ""
    greyed: bool = False


@dataclass(frozen=True)
class HeatCell:
    count: int
    percent: int
    shade: int
    is_right: bool
    predicted: str


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
    classes: list[Bar]
    class_balance: list[Bar]
    units: list[Bar]
    unit_balance: list[Bar]
    confusion: list[HeatRow]
    class_names: list[str]
    groups: list[GroupTable]
    flags: list[Figures]
    report: str


def dashboard_of(metrics: Figures, split: str) -> Dashboard:
    """The figures of one split. Parts that the run did not measure are empty."""
    figures = metrics.get(split) or {}
    emotion = figures.get("emotion") or {}
    units = figures.get("action_units") or {}
    per_class = emotion.get("per_class") or {}
    per_unit = units.get("per_au") or {}
    return Dashboard(
        split=split,
        cross_validated=bool(metrics.get("cross_validated")),
        faces=figures.get("faces") or 0,
        subjects=figures.get("subjects") or 0,
        warning=SPLIT_NOTES.get(split, ""),
        headlines=[*_headlines(emotion, units), *_calibration(metrics.get("calibration") or {})],
        classes=[_class_bar(name, row) for name, row in per_class.items()],
        class_balance=_class_balance(per_class),
        units=[_unit_bar(au, row, units) for au, row in _by_number(per_unit)],
        unit_balance=[_balance_bar(au, row) for au, row in _by_number(per_unit)],
        confusion=_confusion(emotion),
        class_names=[str(name) for name in emotion.get("classes") or []],
        groups=_groups(figures.get("groups") or {}),
        flags=list(metrics.get("flags") or []),
        report=emotion.get("report") or "",
    )


def absent_text(absent: Figures) -> str:
    """What an absent class does to macro F1, as a sentence; empty where none is absent."""
    untrue, unsaid = absent.get("truth") or [], absent.get("predictions") or []
    told = {
        "Without {}: no face is labelled or read so.": [n for n in untrue if n in unsaid],
        "No face is labelled {}, which the model answers: F1 0.": [
            n for n in untrue if n not in unsaid
        ],
        "{} is never answered: F1 0.": [n for n in unsaid if n not in untrue],
    }
    said = [text.format(", ".join(map(str, names))) for text, names in told.items() if names]
    return "".join(f" {text[0].upper()}{text[1:]}" for text in said)


def percent_text(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


def score_text(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _percent(value: float | None) -> float:
    return 0.0 if value is None else round(100 * min(max(value, 0.0), 1.0), 1)


def _headlines(emotion: Figures, units: Figures) -> list[Headline]:
    lines = []
    if emotion:
        majority = emotion.get("majority_class") or "the commonest class"
        baseline = percent_text(emotion.get("majority_accuracy"))
        lines.append(
            Headline(
                "Emotion accuracy",
                percent_text(emotion.get("accuracy")),
                f"Always saying “{majority}” would reach {baseline}.",
            )
        )
        lines.append(
            Headline(
                "Emotion macro F1",
                score_text(emotion.get("macro_f1")),
                f"Balanced accuracy {percent_text(emotion.get('balanced_accuracy'))}."
                f"{absent_text(emotion.get('absent') or {})}",
            )
        )
    if units:
        lines.append(
            Headline("AU macro F1", score_text(units.get("macro_f1")), _left_out_note(units))
        )
    return lines


def _calibration(figures: Figures) -> list[Headline]:
    """How far the probabilities can be taken at their word."""
    errors = figures.get("emotion") or figures.get("action_units")
    if not errors:
        return []
    before = percent_text(errors["before"])
    units = figures.get("action_units")
    more = (
        f" Action units: {percent_text(units['after'])}." if units and "emotion" in figures else ""
    )
    return [
        Headline(
            "Calibration error",
            percent_text(errors["after"]),
            f"Between confidence and share right, out of fold; {before} before calibration.{more}",
        )
    ]


def _left_out_note(units: Figures) -> str:
    left_out = units.get("left_out") or []
    named = ", ".join(f"AU{au}" for au in left_out)
    told = (
        f"Without {named}: fewer than {units.get('min_positives', '?')} faces show it."
        if left_out
        else "Over every action unit of the model."
    )
    absent = (units.get("absent") or {}).get("predictions") or []
    unsaid = ", ".join(f"AU{au}" for au in absent if au not in left_out)
    return f"{told} {unsaid} is never answered: F1 0." if unsaid else told


def _class_bar(name: str, row: Figures) -> Bar:
    note = (
        f"precision {score_text(row.get('precision'))}, "
        f"recall {score_text(row.get('recall'))}, {_faces(row.get('support') or 0)}"
    )
    return Bar(name.capitalize(), _percent(row.get("f1")), score_text(row.get("f1")), note)


def _class_balance(per_class: Figures) -> list[Bar]:
    total = sum(row.get("support") or 0 for row in per_class.values())
    return [
        Bar(
            name.capitalize(),
            _percent((row.get("support") or 0) / total if total else 0),
            percent_text((row.get("support") or 0) / total if total else None),
            _faces(row.get("support") or 0),
        )
        for name, row in per_class.items()
    ]


def _by_number(per_unit: Figures) -> list[tuple[int, Figures]]:
    return sorted((int(au), row) for au, row in per_unit.items())


def _unit_bar(au: int, row: Figures, units: Figures) -> Bar:
    support = row.get("support") or 0
    if not row.get("counted", True):
        note = f"not counted: {_faces(support)} of at least {units.get('min_positives', '?')}"
        return Bar(f"AU{au}", _percent(row.get("f1")), score_text(row.get("f1")), note, True)
    note = f"present on {_faces(support)}"
    return Bar(f"AU{au}", _percent(row.get("f1")), score_text(row.get("f1")), note)


def _balance_bar(au: int, row: Figures) -> Bar:
    rate = row.get("base_rate")
    note = f"{row.get('support') or 0} of {row.get('faces') or 0}"
    return Bar(f"AU{au}", _percent(rate), percent_text(rate), note)


def _faces(count: int) -> str:
    return "1 face" if count == 1 else f"{count} faces"


def _confusion(emotion: Figures) -> list[HeatRow]:
    names = [str(name) for name in emotion.get("classes") or []]
    rows = []
    for truth, counts in zip(names, emotion.get("confusion_matrix") or [], strict=False):
        total = sum(counts)
        cells = [
            _cell(count, total, truth == name, name)
            for name, count in zip(names, counts, strict=False)
        ]
        rows.append(HeatRow(truth, total, cells))
    return rows


def _cell(count: int, total: int, is_right: bool, predicted: str) -> HeatCell:
    share = count / total if total else 0.0
    return HeatCell(count, round(100 * share), round(SHADES * share), is_right, predicted)


def _groups(groups: Figures) -> list[GroupTable]:
    return [
        GroupTable(title, [_group_row(row) for row in groups.get(key) or []])
        for key, title in GROUP_TITLES.items()
        if groups.get(key)
    ]


def _group_row(row: Figures) -> GroupRow:
    accuracy, emotion_f1 = row.get("emotion_accuracy"), row.get("emotion_macro_f1")
    unit_f1 = row.get("au_macro_f1")
    return GroupRow(
        group=row.get("group") or "not recorded",
        faces=row.get("faces") or 0,
        subjects=row.get("subjects") or 0,
        enough=bool(row.get("enough")),
        bars=[
            Bar("Emotion accuracy", _percent(accuracy), percent_text(accuracy)),
            Bar(
                "Emotion F1",
                _percent(emotion_f1),
                score_text(emotion_f1),
                absent_text(row.get("absent") or {}).strip(),
            ),
            Bar("AU F1", _percent(unit_f1), score_text(unit_f1)),
        ],
    )
