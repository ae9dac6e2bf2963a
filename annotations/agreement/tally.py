"""Sums of who said what, over all faces and over every resample of their subjects.

They are added up some faces at a time, and no subject's own sums are kept: what they take doesn't
grow with the faces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from annotations import facs
from annotations.agreement.ratings import Codings, Ratings
from annotations.measures.bootstrap import stratified_weights, sum_by_subject, weigh
from annotations.measures.counts import Array, Counts, Pairs, count
from annotations.measures.icc import moments

#: Faces at once. A subject's stay together, so there may be more.
AT_ONCE = 4000

Progress = Callable[[int, int], None]


@dataclass
class Numbers:
    """Numbers of faces, and of their subjects."""

    faces: int = 0
    subjects: int = 0
    #: Faces on which at least one coder saw it.
    positives: int = 0

    def add(self, subjects: np.ndarray, faces: np.ndarray, positive: np.ndarray) -> None:
        """Add faces of other subjects than those before, by masks."""
        self.faces += int(faces.sum())
        self.subjects += len(np.unique(subjects[faces]))
        self.positives += int(positive.sum())


@dataclass
class Layer:
    """The sums of one action unit, or of the emotion, over the sample and every resample."""

    numbers: Numbers = field(default_factory=Numbers)
    graded: Numbers = field(default_factory=Numbers)
    _counts: Counts | None = None
    _grades: Array | None = None

    @property
    def counts(self) -> Counts:
        """The counts, (1 + r, ...)."""
        assert self._counts is not None, "the tally isn't finished"
        return self._counts

    @property
    def grades(self) -> Array:
        """The sums that ICC needs, (1 + r, pairs, 5)."""
        assert self._grades is not None, "the tally isn't finished"
        return self._grades

    def finish(self, sums: Iterator[Array], *, is_graded: bool) -> None:
        """Take the sums of all counts, and of grades, in the order in which they were added."""
        self._counts = Counts(*(next(sums) for _ in fields(Counts)))
        self._grades = next(sums) if is_graded else None


class _Sums:
    """Sums over the sample and every resample, of all that is counted, in one product a part.

    After each product BLAS's threads wait for one another, so of small ones they'd do little else.
    """

    def __init__(self) -> None:
        self._columns: list[Array] = []
        self._shapes: list[tuple[int, ...]] = []
        self._found: list[tuple[int, ...]] = []
        self._total: Array | None = None

    def add(self, subjects: np.ndarray, *values: Array) -> None:
        """Add up the values of faces, each (faces, ...), by their subjects."""
        flat = np.concatenate([each.reshape(len(each), -1) for each in values], axis=1)
        self._columns.append(sum_by_subject(subjects, flat))
        self._shapes += [each.shape[1:] for each in values]

    def weigh(self, weights: np.ndarray) -> None:
        """Add what was added to the sums of the sample and of every resample."""
        sums = weigh(weights.astype(np.float64), np.concatenate(self._columns, axis=1))
        if self._total is None:
            self._total = sums
        else:
            self._total += sums
        self._columns, self._found, self._shapes = [], self._shapes, []

    def pieces(self) -> Iterator[Array]:
        """Yield the sums of each of the values, (1 + r, ...), in their order."""
        assert self._total is not None, "no faces were taken"
        first = 0
        for shape in self._found:
            last = first + int(np.prod(shape))
            yield self._total[:, first:last].reshape(-1, *shape)
            first = last


class Tally:
    """All that a report needs of the ratings of some coders.

    Attributes
    ----------
    units, emotion
        Layers: of each action unit, and of the emotion.
    in_common
        Faces that two coders or more coded.
    alone
        Faces that only one of them coded.
    all_units, intensity
        Faces with any unit, or any graded one, that two coders or more coded.
    pairs
        Of each pair of coders, faces that both coded.
    by_people, blind
        People's codings of faces in common, and how many of them were given blind.
    """

    def __init__(self, units: Sequence[int], pairs: Pairs) -> None:
        self.of_pairs: Pairs = pairs
        self.units = {au: Layer() for au in units}
        self.emotion = Layer()
        self.in_common, self.all_units, self.intensity = Numbers(), Numbers(), Numbers()
        self.pairs = [Numbers() for _ in pairs]
        self.alone = self.by_people = self.blind = 0
        self._sums = _Sums()

    def take(self, ratings: Ratings, weights: np.ndarray) -> None:
        """Add the ratings of faces whose subjects aren't those of faces before.

        `weights` (1 + r, s) are how often the sample and each resample hold these subjects.
        """
        subjects, coded = ratings.subjects, ratings.coded
        common = coded.sum(axis=1) >= 2
        nothing = np.zeros(len(subjects), dtype=bool)
        self.in_common.add(subjects, common, nothing)
        self.alone += int((~common).sum())
        by_people = coded & ratings.people & common[:, None]
        self.by_people += int(by_people.sum())
        self.blind += int((by_people & ratings.blind).sum())
        for numbers, (one, two) in zip(self.pairs, self.of_pairs, strict=True):
            numbers.add(subjects, coded[:, one] & coded[:, two], nothing)
        self._take_units(ratings)
        self._take(self.emotion, subjects, ratings.emotion, len(facs.EMOTIONS))
        self._sums.weigh(weights)

    def finish(self) -> None:
        """Give every layer its sums, once all faces were taken."""
        sums = self._sums.pieces()
        for layer in self.units.values():
            layer.finish(sums, is_graded=True)
        self.emotion.finish(sums, is_graded=False)

    def _take_units(self, ratings: Ratings) -> None:
        subjects = ratings.subjects
        masks = np.zeros((4, len(subjects)), dtype=bool)
        for at, au in enumerate(ratings.units):
            layer, presence, levels = self.units[au], ratings.presence[at], ratings.intensity[at]
            shown = self._take(layer, subjects, presence, 2, moments(levels, self.of_pairs))
            graded = _several(levels)
            strong = np.asarray((_shared(levels) > 0).any(axis=1))
            layer.graded.add(subjects, graded, strong)
            masks |= np.stack([_several(presence), shown, graded, strong])
        self.all_units.add(subjects, masks[0], masks[1])
        self.intensity.add(subjects, masks[2], masks[3])

    def _take(
        self, layer: Layer, subjects: np.ndarray, ratings: Array, categories: int, *grades: Array
    ) -> np.ndarray:
        """Count a layer's ratings (faces, coders); return where category 1 was named, (faces,)."""
        counts = count(ratings, categories, self.of_pairs)
        self._sums.add(subjects, *(getattr(counts, each.name) for each in fields(counts)), *grades)
        shown: np.ndarray = (_shared(ratings) == 1).any(axis=1)
        layer.numbers.add(subjects, _several(ratings), shown)
        return shown


def tally_of(
    codings: Codings,
    coders: Sequence[int],
    pairs: Pairs,
    progress: Progress | None = None,
    *,
    resamples: int,
) -> Tally:
    """Add up the ratings by some coders, of the faces that any of them coded.

    Parameters
    ----------
    coders
        Places of coders among those of `codings`.
    pairs
        Pairs of places among `coders`.
    progress
        Is told how many of how many faces are counted.
    resamples
        How often subjects are drawn: those with a face that two coders or more coded among
        themselves, and so the others. What only one coder rated changes AC1's interval alone.
    """
    tally = Tally(codings.units, pairs)
    coded = codings.coded[:, list(coders)].sum(axis=1)
    faces = np.flatnonzero(coded)
    own = codings.subjects[faces]
    shares_a_face = sum_by_subject(own, coded[faces] >= 2) > 0
    weights = stratified_weights(np.where(shares_a_face, 0, 1), resamples=resamples)
    done = of_subjects = 0
    for part in _parts(faces, codings.subjects):
        first, of_subjects = of_subjects, of_subjects + len(np.unique(codings.subjects[part]))
        tally.take(codings.part(part, coders), weights[:, first:of_subjects])
        done += len(part)
        if progress is not None:
            progress(done, len(faces))
    tally.finish()
    return tally


def _parts(faces: np.ndarray, subjects: np.ndarray) -> Iterator[np.ndarray]:
    """Cut places of faces, ordered by subject, between subjects."""
    own, first = subjects[faces], 0
    while first < len(faces):
        last = min(first + AT_ONCE, len(faces)) - 1
        end = int(np.searchsorted(own, own[last], side="right"))
        yield faces[first:end]
        first = end


def _several(ratings: Array) -> np.ndarray:
    """Tell which faces two coders or more coded."""
    several: np.ndarray = (~np.isnan(ratings)).sum(axis=1) >= 2
    return several


def _shared(ratings: Array) -> Array:
    """Blank out the ratings of faces that fewer than two coders coded."""
    return np.where(_several(ratings)[:, None], ratings, np.nan)
