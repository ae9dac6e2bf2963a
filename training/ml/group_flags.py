"""Warnings about groups of people: those that are harmed, and those too small to tell."""

from __future__ import annotations

from collections.abc import Iterator

from annotations.measures.groups import DIMENSIONS
from training.ml.disparities import disparities
from training.ml.fairness_figures import Fairness, GroupGap, GroupRates
from training.ml.group_rates import rates_of, rounded
from training.ml.group_tables import EMOTION, Pairs, tables_of
from training.ml.harm import TOLERANCE, Gap, HarmTest, find_harms
from training.ml.metrics import Flag, Interval

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
        groups=rates_of(tables, test.smallest),
        gaps=tuple(_stored(gap) for gap in _gravest(test)),
        disparities=disparities(tables),
    )
    found = [_bias(gap, len(test.gaps)) for gap in test.harms()]
    return measured, [*found, *_hiding(measured)]


def _gravest(test: HarmTest) -> list[Gap]:
    """Return each group's and target's gap whose interval ends lowest."""
    found: dict[tuple[str, str, str], Gap] = {}
    for gap in sorted(test.gaps, key=lambda gap: gap.high):
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
    who = f"{_in_words(gap.group.tags)}"
    of = "Emotion" if gap.target == EMOTION else _capitalised(gap.target)
    message = (
        f"{of}: the {WORDS[gap.figure]} for {who} is {gap.rate:.0%}, {-gap.gap * 100:.0f} points "
        f"below all others (95% interval over all {looks} looks: {-gap.high * 100:.0f} to "
        f"{-gap.low * 100:.0f} points; up to {TOLERANCE * 100:.0f} are let pass)."
    )
    return Flag("bias", gap.group.name, "warning", message)


def _hiding(measured: Fairness) -> Iterator[Flag]:
    """Flag the groups of one tag in which even a great harm could not be seen."""
    for row in measured.groups:
        least = row.smallest_harm
        if len(row.tags) > 1 or (row.enough and least is not None and least <= HIDDEN_HARM):
            continue
        yield Flag("sample_size", row.group, "info", _too_few(row))


def _too_few(row: GroupRates) -> str:
    who = f"{_capitalised(_in_words(row.tags))}: {row.faces} faces of {row.subjects} subjects"
    if not row.enough:
        return f"{who} are too few to judge. Nothing here says that the model serves them well."
    if row.smallest_harm is None:
        return f"{who} are too few to tell any harm from chance."
    return (
        f"{who}. A fall in accuracy of less than {row.smallest_harm * 100:.0f} points would "
        "probably not be found: no warning is no all-clear."
    )


def _in_words(tags: dict[str, str]) -> str:
    return " and ".join(f"{DIMENSIONS[dimension]} {name}" for dimension, name in tags.items())


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
