"""Codings from the database as arrays of ratings, in two queries however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from annotations import facs
from annotations.agreement.standing import LeftOut, Said, standing
from annotations.measures.counts import Array
from annotations.models import ActionUnitScore, Coder
from annotations.models.querysets import CodingQuerySet

#: FACS's letters as numbers; absent is 0.
LEVELS = {letter: number for number, letter in enumerate(facs.INTENSITIES, start=1)}


@dataclass(frozen=True)
class Ratings:
    """Coders' ratings of faces. NaN means not coded.

    Faces are ordered by subject, so that those of one subject stand together.
    """

    coders: tuple[Coder, ...]
    #: (faces,) the id of each.
    faces: np.ndarray
    #: (faces,) the subject of each.
    subjects: np.ndarray
    #: (faces, coders) place in facs.EMOTIONS.
    emotion: Array
    #: Action units that somebody scored.
    units: tuple[int, ...]
    #: (units, faces, coders) 1 present, 0 absent.
    presence: Array
    #: (units, faces, coders) 0 to 5, of graded codings only: see `_graded`.
    intensity: Array
    #: (faces, coders) given blind, by a person.
    blind: np.ndarray
    left_out: LeftOut

    @property
    def coded(self) -> np.ndarray:
        """The mask of the coders who coded anything of each face, (faces, coders)."""
        return (~np.isnan(self.presence)).any(axis=0) | ~np.isnan(self.emotion)

    @property
    def people(self) -> np.ndarray:
        """The mask of the coders who are people, (coders,)."""
        return np.array([coder.kind == Coder.Kind.HUMAN for coder in self.coders], dtype=bool)

    def of(self, coders: Sequence[int]) -> Ratings:
        """Keep some coders, and the faces of which any of them coded something.

        Parameters
        ----------
        coders
            Numbers of the columns to keep, in the order to have them.
        """
        faces = self.coded[:, coders].any(axis=1)
        return replace(
            self,
            coders=tuple(self.coders[at] for at in coders),
            faces=self.faces[faces],
            subjects=self.subjects[faces],
            emotion=self.emotion[faces][:, coders],
            presence=self.presence[:, faces][:, :, coders],
            intensity=self.intensity[:, faces][:, :, coders],
            blind=self.blind[faces][:, coders],
        )


class _Score(NamedTuple):
    coding: int
    au: int
    present: bool
    intensity: str


def read_ratings(
    codings: CodingQuerySet, coders: Iterable[Coder], *, blind_only: bool = False
) -> Ratings:
    """Read the codings that count: see `standing.standing`.

    A score counts where it was given: a unit without one was not coded. A code that only says
    that a part of the face can't be seen (facs.VISIBILITY_CODES) is no expression, and doesn't
    count.

    Parameters
    ----------
    codings
        Those that the user may see.
    coders
        The coders whose codings to read.
    blind_only
        For people, read only their first coding of each face, if it was blind.
    """
    known = {coder.pk: coder for coder in coders}
    chosen = codings.filter(coder__in=list(known))
    said, left_out = standing(chosen, blind_only=blind_only)
    with_codings = {row.coder for row in said}
    present_coders = tuple(coder for pk, coder in known.items() if pk in with_codings)
    return _arranged(said, present_coders, _scores(chosen), left_out)


def _scores(chosen: CodingQuerySet) -> list[_Score]:
    scores = ActionUnitScore.objects.filter(coding__in=chosen.order_by().values("pk"))
    scores = scores.exclude(au__in=facs.VISIBILITY_CODES)  # what can't be seen is no action
    rows = scores.order_by().values_list("coding", "au", "present", "intensity")
    return [_Score(*row) for row in rows]


def _arranged(
    said: Sequence[Said],
    coders: tuple[Coder, ...],
    scores: Sequence[_Score],
    left_out: LeftOut,
) -> Ratings:
    faces = sorted({(row.subject, row.face) for row in said})
    line = {face: at for at, (_, face) in enumerate(faces)}
    column = {coder.pk: at for at, coder in enumerate(coders)}
    place = {row.pk: (line[row.face], column[row.coder]) for row in said}
    scores = [score for score in scores if score.coding in place]
    units = tuple(sorted({score.au for score in scores}))
    emotion = np.full((len(faces), len(coders)), np.nan)
    blind = np.zeros(emotion.shape, dtype=bool)
    for row in said:
        blind[place[row.pk]] = row.is_blind
        if row.emotion:
            emotion[place[row.pk]] = facs.EMOTIONS.index(row.emotion)
    presence, intensity = _filled((len(units), *emotion.shape), units, place, scores)
    return Ratings(
        coders=coders,
        faces=np.array([face for _, face in faces], dtype=int),
        subjects=np.array([subject for subject, _ in faces], dtype=int),
        emotion=emotion,
        units=units,
        presence=presence,
        intensity=_graded(presence, intensity),
        blind=blind,
        left_out=left_out,
    )


def _filled(
    shape: tuple[int, ...],
    units: Sequence[int],
    place: dict[int, tuple[int, int]],
    scores: Sequence[_Score],
) -> tuple[Array, Array]:
    """Return (presence, letters as 1 to 5), both of `shape`."""
    presence, letters = np.full(shape, np.nan), np.full(shape, np.nan)
    if scores:
        layer = {au: at for at, au in enumerate(units)}
        at = tuple(np.array([(layer[score.au], *place[score.coding]) for score in scores]).T)
        presence[at] = [score.present for score in scores]
        letters[at] = [LEVELS.get(score.intensity, np.nan) for score in scores]
    return presence, letters


def _graded(presence: Array, letters: Array) -> Array:
    """Return intensities 0 to 5 of the codings that give them.

    Absent is 0. A coding counts when each unit that it calls present has a letter, and its coder
    gave a letter anywhere: if only "present, no letter" were left out, the zeros of the same coding
    would stay, and disagreements would be kept where agreements are dropped.
    """
    missing = (presence == 1) & np.isnan(letters)
    grades = ~np.isnan(letters).all(axis=(0, 1))
    counts = ~missing.any(axis=0) & grades
    levels = np.where(presence == 0, 0.0, letters)
    return np.where(counts, levels, np.nan)
