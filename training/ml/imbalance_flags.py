"""Rules by which labels are called unbalanced, each with its source and what to do about it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures.bootstrap import LEVEL, Array
from annotations.measures.groups import DIMENSIONS
from annotations.measures.support import FEWEST_TO_TRUST
from training.ml.balance import Balance, BalanceFlag, Part, Spread, Together
from training.ml.fairness import IMBALANCE_RATIO, RARE_UNIT
from training.ml.group_tables import MIN_FACES, MIN_SUBJECTS
from training.ml.two_samples import (
    PERMUTATIONS,
    by_subject,
    difference,
    share_beyond,
    shuffles,
)

#: Two units whose phi is at least this are taken for one by a model that learns from such faces.
NEVER_APART = 0.8
#: Share of a group's faces, less that of all others: a smaller difference isn't called out.
GROUP_GAP = 0.1
#: Of more subjects, groups are compared on so many drawn at random, which takes seconds.
_MOST_SUBJECTS = 2000


@dataclass(frozen=True)
class Rule:
    """A rule, in words.

    Attributes
    ----------
    title
        What it calls the labels.
    when
        When it is broken.
    why
        Why that matters, with its source.
    remedy
        What to do.
    """

    title: str
    when: str
    why: str
    remedy: str


RULES: dict[str, Rule] = {
    "few_faces": Rule(
        "few faces",
        f"Fewer than {FEWEST_TO_TRUST} faces show it.",
        "Ten events are the least that a figure can rest on (Peduzzi et al. 1996, J. Clin. "
        "Epidemiol. 49).",
        "Collect: faces that show it, of people not yet in the data.",
    ),
    "few_people": Rule(
        "few people",
        f"It rests on fewer than {MIN_SUBJECTS} people, by Kish’s effective number.",
        "Folds are by subject, so some would hold none of it, and the model learns how these "
        "people show it (Kish 1965, Survey Sampling).",
        "Collect: other people who show it, rather than more faces of the same.",
    ),
    "rare": Rule(
        "rare",
        f"Less than {RARE_UNIT:.0%} of the coded faces show the unit.",
        "F1 falls with the base rate even where the model is as good (Jeni, Cohn & De la Torre "
        "2013, “Facing imbalanced data”).",
        "Collect faces that show it; weight them (max_positive_weight in the recipe); choose its "
        "threshold by the precision-recall curve.",
    ),
    "outnumbered": Rule(
        "outnumbered",
        f"Faces of the commonest emotion are more than {IMBALANCE_RATIO:g} times as many.",
        "Accuracy is mostly that of the commonest class (Japkowicz & Stephen 2002, “The class "
        "imbalance problem”).",
        "Read its own F1. The recipe weights classes by the root of their share already; collect "
        "more where F1 stays low.",
    ),
    "never_apart": Rule(
        "never apart",
        f"The phi coefficient of two units is {NEVER_APART} or more (Yule 1912).",
        "A model can answer either by the other, and fails where they part (Wang et al. 2013, "
        "“Capturing global semantic relationships for facial action unit recognition”).",
        "Collect: faces that show one without the other.",
    ),
    "group_differs": Rule(
        "differs by group",
        f"A group shows it on a share of its faces {GROUP_GAP * 100:.0f} points or more away from "
        "all others’, by more than chance: a permutation of subjects, p < .05 over all groups and "
        "labels together (Westfall & Young 1993).",
        "Rates of answers differ then even if the model reads both alike (Barocas, Hardt & "
        "Narayanan 2023, Fairness and Machine Learning, chapter 3).",
        "Compare true and false positive rates between the groups, not how often it is answered; "
        "collect the faces that one of them lacks.",
    ),
    "group_few": Rule(
        "few in the group",
        f"A group that is large enough to be judged ({MIN_FACES} faces, {MIN_SUBJECTS} people) "
        f"has fewer than {FEWEST_TO_TRUST} faces that show it.",
        "Harm to this group at this label would not be seen (Buolamwini & Gebru 2018, “Gender "
        "shades”).",
        "Collect: people of this group who show it.",
    ),
}


def flags_of(
    found: Balance, subjects: NDArray[np.str_], shown: Array, tags: Mapping[str, NDArray[np.str_]]
) -> Iterator[BalanceFlag]:
    """Yield the rules that some labels break.

    Parameters
    ----------
    found
        What was measured of n faces.
    subjects
        (n,) whose they are.
    shown
        (n, t) as `training.ml.imbalance.Labels.shown`.
    tags
        By demographic dimension, (n,) each face's group.
    """
    yield from _of_targets(found.overall)
    yield from _never_apart(found.together)
    yield from _group_differs(found, subjects, shown, tags)
    for dimension, parts in found.groups.items():
        yield from _group_few(dimension, parts, found.overall)


def _of_targets(overall: Part) -> Iterator[BalanceFlag]:
    for name, spread in overall.targets.items():
        if not spread.coded:
            continue
        told = f"{name.capitalize() if name.islower() else name} is shown on {_faces(spread)}"
        if spread.shown < FEWEST_TO_TRUST:
            yield BalanceFlag("few_faces", name, "warning", f"{told}: too few to say.")
            continue
        if (spread.effective_subjects or 0) < MIN_SUBJECTS:
            yield BalanceFlag(
                "few_people", name, "warning",
                f"{told} of {spread.subjects} people, worth {spread.effective_subjects:.1f} who "
                "had given as many each.",
            )  # fmt: skip
        if not name.islower() and (spread.share.value or 0) < RARE_UNIT:
            yield BalanceFlag(
                "rare", name, "warning", f"{told} of {spread.coded}: {spread.share.value:.1%}."
            )
    yield from _outnumbered(overall)


def _outnumbered(overall: Part) -> Iterator[BalanceFlag]:
    counts = {name: spread.shown for name, spread in overall.emotions.items()}
    most = max(counts, key=lambda name: counts[name], default="")
    for name, count in counts.items():
        if 0 < count * IMBALANCE_RATIO < counts[most]:
            yield BalanceFlag(
                "outnumbered", name, "warning",
                f"{count} faces are {name} against {counts[most]} {most}: one for "
                f"{counts[most] / count:.1f}.",
            )  # fmt: skip


def phi(found: Together, first: int, second: int) -> float | None:
    """Return the phi coefficient of two units, by their places; None where it is undefined.

    Source: Yule (1912), "On the methods of measuring association between two attributes".

    Parameters
    ----------
    found
        What occurs with what.
    first, second
        Places of the units in `annotations.facs.MODEL_ACTION_UNITS`.
    """
    n, both = found.coded[first][second], found.both[first][second]
    one, other = found.shown[first][second], found.shown[second][first]
    spread = one * (n - one) * other * (n - other)
    return (n * both - one * other) / math.sqrt(spread) if spread > 0 else None


def _never_apart(found: Together) -> Iterator[BalanceFlag]:
    for first, one in enumerate(MODEL_ACTION_UNITS):
        for second in range(first + 1, len(MODEL_ACTION_UNITS)):
            other, both = MODEL_ACTION_UNITS[second], found.both[first][second]
            association = phi(found, first, second)
            if association is not None and association >= NEVER_APART and both >= FEWEST_TO_TRUST:
                alone = found.shown[first][second] - both, found.shown[second][first] - both
                yield BalanceFlag(
                    "never_apart", f"AU{one}, AU{other}", "warning",
                    f"AU{one} and AU{other} are together on {both} faces; AU{one} is without "
                    f"AU{other} on {alone[0]}, AU{other} without AU{one} on {alone[1]} (phi "
                    f"{association:.2f}).",
                )  # fmt: skip


def _judged(parts: tuple[Part, ...]) -> list[Part]:
    """Return the groups that are large enough to be compared with the rest."""
    subjects = sum(part.subjects for part in parts)
    return [
        part
        for part in parts
        if part.faces >= MIN_FACES
        and part.subjects >= MIN_SUBJECTS
        and subjects - part.subjects >= MIN_SUBJECTS
    ]


def _group_differs(
    found: Balance, subjects: NDArray[np.str_], shown: Array, tags: Mapping[str, NDArray[np.str_]]
) -> Iterator[BalanceFlag]:
    names = [*EMOTIONS, *(f"AU{au}" for au in MODEL_ACTION_UNITS)]
    for dimension, group, column, own, rest, p in unlike_groups(found, subjects, shown, tags):
        if p < 1 - LEVEL and abs(own - rest) >= GROUP_GAP:
            name = names[column]
            yield BalanceFlag(
                "group_differs", name, "warning",
                f"{DIMENSIONS[dimension].capitalize()} {group}: {own:.0%} of the faces show "
                f"{name}, {rest:.0%} of all others’ (p {p:.3f}).",
                dimension, group,
            )  # fmt: skip


def unlike_groups(
    found: Balance, subjects: NDArray[np.str_], shown: Array, tags: Mapping[str, NDArray[np.str_]]
) -> Iterator[tuple[str, str, int, float, float, float]]:
    """Compare each group's labels with all others', subjects being shuffled between groups.

    Parameters
    ----------
    found, subjects, shown, tags
        As `flags_of` takes them.

    Yields
    ------
    tuple
        Dimension, group, column of `shown`, the group's share, all others', and the probability
        that the most unlike label of any group would differ as much by chance. Of more than 2,000
        subjects, all by a random sample.
    """
    judged = {d: [part.name for part in _judged(parts)] for d, parts in found.groups.items()}
    if not any(judged.values()):
        return
    kept = np.random.default_rng(0).permutation(np.unique(subjects))[:_MOST_SUBJECTS]
    rows = np.isin(subjects, kept)
    subjects, shown = subjects[rows], shown[rows]
    tags = {dimension: own[rows] for dimension, own in tags.items()}
    clusters = by_subject(subjects, shown)
    first = np.unique(subjects, return_index=True)[1]
    people = np.stack([tags[dimension][first] for dimension in judged], axis=1)
    looks = [(place, d, name) for place, d in enumerate(judged) for name in judged[d]]
    order, largest = np.arange(len(clusters)), []
    for block in shuffles(order, PERMUTATIONS, seed=0):
        by_look = [
            np.abs(difference(clusters, people[block, place] == name)).max(axis=1)
            for place, _, name in looks
        ]
        largest.append(np.max(by_look, axis=0))
    by_chance = np.concatenate(largest)
    for place, dimension, name in looks:
        chosen = people[:, place] == name
        told = np.abs(difference(clusters, chosen[None])[0])
        for column, t in enumerate(told):
            own, rest = (
                _share(clusters.sums, clusters.counts, w, column) for w in (chosen, ~chosen)
            )
            yield dimension, name, column, own, rest, share_beyond(float(t), by_chance)


def _share(sums: Array, counts: Array, chosen: NDArray[np.bool_], column: int) -> float:
    return float(sums[chosen, column].sum() / max(counts[chosen, column].sum(), 1))


def _group_few(dimension: str, parts: tuple[Part, ...], overall: Part) -> Iterator[BalanceFlag]:
    for part in _judged(parts):
        few = [
            name
            for name, spread in part.targets.items()
            if spread.coded and spread.shown < FEWEST_TO_TRUST <= overall.targets[name].shown
        ]
        if few:
            yield BalanceFlag(
                "group_few", part.name, "info",
                f"{DIMENSIONS[dimension].capitalize()} {part.name}: fewer than "
                f"{FEWEST_TO_TRUST} of {part.faces} faces show {', '.join(few)}.",
                dimension, part.name,
            )  # fmt: skip


def _faces(spread: Spread) -> str:
    return "1 face" if spread.shown == 1 else f"{spread.shown} faces"
