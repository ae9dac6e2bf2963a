"""Sums by subject of who said what, added up some faces at a time: their memory stays the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from annotations import facs
from annotations.agreement.ratings import Codings, Ratings
from annotations.measures.bootstrap import sum_by_subject
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
    """The sums of one action unit, or of the emotion: a list entry for each part of the faces."""

    numbers: Numbers = field(default_factory=Numbers)
    graded: Numbers = field(default_factory=Numbers)
    parts: list[Counts] = field(default_factory=list)
    grade_parts: list[Array] = field(default_factory=list)

    @property
    def counts(self) -> Counts:
        """The counts of each subject, (subjects, ...)."""
        first, names = self.parts[0], Counts.__dataclass_fields__
        joined = {
            name: np.concatenate([getattr(one, name) for one in self.parts]) for name in names
        }
        return first if len(self.parts) == 1 else Counts(**joined)

    @property
    def grades(self) -> Array:
        """The sums that ICC needs, (subjects, pairs, 5)."""
        return np.concatenate(self.grade_parts)


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
        self._shared: list[np.ndarray] = []

    @property
    def shares_a_face(self) -> np.ndarray:
        """The mask of the subjects who have a face that two coders or more coded, (subjects,)."""
        return np.concatenate(self._shared)

    def take(self, ratings: Ratings) -> None:
        """Add the ratings of faces whose subjects aren't those of faces before."""
        subjects, coded = ratings.subjects, ratings.coded
        common = coded.sum(axis=1) >= 2
        nothing = np.zeros(len(subjects), dtype=bool)
        self._shared.append(sum_by_subject(subjects, common) > 0)
        self.in_common.add(subjects, common, nothing)
        self.alone += int((~common).sum())
        by_people = coded & ratings.people & common[:, None]
        self.by_people += int(by_people.sum())
        self.blind += int((by_people & ratings.blind).sum())
        for numbers, (one, two) in zip(self.pairs, self.of_pairs, strict=True):
            numbers.add(subjects, coded[:, one] & coded[:, two], nothing)
        self._take_units(ratings)
        self._take(self.emotion, subjects, ratings.emotion, len(facs.EMOTIONS))

    def _take_units(self, ratings: Ratings) -> None:
        subjects = ratings.subjects
        masks = np.zeros((4, len(subjects)), dtype=bool)
        for at, au in enumerate(ratings.units):
            layer, presence, levels = self.units[au], ratings.presence[at], ratings.intensity[at]
            shown = self._take(layer, subjects, presence, 2)
            layer.grade_parts.append(sum_by_subject(subjects, moments(levels, self.of_pairs)))
            graded = _several(levels)
            strong = np.asarray((_shared(levels) > 0).any(axis=1))
            layer.graded.add(subjects, graded, strong)
            masks |= np.stack([_several(presence), shown, graded, strong])
        self.all_units.add(subjects, masks[0], masks[1])
        self.intensity.add(subjects, masks[2], masks[3])

    def _take(
        self, layer: Layer, subjects: np.ndarray, ratings: Array, categories: int
    ) -> np.ndarray:
        """Count a layer's ratings (faces, coders); return where category 1 was named, (faces,)."""
        counts = count(ratings, categories, self.of_pairs)
        layer.parts.append(counts.mapped(lambda values: sum_by_subject(subjects, values)))
        shown: np.ndarray = (_shared(ratings) == 1).any(axis=1)
        layer.numbers.add(subjects, _several(ratings), shown)
        return shown


def tally_of(
    codings: Codings, coders: Sequence[int], pairs: Pairs, progress: Progress | None = None
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
    """
    tally = Tally(codings.units, pairs)
    faces = np.flatnonzero(codings.coded[:, list(coders)].any(axis=1))
    done = 0
    for part in _parts(faces, codings.subjects):
        tally.take(codings.part(part, coders))
        done += len(part)
        if progress is not None:
            progress(done, len(faces))
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
