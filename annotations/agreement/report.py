"""Agreement between coders, from the database to frozen values."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from itertools import combinations
from operator import add

import numpy as np

from annotations import facs
from annotations.agreement.figures import PairRow, Report, Row
from annotations.agreement.ratings import Codings, read_codings
from annotations.agreement.standing import LeftOut
from annotations.agreement.tally import Layer, Progress, Tally, tally_of
from annotations.measures.bootstrap import RESAMPLES, Estimate, estimate
from annotations.measures.counts import (
    Array,
    Counts,
    Pairs,
    ac1_of,
    agreement_of,
    alpha_of,
    divide,
    kappa_of,
    mean_of_pairs,
    wexler_of,
)
from annotations.measures.icc import icc_of
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
    return report_on(read_codings(codings, coders, blind_only=blind_only), resamples=resamples)


def report_on(
    codings: Codings, *, resamples: int = RESAMPLES, progress: Progress | None = None
) -> Report:
    """Report on codings that are read; `progress` is told how many of how many faces it looked at.

    Beside the codings and how often each subject is drawn, memory is taken for some thousand faces
    at a time, and for the sums of each resample.
    """
    pairs = _pairs_in_common(codings.coded)
    if not pairs:
        return Report((), 0, 0, left_out=codings.left_out)
    kept = sorted({at for pair in pairs for at in pair})
    place = {at: new for new, at in enumerate(kept)}
    renumbered = [(place[one], place[two]) for one, two in pairs]
    tally = tally_of(codings, kept, renumbered, progress, resamples=resamples)
    coders = tuple(codings.coders[at] for at in kept)
    return _Reckoning(tally, coders).report(codings.left_out)


class _Reckoning:
    """The steps of a report, sharing the tally. Counts are of the sample and every resample."""

    def __init__(self, tally: Tally, coders: tuple[Coder, ...]) -> None:
        self.tally, self.coders = tally, coders

    def report(self, left_out: LeftOut) -> Report:
        tally = self.tally
        # What nobody coded twice has no figure of its own, and no part in that of all units.
        units = {au: layer for au, layer in tally.units.items() if layer.numbers.faces}
        summed = [layer.counts for layer in units.values()]
        everything = reduce(add, summed) if summed else None
        emotions = tally.emotion.counts
        return Report(
            coders=self.coders,
            faces=tally.in_common.faces,
            subjects=tally.in_common.subjects,
            alone=tally.alone,
            units=tuple(self._unit(au, layer) for au, layer in units.items()),
            all_units=self._all_units(everything),
            emotion=self._emotion(emotions),
            intensity=self._intensity([layer.grades for layer in units.values()]),
            pairs=self._pair_rows(everything, emotions),
            by_people=tally.by_people,
            blind=tally.blind,
            left_out=left_out,
        )

    def _unit(self, au: int, layer: Layer) -> Row:
        unit, numbers, graded = facs.ACTION_UNITS[au], layer.numbers, layer.graded
        resampled = layer.counts
        figures = self._nominal(resampled, numbers.subjects, is_binary=True)
        figures["icc"] = self._icc(layer.grades, graded.subjects)
        return Row(
            key=unit.code,
            label=unit.code,
            name=unit.name,
            faces=numbers.faces,
            subjects=numbers.subjects,
            positives=numbers.positives,
            prevalence=_share(resampled, 1),
            graded=graded.faces,
            too_few=numbers.positives < FEWEST_TO_TRUST,
            figures=figures,
        )

    def _all_units(self, resampled: Counts | None) -> Row | None:
        if resampled is None:
            return None
        numbers = self.tally.all_units
        return Row(
            key="units",
            label="All action units",
            name="",
            faces=numbers.faces,
            subjects=numbers.subjects,
            positives=numbers.positives,
            prevalence=_share(resampled, 1),
            too_few=numbers.positives < FEWEST_TO_TRUST,
            figures=self._nominal(resampled, numbers.subjects, is_binary=True),
        )

    def _emotion(self, resampled: Counts) -> Row | None:
        numbers = self.tally.emotion.numbers
        if not numbers.faces:
            return None
        shares = [_share(resampled, at) for at in range(len(facs.EMOTIONS))]
        commonest = int(np.argmax(shares))
        return Row(
            key="emotion",
            label="Emotion",
            name=f"commonest: {facs.EMOTIONS[commonest]}",
            faces=numbers.faces,
            subjects=numbers.subjects,
            positives=numbers.faces,
            prevalence=shares[commonest],
            too_few=numbers.faces < FEWEST_TO_TRUST,
            figures=self._nominal(resampled, numbers.subjects, is_binary=False),
        )

    def _intensity(self, grades: list[Array]) -> Row | None:
        numbers = self.tally.intensity
        if not numbers.faces:
            return None
        return Row(
            key="intensity",
            label="Intensities",
            name="all action units, 0 to 5",
            faces=numbers.faces,
            subjects=numbers.subjects,
            positives=numbers.positives,
            prevalence=float("nan"),
            graded=numbers.faces,
            too_few=numbers.positives < FEWEST_TO_TRUST,
            figures={"icc": self._icc(reduce(add, grades), numbers.subjects)},
        )

    def _pair_rows(self, units: Counts | None, emotions: Counts) -> tuple[PairRow, ...]:
        kappas = kappa_of(emotions.tables)
        ratios = np.full(kappas.shape, np.nan) if units is None else wexler_of(units.tables)
        rows = []
        both = zip(self.tally.of_pairs, self.tally.pairs, strict=True)
        for at, ((first, second), numbers) in enumerate(both):
            rows.append(
                PairRow(
                    first=self.coders[first],
                    second=self.coders[second],
                    faces=numbers.faces,
                    wexler=estimate(ratios[:, at], numbers.subjects),
                    emotion_kappa=estimate(kappas[:, at], numbers.subjects),
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

    def _icc(self, sums: Array, subjects: int) -> Estimate:
        return estimate(mean_of_pairs(icc_of(sums), sums[..., 0]), subjects)


def _pairs_in_common(coded: np.ndarray) -> Pairs:
    """Return the pairs of coders, by their places, who coded a face in common."""
    pairs = combinations(range(coded.shape[1]), 2)
    return [(one, two) for one, two in pairs if (coded[:, one] & coded[:, two]).any()]


def _share(resampled: Counts, category: int) -> float:
    return float(divide(resampled.shares[0, category], resampled.rated[0]))
