"""Agreement between coders, from the database to frozen values."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from itertools import combinations
from operator import add

import numpy as np

from annotations import facs
from annotations.agreement.figures import PairRow, Report, Row
from annotations.agreement.ratings import Ratings, read_ratings
from annotations.measures.bootstrap import (
    RESAMPLES,
    Estimate,
    estimate,
    stratified_weights,
    sum_by_subject,
    weigh,
)
from annotations.measures.counts import (
    Array,
    Counts,
    Pairs,
    ac1_of,
    agreement_of,
    alpha_of,
    count,
    divide,
    kappa_of,
    mean_of_pairs,
    wexler_of,
)
from annotations.measures.icc import icc_of, moments
from annotations.measures.support import FEWEST_TO_TRUST
from annotations.models import Coder
from annotations.models.querysets import CodingQuerySet


def agreement_report(
    codings: CodingQuerySet,
    coders: Iterable[Coder],
    *,
    blind_only: bool = False,
    resamples: int = RESAMPLES,
) -> Report:
    """Report how far `coders` agree on what at least two of them coded.

    Parameters
    ----------
    codings
        Those that the user may see: all of them, or the figures silently cover only a part.
    coders
        Two, or more: kappa, Wexler's ratio and ICC are then means over pairs, each weighted by
        what it coded in common. Coders without a face in common with another are left out.
    blind_only
        See `annotations.agreement.standing.standing`.

    Returns
    -------
    Report
        Without rows where no two coders coded the same thing of a face. What only one coder rated
        counts towards the categories' shares alone (AC1, prevalence), as in Gwet (2014),
        *Handbook of Inter-Rater Reliability*, 4th edition, on missing ratings.
    """
    ratings = read_ratings(codings, coders, blind_only=blind_only)
    pairs = _pairs_in_common(ratings)
    if not pairs:
        return Report((), 0, 0, left_out=ratings.left_out)
    ratings = ratings.of(sorted({at for pair in pairs for at in pair}))
    return _Reckoning(ratings, resamples).report()


class _Reckoning:
    """The steps of a report, sharing the coders' pairs, the faces' subjects and the resamples."""

    def __init__(self, ratings: Ratings, resamples: int) -> None:
        self.ratings = ratings
        self.pairs: Pairs = _pairs_in_common(ratings)
        self.in_common = ratings.coded.sum(axis=1) >= 2
        # Subjects with a face in common are drawn among themselves, and so are the others: what
        # only one coder rated changes the interval of AC1 alone.
        shared = self._sums(self.in_common) > 0
        self.weights = stratified_weights(np.where(shared, 0, 1), resamples=resamples)

    def report(self) -> Report:
        ratings = self.ratings
        # What nobody coded twice has no figure of its own, and no part in that of all units.
        layers = [at for at, layer in enumerate(ratings.presence) if _faces(layer).any()]
        units = [ratings.units[at] for at in layers]
        presence, intensity = ratings.presence[layers], ratings.intensity[layers]
        counts = [self._by_subject(count(layer, 2, self.pairs)) for layer in presence]
        grades = [self._sums(moments(layer, self.pairs)) for layer in intensity]
        numbered = zip(units, presence, counts, intensity, grades, strict=True)
        everything = self._resampled(reduce(add, counts)) if counts else None
        emotions = self._by_subject(count(ratings.emotion, len(facs.EMOTIONS), self.pairs))
        emotions = self._resampled(emotions)
        by_people = ratings.coded & ratings.people & self.in_common[:, None]
        return Report(
            coders=ratings.coders,
            faces=int(self.in_common.sum()),
            subjects=self._subjects(self.in_common),
            alone=int((~self.in_common).sum()),
            units=tuple(self._unit(*each) for each in numbered),
            all_units=self._all_units(presence, everything),
            emotion=self._emotion(ratings.emotion, emotions),
            intensity=self._intensity(intensity, grades),
            pairs=self._pair_rows(everything, emotions),
            by_people=int(by_people.sum()),
            blind=int((by_people & ratings.blind).sum()),
            left_out=ratings.left_out,
        )

    def _unit(
        self, au: int, presence: Array, counts: Counts, intensity: Array, grades: Array
    ) -> Row:
        unit = facs.ACTION_UNITS[au]
        faces, resampled = _faces(presence), self._resampled(counts)
        graded = _faces(intensity)
        figures = self._nominal(resampled, self._subjects(faces), is_binary=True)
        figures["icc"] = self._icc(grades, self._subjects(graded))
        positives = int((_shared(presence) == 1).any(axis=1).sum())
        return Row(
            key=unit.code,
            label=unit.code,
            name=unit.name,
            faces=int(faces.sum()),
            subjects=self._subjects(faces),
            positives=positives,
            prevalence=_share(resampled, 1),
            graded=int(graded.sum()),
            too_few=positives < FEWEST_TO_TRUST,
            figures=figures,
        )

    def _all_units(self, presence: Array, resampled: Counts | None) -> Row | None:
        if resampled is None:
            return None
        faces = np.any([_faces(layer) for layer in presence], axis=0)
        shown = np.any([(_shared(layer) == 1).any(axis=1) for layer in presence], axis=0)
        positives = int(shown.sum())
        return Row(
            key="units",
            label="All action units",
            name="",
            faces=int(faces.sum()),
            subjects=self._subjects(faces),
            positives=positives,
            prevalence=_share(resampled, 1),
            too_few=positives < FEWEST_TO_TRUST,
            figures=self._nominal(resampled, self._subjects(faces), is_binary=True),
        )

    def _emotion(self, emotion: Array, resampled: Counts) -> Row | None:
        faces = _faces(emotion)
        if not faces.any():
            return None
        shares = [_share(resampled, at) for at in range(len(facs.EMOTIONS))]
        commonest = int(np.argmax(shares))
        return Row(
            key="emotion",
            label="Emotion",
            name=f"commonest: {facs.EMOTIONS[commonest]}",
            faces=int(faces.sum()),
            subjects=self._subjects(faces),
            positives=int(faces.sum()),
            prevalence=shares[commonest],
            too_few=int(faces.sum()) < FEWEST_TO_TRUST,
            figures=self._nominal(resampled, self._subjects(faces), is_binary=False),
        )

    def _intensity(self, intensity: Array, grades: list[Array]) -> Row | None:
        graded = np.any([_faces(layer) for layer in intensity], axis=0)
        if not graded.any():
            return None
        shown = np.any([(_shared(layer) > 0).any(axis=1) for layer in intensity], axis=0)
        positives = int(shown.sum())
        return Row(
            key="intensity",
            label="Intensities",
            name="all action units, 0 to 5",
            faces=int(graded.sum()),
            subjects=self._subjects(graded),
            positives=positives,
            prevalence=float("nan"),
            graded=int(graded.sum()),
            too_few=positives < FEWEST_TO_TRUST,
            figures={"icc": self._icc(reduce(add, grades), self._subjects(graded))},
        )

    def _pair_rows(self, units: Counts | None, emotions: Counts) -> tuple[PairRow, ...]:
        coders, coded = self.ratings.coders, self.ratings.coded
        kappas = kappa_of(emotions.tables)
        ratios = np.full(kappas.shape, np.nan) if units is None else wexler_of(units.tables)
        rows = []
        for at, (first, second) in enumerate(self.pairs):
            faces = coded[:, first] & coded[:, second]
            subjects = self._subjects(faces)
            rows.append(
                PairRow(
                    first=coders[first],
                    second=coders[second],
                    faces=int(faces.sum()),
                    wexler=estimate(ratios[:, at], subjects),
                    emotion_kappa=estimate(kappas[:, at], subjects),
                )
            )
        return tuple(rows)

    def _nominal(self, counts: Counts, subjects: int, *, is_binary: bool) -> dict[str, Estimate]:
        tables = counts.tables
        in_common = tables.sum(axis=(-2, -1))
        values = {
            "agreement": agreement_of(counts),
            "kappa": mean_of_pairs(kappa_of(tables), in_common),
            "ac1": ac1_of(counts),
            "alpha": alpha_of(counts),
        }
        if is_binary:
            values["wexler"] = mean_of_pairs(wexler_of(tables), in_common)
        return {name: estimate(each, subjects) for name, each in values.items()}

    def _icc(self, grades: Array, subjects: int) -> Estimate:
        sums = weigh(self.weights, grades)
        return estimate(mean_of_pairs(icc_of(sums), sums[..., 0]), subjects)

    def _by_subject(self, counts: Counts) -> Counts:
        return counts.mapped(self._sums)

    def _resampled(self, counts: Counts) -> Counts:
        return counts.mapped(lambda sums: weigh(self.weights, sums))

    def _sums(self, values: Array) -> Array:
        """Sum the values of faces (faces, ...) by their subjects (subjects, ...)."""
        return sum_by_subject(self.ratings.subjects, values)

    def _subjects(self, faces: np.ndarray) -> int:
        return len(np.unique(self.ratings.subjects[faces]))


def _shared(ratings: Array) -> Array:
    """Blank out the ratings of faces that fewer than two coders coded."""
    return np.where(_faces(ratings)[:, None], ratings, np.nan)


def _faces(ratings: Array) -> np.ndarray:
    """Tell which faces two coders or more coded."""
    several: np.ndarray = (~np.isnan(ratings)).sum(axis=1) >= 2
    return several


def _pairs_in_common(ratings: Ratings) -> Pairs:
    coded = ratings.coded
    pairs = combinations(range(len(ratings.coders)), 2)
    return [(one, two) for one, two in pairs if (coded[:, one] & coded[:, two]).any()]


def _share(resampled: Counts, category: int) -> float:
    return float(divide(resampled.shares[0, category], resampled.rated[0]))
