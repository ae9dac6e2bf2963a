"""Warnings about groups of people: those that are harmed, and those too small to tell."""

from __future__ import annotations

from collections.abc import Iterator

from annotations.measures.groups import DIMENSIONS
from training.ml.disparities import disparities
from training.ml.fairness_figures import Fairness, GroupGap, GroupRates
from training.ml.group_rates import rates_of, rates_of_everybody, rounded
from training.ml.group_tables import EMOTION, Pairs, tables_of
from training.ml.harm import TOLERANCE, Gap, HarmTest, find_harms
from training.ml.interval import Interval
from training.ml.metrics import Flag

#: A group in which a model could err on one more face in five unseen is called out.
HIDDEN_HARM = 0.2
WORDS = {
    "accuracy": "accuracy",
    "true_positive_rate": "true positive rate",
    "true_negative_rate": "true negative rate",
}


def study_groups(pairs: Pairs) -> tuple[Fairness, list[Flag]]:
    """Measure groups of people, and flag what is doubtful about them.

    Parameters
    ----------
    pairs
        Faces of subjects whom the model never saw, and what it says of them.
    """
    if not pairs:
        return Fairness(), []
    tables = tables_of(pairs)
    test = find_harms(tables)
    measured = Fairness(
        faces=len(pairs),
        subjects=len(tables.faces),
        tolerance=TOLERANCE,
        looks=len(test.gaps),
        everybody=rates_of_everybody(tables),
        groups=rates_of(tables, test.smallest),
        gaps=tuple(_stored(gap) for gap in _gravest(test)),
        disparities=disparities(tables),
    )
    found = [_bias(gap, len(test.gaps)) for gap in test.harms()]
    return measured, [*found, *_hiding(measured)]


def _gravest(test: HarmTest) -> list[Gap]:
    """Return each group's and target's gap that is least like chance; a harm before all others."""
    found: dict[tuple[str, str, str], Gap] = {}
    for gap in sorted(test.gaps, key=lambda gap: (not gap.is_harm, gap.evidence)):
        found.setdefault((gap.group.dimension, gap.group.name, gap.target), gap)
    return list(found.values())


def _stored(gap: Gap) -> GroupGap:
    return GroupGap(
        dimension=gap.group.dimension,
        group=gap.group.name,
        target=gap.target,
        figure=gap.figure,
        rate=rounded(gap.rate),
        gap=Interval(rounded(gap.gap), rounded(gap.low), rounded(gap.high)),
        harm=gap.is_harm,
    )


def _bias(gap: Gap, looks: int) -> Flag:
    who = _in_words(gap.group.tags)
    of = "Emotion" if gap.target == EMOTION else _capitalised(gap.target)
    message = (
        f"{of}: the {WORDS[gap.figure]} for {who} is {gap.rate:.0%}, {-gap.gap * 100:.0f} points "
        f"below all others (95% interval over all {looks} looks: {-gap.high * 100:.0f} to "
        f"{-gap.low * 100:.0f} points; up to {TOLERANCE * 100:.0f} are let pass)."
    )
    return Flag("bias", gap.group.name, "warning", message)


def _hiding(measured: Fairness) -> Iterator[Flag]:
    """Flag the groups of one tag in which even a great harm could not be seen."""
    single = [row for row in measured.groups if len(row.tags) == 1]
    few = [row for row in single if not row.enough]
    small = [row for row in single if row.enough and (row.smallest_harm or 1) > HIDDEN_HARM]
    if few:
        message = (
            f"Too few to judge: {'; '.join(map(_size, few))}. Nothing here says that the model "
            "serves them well."
        )
        yield Flag("sample_size", _names(few), "info", message)
    if small:
        falls = "; ".join(f"{_size(row)}: {_visible(row)}" for row in small)
        message = (
            "Small enough to hide harm. The smallest fall in accuracy that would be found in 8 of "
            f"10 such data sets: {falls}. No warning is no all-clear."
        )
        yield Flag("sample_size", _names(small), "info", message)


def _names(rows: list[GroupRates]) -> str:
    return ", ".join(row.group for row in rows)


def _size(row: GroupRates) -> str:
    faces = "1 face" if row.faces == 1 else f"{row.faces} faces"
    subjects = "1 subject" if row.subjects == 1 else f"{row.subjects} subjects"
    return f"{_in_words(row.tags)} ({faces} of {subjects})"


def _visible(row: GroupRates) -> str:
    return "none" if row.smallest_harm is None else f"{row.smallest_harm * 100:.0f} points"


def _in_words(tags: dict[str, str]) -> str:
    return " and ".join(f"{DIMENSIONS[dimension]} {name}" for dimension, name in tags.items())


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
