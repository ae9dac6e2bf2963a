"""Codings from the database as arrays of ratings, as many faces at a time as somebody asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from annotations import facs
from annotations.agreement.rows import Extras, Rows, read_extras, read_rows
from annotations.agreement.standing import LeftOut
from annotations.measures.counts import Array
from annotations.models import Coder
from annotations.models.querysets import CodingQuerySet
from annotations.models.unit_bits import HIGHEST


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

    @property
    def coded(self) -> np.ndarray:
        """The mask of the coders who coded anything of each face, (faces, coders)."""
        return (~np.isnan(self.presence)).any(axis=0) | ~np.isnan(self.emotion)

    @property
    def people(self) -> np.ndarray:
        """The mask of the coders who are people, (coders,)."""
        return np.array([coder.kind == Coder.Kind.HUMAN for coder in self.coders], dtype=bool)


@dataclass(frozen=True)
class Codings:
    """The codings that count, in few bytes each, from which ratings of any faces are made.

    Attributes
    ----------
    coders
        Those with a coding that counts.
    faces, subjects
        (f,) ids, ordered by subject.
    line, column
        (n,) each coding's place among faces and coders.
    """

    rows: Rows
    extras: Extras
    left_out: LeftOut
    coders: tuple[Coder, ...]
    faces: np.ndarray
    subjects: np.ndarray
    line: np.ndarray
    column: np.ndarray
    units: tuple[int, ...]

    @property
    def coded(self) -> np.ndarray:
        """The mask of the coders who coded anything of each face, (faces, coders)."""
        coded = np.zeros((len(self.faces), len(self.coders)), dtype=bool)
        rows = self.rows
        says = (rows.emotion >= 0) | (rows.present != 0) | (rows.absent != 0)
        says[self.extras.row] = True
        coded[self.line[says], self.column[says]] = True
        return coded

    def whole(self) -> Ratings:
        """Return the ratings of all faces by all coders."""
        return self.part(np.arange(len(self.faces)), range(len(self.coders)))

    def part(self, faces: np.ndarray, coders: Sequence[int]) -> Ratings:
        """Return the ratings of some faces by some coders.

        Parameters
        ----------
        faces
            Places of faces, ascending.
        coders
            Places of coders, in the order to have them.
        """
        columns = np.full(len(self.coders), -1)
        columns[list(coders)] = np.arange(len(coders))
        first, last = (
            np.searchsorted(self.line, [faces[0], faces[-1] + 1]) if len(faces) else (0, 0)
        )
        own = np.arange(first, last)
        line = np.searchsorted(faces, self.line[own])
        wanted = (
            (faces[np.minimum(line, len(faces) - 1)] == self.line[own]) if len(own) else own > 0
        )
        wanted &= columns[self.column[own]] >= 0
        own, line = own[wanted], line[wanted]
        at = (line, columns[self.column[own]])
        shape = (len(faces), len(coders))
        emotion, blind = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
        emotion[at] = np.where(self.rows.emotion[own] < 0, np.nan, self.rows.emotion[own])
        blind[at] = self.rows.blind[own] == 1
        presence, letters = self._filled(shape, own, at)
        graders = np.zeros(len(self.coders), dtype=bool)
        graders[self.column[self.extras.row[~np.isnan(self.extras.level)]]] = True
        return Ratings(
            coders=tuple(self.coders[place] for place in coders),
            faces=self.faces[faces],
            subjects=self.subjects[faces],
            emotion=emotion,
            units=self.units,
            presence=presence,
            intensity=_graded(presence, letters, graders[list(coders)]),
            blind=blind,
        )

    def _filled(
        self, shape: tuple[int, int], own: np.ndarray, at: tuple[np.ndarray, np.ndarray]
    ) -> tuple[Array, Array]:
        """Return (presence, letters as 1 to 5), both (units, faces, coders)."""
        presence = np.full((len(self.units), *shape), np.nan)
        letters = presence.copy()
        present, absent = self.rows.present[own], self.rows.absent[own]
        for layer, au in enumerate(self.units):
            if au <= HIGHEST:
                said = np.where(absent >> au & 1, 0.0, np.nan)
                presence[layer][at] = np.where(present >> au & 1, 1.0, said)
        if len(own):
            extras, places = self.extras, np.full(own[-1] - own[0] + 1, -1)
            places[own - own[0]] = np.arange(len(own))
            some = slice(*np.searchsorted(extras.row, [own[0], own[-1] + 1]))
            place = places[extras.row[some] - own[0]]
            kept = place >= 0
            layer = np.searchsorted(self.units, extras.au[some][kept])
            where = (layer, at[0][place[kept]], at[1][place[kept]])
            presence[where] = extras.present[some][kept]
            letters[where] = extras.level[some][kept]
        return presence, letters


def read_codings(
    codings: CodingQuerySet,
    coders: Iterable[Coder],
    *,
    blind_only: bool = False,
    progress: Callable[[int], object] | None = None,
) -> Codings:
    """Read the codings that count: see `standing.standing`.

    A score counts where it was given: a unit without one was not coded.

    Parameters
    ----------
    codings
        Those that the user may see.
    coders
        The coders whose codings to read.
    blind_only
        For people, read only their first coding of each face, if it was blind.
    progress
        Is told how many codings were read.
    """
    known = {coder.pk: coder for coder in coders}
    chosen = codings.filter(coder__in=list(known))
    rows, left_out = read_rows(chosen, blind_only=blind_only, progress=progress)
    extras = read_extras(chosen, rows)
    said = set(np.unique(rows.coder).tolist())
    present_coders = tuple(coder for pk, coder in known.items() if pk in said)
    column = np.zeros(len(rows.pk), dtype=int)
    for place, coder in enumerate(present_coders):
        column[rows.coder == coder.pk] = place
    begins = np.concatenate([[True], np.diff(rows.face) != 0])[: len(rows.face)]
    bits = int(np.bitwise_or.reduce(rows.present | rows.absent)) if len(rows.pk) else 0
    units = {au for au in facs.ACTION_UNITS if au <= HIGHEST and bits >> au & 1}
    return Codings(
        rows=rows,
        extras=extras,
        left_out=left_out,
        coders=present_coders,
        faces=rows.face[begins],
        subjects=rows.subject[begins],
        line=np.cumsum(begins) - 1,
        column=column,
        units=tuple(sorted(units | set(np.unique(extras.au).tolist()))),
    )


def read_ratings(
    codings: CodingQuerySet, coders: Iterable[Coder], *, blind_only: bool = False
) -> Ratings:
    """Read the ratings of all faces at once, as `read_codings` takes them."""
    return read_codings(codings, coders, blind_only=blind_only).whole()


def _graded(presence: Array, letters: Array, graders: np.ndarray) -> Array:
    """Return intensities 0 to 5 of the codings that give them.

    Absent is 0. A coding counts when each unit that it calls present has a letter, and its coder
    gave a letter anywhere (`graders`): if only "present, no letter" were left out, the zeros of the
    same coding would stay, and disagreements would be kept where agreements are dropped.
    """
    missing = (presence == 1) & np.isnan(letters)
    counts = ~missing.any(axis=0) & graders
    levels = np.where(presence == 0, 0.0, letters)
    return np.where(counts, levels, np.nan)
