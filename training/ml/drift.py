"""Drift: do new faces look like those that a model learnt from, and how good is it on them?

Every test shuffles subjects (`training/ml/two_samples.py`), and p values are corrected for the
number of tests by Holm (1979), "A simple sequentially rejective multiple test procedure". Answers
as a whole are compared by the maximum mean discrepancy of their log odds (Gretton et al. 2012, "A
kernel two-sample test"; Lipton, Wang & Smola 2018, "Detecting and correcting for label shift with
black box predictors"; Rabanser, Guennemann & Lipton 2019, "Failing loudly"), with the kernel
written as random Fourier features (Rahimi & Recht 2007), so that a test of many faces takes no
longer than the features do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.facs.picture_quality import Quality
from annotations.measures.bootstrap import Array
from inference.ml.projection import distances
from training.ml.calibration import logit
from training.ml.drift_f1 import performance
from training.ml.drift_figures import DISTANCE, Column, Drift, ShiftTest
from training.ml.seen import PICTURES, Seen
from training.ml.two_samples import PERMUTATIONS, Clusters, Comparison, by_subject, compare

#: New subjects, and new faces: with fewer, tests miss nearly everything and intervals say nothing.
FEWEST_SUBJECTS, FEWEST_FACES = 10, 20
NO_EMBEDDING = (
    "This model keeps no embedding of the faces that it reads: it was trained before facsweb kept "
    "any. Train again to compare what the network sees."
)
FEW_EMBEDDINGS = f"Fewer than {FEWEST_SUBJECTS} subjects on a side have an embedding."
Compared = Callable[[Array, Array], Comparison]
_FREQUENCIES = 64
_FOR_SCALE = 200


def drift(before: Seen, after: Seen, *, permutations: int = PERMUTATIONS) -> Drift:
    """Compare new faces with a training's, and estimate the F1 on them.

    Parameters
    ----------
    before, after
        The training's faces, and the new ones.
    permutations
        Of subjects, for each test.
    """
    shared = len(np.intersect1d(before.subjects, after.subjects))
    found = Drift(before=before.sides, after=after.sides, shared_subjects=shared)
    if problem := _too_few(found):
        return replace(found, too_few=problem)
    return replace(
        found,
        tests=adjusted(shift_tests(before, after, permutations=permutations)),
        performance=performance(before, after),
    )


def _too_few(found: Drift) -> str:
    for sides, named in ((found.after, "new"), (found.before, "training")):
        if sides.subjects < FEWEST_SUBJECTS or sides.faces < FEWEST_FACES:
            return (
                f"Too few to say: {sides.faces} {named} faces of {sides.subjects} subjects; "
                f"{FEWEST_FACES} faces of {FEWEST_SUBJECTS} subjects are the fewest."
            )
    return ""


def shift_tests(
    before: Seen, after: Seen, *, permutations: int = PERMUTATIONS, seed: int = 0
) -> list[ShiftTest]:
    """Make every test that the faces allow; p values are not yet corrected for their number.

    Parameters
    ----------
    before, after
        As `drift` takes them.
    permutations, seed
        As `training.ml.two_samples.compare` takes them.
    """

    before, after = evened(before), evened(after)

    def compared(first: Array, second: Array) -> Comparison:
        pair: list[Clusters] = [
            by_subject(side.subjects, values) for side, values in ((before, first), (after, second))
        ]
        return compare(pair[0], pair[1], permutations=permutations, seed=seed)

    classes = len(EMOTIONS)
    found = [
        _by_column("emotions", EMOTIONS, compared(*_floats(before, after, slice(0, classes)))),
        _by_column(
            "units",
            [f"AU{au}" for au in MODEL_ACTION_UNITS],
            compared(*_floats(before, after, slice(classes, None))),
        ),
        _as_whole("answers", compared(*_in_features(log_odds(before), log_odds(after)))),
        _of_quality(before, after, compared),
        _by_column("pictures", PICTURES, compared(before.pictures, after.pictures)),
    ]
    return [*found, _of_embedding(before, after, compared)]


def evened(seen: Seen) -> Seen:
    """Keep of nobody more than twice the median number of faces, drawn at random.

    One person who gave most of the faces would decide what is tested, and pass for drift.

    Parameters
    ----------
    seen
        n faces, at least one.
    """
    order = np.random.default_rng(0).permutation(len(seen))
    _, own, counts = np.unique(seen.subjects[order], return_inverse=True, return_counts=True)
    most = max(1, int(2 * np.median(counts)))
    grouped = np.argsort(own, kind="stable")
    rank = np.arange(len(seen)) - np.repeat(np.cumsum(counts) - counts, counts)
    return seen[np.sort(order[grouped[rank < most]])]


def _floats(before: Seen, after: Seen, columns: slice) -> tuple[Array, Array]:
    return before.said[:, columns].astype(float), after.said[:, columns].astype(float)


def log_odds(seen: Seen) -> Array:
    """Return the log odds (n, 18) of every answer.

    Parameters
    ----------
    seen
        n faces.
    """
    return logit(np.hstack([seen.emotion, seen.units]))


def _by_column(name: str, names: Sequence[str], found: Comparison) -> ShiftTest:
    columns = tuple(
        Column(each, _number(first), _number(second), float(p))
        for each, first, second, p in zip(
            names, found.first, found.second, found.p_each, strict=True
        )
    )
    return ShiftTest(name, p=found.p, columns=columns)


def _as_whole(name: str, found: Comparison) -> ShiftTest:
    return ShiftTest(name, p=found.p_sum)


def _of_quality(before: Seen, after: Seen, compared: Compared) -> ShiftTest:
    names = [quality.value for quality in Quality]
    sides = [
        np.where(side.quality[:, None] == "", np.nan, side.quality[:, None] == np.array(names))
        for side in (before, after)
    ]
    if any(np.isnan(side).all() for side in sides):
        return ShiftTest("quality", reason="The pictures’ quality was not judged.")
    return _by_column("quality", names, compared(*sides))


def _of_embedding(before: Seen, after: Seen, compared: Compared) -> ShiftTest:
    sides = before.embedding, after.embedding
    if not any(side.shape[1] for side in sides):
        return ShiftTest("embedding", reason=NO_EMBEDDING)
    if min(_people_with_embedding(side) for side in (before, after)) < FEWEST_SUBJECTS:
        return ShiftTest("embedding", reason=FEW_EMBEDDINGS)
    found = _as_whole("embedding", compared(*_in_features(*sides)))
    before_and_after = (float(np.nanmean(distances(side))) for side in sides)
    return replace(found, columns=(Column(DISTANCE, *before_and_after),))


def _people_with_embedding(seen: Seen) -> int:
    return len(np.unique(seen.subjects[~np.isnan(seen.embedding).any(axis=1)]))


def _in_features(before: Array, after: Array) -> tuple[Array, Array]:
    """Return random Fourier features of a Gaussian kernel, whose width is the median distance.

    Columns are scaled by the training's faces first.
    """
    rng = np.random.default_rng(0)
    middle, spread = np.nanmean(before, axis=0), np.nanstd(before, axis=0)
    first, second = ((side - middle) / np.maximum(spread, 1e-9) for side in (before, after))
    known = first[~np.isnan(first).any(axis=1)]
    few = known[rng.permutation(len(known))[:_FOR_SCALE]]
    distances = np.sqrt(np.maximum(((few[:, None] - few[None]) ** 2).sum(axis=2), 0.0))
    width = float(np.median(distances[np.triu_indices(len(few), 1)])) or 1.0
    waves = rng.normal(size=(before.shape[1], _FREQUENCIES)) / width
    waved = first @ waves, second @ waves
    return (
        np.hstack([np.cos(waved[0]), np.sin(waved[0])]),
        np.hstack([np.cos(waved[1]), np.sin(waved[1])]),
    )


def adjusted(found: Sequence[ShiftTest]) -> tuple[ShiftTest, ...]:
    """Correct the p values for the number of tests that were made.

    Source: Holm (1979), "A simple sequentially rejective multiple test procedure".

    Parameters
    ----------
    found
        Tests, of which those without a p value count for none.

    Examples
    --------
    >>> made = [ShiftTest("units", 0.02), ShiftTest("quality", 0.5)]
    >>> [test.adjusted for test in adjusted(made)]
    [0.04, 0.5]
    """
    made = sorted((test.p, place) for place, test in enumerate(found) if test.p is not None)
    corrected: dict[int, float] = {}
    worst = 0.0
    for rank, (p, place) in enumerate(made):
        worst = max(worst, min(1.0, p * (len(made) - rank)))
        corrected[place] = worst
    return tuple(replace(test, adjusted=corrected.get(place)) for place, test in enumerate(found))


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
