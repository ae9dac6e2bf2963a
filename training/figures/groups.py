"""A run's figures of groups of people as values ready to draw and to read. No Django."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from annotations.facs import EMOTIONS
from annotations.measures.groups import DIMENSIONS
from training.figures.bars import Whisker, percent_of, score_text, with_sign
from training.figures.dots import interval_range
from training.ml.fairness_figures import (
    Disparity,
    Fairness,
    GroupGap,
    GroupRates,
    TargetRates,
)
from training.ml.group_rates import OF_EMOTION, OF_TARGET
from training.ml.group_tables import EMOTION
from training.ml.interval import Interval

#: Figures by name: what they are called, and what they say.
FIGURES: Mapping[str, tuple[str, str]] = {
    "accuracy": ("Accuracy", "share of faces that are read rightly"),
    "macro_f1": ("Macro F1", "mean F1 of the classes"),
    "f1": ("F1", "of precision and recall; falls with the base rate"),
    "true_positive_rate": ("TPR", "true positive rate: share found of the faces that show it"),
    "false_positive_rate": ("FPR", "false positive rate: share of the faces without it on which "
                            "it is found"),
    "selection_rate": ("Selection rate", "share of all faces on which it is found"),
    "calibration": ("Calibration", "mean probability minus the share that came true: above 0 the "
                    "model is too sure"),
}  # fmt: skip
#: Differences by name, in words.
PARITIES: Mapping[str, str] = {
    "demographic_parity_difference": "Demographic parity (selection rate)",
    "equalized_odds_difference": "Equalised odds (TPR or FPR)",
    "accuracy_difference": "Accuracy",
    "f1_difference": "F1",
}
RATES = {
    "accuracy": "accuracy", "true_positive_rate": "TPR", "true_negative_rate": "1 − FPR",
}  # fmt: skip
#: So many gaps are listed.
_GAPS = 8


@dataclass(frozen=True)
class GroupDot:
    """A group's figure on an axis from 0 to 1; `at` is None where there is too little to say."""

    label: str
    faces: int
    subjects: int
    query: str
    at: float | None
    text: str
    interval: str
    whisker: Whisker | None


@dataclass(frozen=True)
class DotSection:
    """The groups of a dimension; `too_few` are those of which the figure says nothing."""

    title: str
    is_intersection: bool
    dots: list[GroupDot]
    too_few: list[GroupDot]


@dataclass(frozen=True)
class RateCell:
    heading: str
    text: str
    interval: str
    #: The gallery's query for the faces that are wrong here; "" where none is meant.
    query: str


@dataclass(frozen=True)
class RateRow:
    label: str
    is_intersection: bool
    query: str
    faces: int
    subjects: int
    positives: int
    positives_query: str
    smallest: str
    cells: list[RateCell]


@dataclass(frozen=True)
class GapRow:
    label: str
    dimension: str
    query: str
    target: str
    figure: str
    rate: str
    gap: str
    interval: str
    is_harm: bool
    verdict: str


@dataclass(frozen=True)
class BetweenRow:
    dimension: str
    is_intersection: bool
    name: str
    difference: str
    interval: str
    chance: str
    ratio: str
    to_overall: str
    groups: str
    is_told: bool


@dataclass(frozen=True)
class GroupBoard:
    """Contents of the page of a run's groups, for one target and one figure."""

    target: str
    figure: str
    targets: list[tuple[str, str]]
    figures: list[tuple[str, str]]
    overall: str
    overall_at: float | None
    sections: list[DotSection]
    headings: list[tuple[str, str]]
    rows: list[RateRow]
    gaps: list[GapRow]
    between: list[BetweenRow]


def group_board(fairness: Fairness, target: str, figure: str) -> GroupBoard:
    """Draw up the figures of groups; an unknown target or figure becomes the first."""
    targets = [each.target for each in fairness.everybody]
    target = target if target in targets else next(iter(targets), EMOTION)
    names = OF_EMOTION if target == EMOTION else OF_TARGET
    drawn = [name for name in names if name != "calibration"]
    figure = figure if figure in drawn else drawn[0]
    overall = _figure(fairness.everybody, target, figure)
    return GroupBoard(
        target=target,
        figure=figure,
        targets=[(name, _target_label(name)) for name in targets],
        figures=[(name, FIGURES[name][0]) for name in drawn],
        overall=score_text(overall.value),
        overall_at=None if overall.value is None else percent_of(overall.value),
        sections=list(_sections(fairness.groups, target, figure)),
        headings=[FIGURES[name] for name in names],
        rows=[_rate_row(row, target, names) for row in fairness.groups if row.enough],
        gaps=_gap_rows(fairness),
        between=[_between_row(row) for row in fairness.disparities if row.target == target],
    )


def _target_label(target: str) -> str:
    return target if target.startswith("AU") else target.capitalize()


def _figure(rates: Sequence[TargetRates], target: str, figure: str) -> Interval:
    found = next((each.figures for each in rates if each.target == target), {})
    return found.get(figure, Interval())


def _sections(groups: Sequence[GroupRates], target: str, figure: str) -> Iterator[DotSection]:
    by_dimension: dict[str, list[GroupRates]] = {}
    for row in groups:
        by_dimension.setdefault(row.dimension, []).append(row)
    for dimension, rows in by_dimension.items():
        dots = [_dot(row, _figure(row.targets, target, figure)) for row in rows]
        # By what a group reaches at least: a few subjects without an error don't come first.
        dots.sort(key=lambda dot: dot.whisker.start if dot.whisker else -1.0, reverse=True)
        told = [dot for dot in dots if dot.at is not None]
        yield DotSection(
            title=_dimension_label(dimension),
            is_intersection=len(rows[0].tags) > 1,
            dots=told,
            too_few=[dot for dot in dots if dot.at is None],
        )


def _dimension_label(dimension: str) -> str:
    named = [DIMENSIONS.get(part, part) for part in dimension.split(" × ")]
    return " × ".join(named).capitalize()


def _dot(row: GroupRates, found: Interval) -> GroupDot:
    whisker = None
    if found.low is not None and found.high is not None:
        whisker = Whisker(percent_of(found.low), percent_of(found.high))
    return GroupDot(
        label=row.group,
        faces=row.faces,
        subjects=row.subjects,
        query=_query(row),
        at=None if found.value is None else percent_of(found.value),
        text="too few to say" if found.value is None else score_text(found.value),
        interval=interval_range(found),
        whisker=whisker,
    )


def _query(row: GroupRates, **more: str) -> str:
    return urlencode(row.tags | more)


def _rate_row(row: GroupRates, target: str, names: Sequence[str]) -> RateRow:
    found = next((each for each in row.targets if each.target == target), TargetRates())
    shown, _, _ = _gallery(target)
    return RateRow(
        label=row.group,
        is_intersection=len(row.tags) > 1,
        query=_query(row),
        faces=found.faces,
        subjects=row.subjects,
        positives=found.positives,
        positives_query=_query(row, **shown) if shown else "",
        smallest=_points(row.smallest_harm),
        cells=[_rate_cell(row, found, target, name) for name in names],
    )


def _rate_cell(row: GroupRates, found: TargetRates, target: str, name: str) -> RateCell:
    interval = found.figures.get(name, Interval())
    _, missed, false = _gallery(target)
    wrong = {"true_positive_rate": missed, "false_positive_rate": false}.get(name, {})
    ends = interval_range(interval)
    if name == "calibration" and interval.low is not None and interval.high is not None:
        ends = f"{with_sign(interval.low)} to {with_sign(interval.high)}"
    text = score_text(interval.value)
    if name == "calibration" and interval.value is not None:
        text = with_sign(interval.value)
    return RateCell(FIGURES[name][0], text, ends, _query(row, **wrong) if wrong else "")


def _gallery(target: str) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Return the gallery's query for the faces that show it, are missed, and found wrongly."""
    if target.startswith("AU"):
        au = target.removeprefix("AU")
        return {"au": au}, {"au": au, "au_model_absent": au}, {"au_absent": au, "au_model": au}
    return ({"emotion": target} if target in EMOTIONS else {}), {}, {}


def _gap_rows(fairness: Fairness) -> list[GapRow]:
    """List the gaps that are least like chance, harms first."""
    tags = {(row.dimension, row.group): row for row in fairness.groups}
    first = fairness.gaps[:_GAPS]  # they are stored in this order
    return [_gap_row(gap, tags.get((gap.dimension, gap.group))) for gap in first]


def _gap_row(gap: GroupGap, row: GroupRates | None) -> GapRow:
    low, high = gap.gap.low or 0.0, gap.gap.high or 0.0
    if gap.harm:
        verdict = f"served less well, by {-100 * high:.0f} points at least"
    elif high < 0:
        verdict = "below the others, within the tolerance"
    else:
        verdict = "cannot be told from chance"
    return GapRow(
        label=gap.group,
        dimension=_dimension_label(gap.dimension),
        query=_query(row) if row else "",
        target=_target_label(gap.target),
        figure=RATES.get(gap.figure, gap.figure),
        rate=score_text(gap.rate),
        gap=with_sign(100 * (gap.gap.value or 0), 0),
        interval=f"{with_sign(100 * max(low, -1), 0)} to {with_sign(100 * min(high, 1), 0)}",
        is_harm=gap.harm,
        verdict=verdict,
    )


def _between_row(row: Disparity) -> BetweenRow:
    return BetweenRow(
        dimension=_dimension_label(row.dimension),
        is_intersection=" × " in row.dimension,
        name=PARITIES[row.name],
        difference=score_text(row.difference.value),
        interval=interval_range(row.difference),
        chance=score_text(row.chance),
        ratio=score_text(row.ratio),
        to_overall=score_text(row.to_overall),
        groups=f"{row.lowest} → {row.highest}",
        is_told=row.is_told_from_chance,
    )


def _points(share: float | None) -> str:
    return "none" if share is None else f"{100 * share:.0f} points"
