"""Codings from the database as arrays of ratings, in three queries however many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from annotations import facs
from annotations.agreement.counts import Array
from annotations.models import ActionUnitScore, Coder
from annotations.querysets import CodingQuerySet

#: FACS's letters as numbers; absent is 0.
LEVELS = {letter: number for number, letter in enumerate(facs.INTENSITIES, start=1)}


@dataclass(frozen=True)
class Ratings:
    """What coders said of faces that at least two of them coded. NaN: not coded.

    Faces are ordered by subject, so that those of one subject stand together.
    """

    coders: tuple[Coder, ...]
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
    #: Codings by people, and those of them that were given blind.
    by_people: int
    blind: int


class _Coding(NamedTuple):
    pk: int
    face: int
    subject: int
    coder: int
    emotion: str
    kind: str
    is_blind: bool


class _Score(NamedTuple):
    coding: int
    au: int
    present: bool
    intensity: str


def read_ratings(
    codings: CodingQuerySet, coders: Iterable[Coder], *, blind_only: bool = False
) -> Ratings:
    """Read the current codings of `coders` among `codings`.

    Parameters
    ----------
    blind_only
        Of people, take the latest blind coding instead of the current one: what they said before
        they could see anybody else's. Models and imports saw nobody's, so theirs count as ever.
    """
    known = {coder.pk: coder for coder in coders}
    chosen = codings.filter(coder__in=list(known))
    if blind_only:
        chosen = chosen.filter(is_withdrawn=False).exclude(coder_kind="human", is_blind=False)
    else:
        chosen = chosen.current()
    kept = _shared(_rows(chosen))
    with_codings = {coding.coder for coding in kept}
    present_coders = tuple(coder for pk, coder in known.items() if pk in with_codings)
    return _arranged(kept, present_coders, _scores(chosen))


def _rows(chosen: CodingQuerySet) -> list[_Coding]:
    rows = chosen.order_by("pk").values_list(
        "pk", "face", "face__subject", "coder", "emotion", "coder_kind", "is_blind"
    )
    return [_Coding(*row) for row in rows]


def _scores(chosen: CodingQuerySet) -> list[_Score]:
    scores = ActionUnitScore.objects.filter(coding__in=chosen.order_by().values("pk"))
    scores = scores.exclude(au__in=facs.VISIBILITY_CODES)  # what can't be seen is no action
    rows = scores.order_by().values_list("coding", "au", "present", "intensity")
    return [_Score(*row) for row in rows]


def _shared(rows: Sequence[_Coding]) -> list[_Coding]:
    """The latest row of each coder on each face that two coders or more coded."""
    latest = {(row.face, row.coder): row for row in rows}
    coders = Counter(face for face, _ in latest)
    return [row for row in latest.values() if coders[row.face] >= 2]


def _arranged(
    codings: Sequence[_Coding], coders: tuple[Coder, ...], scores: Sequence[_Score]
) -> Ratings:
    faces = sorted({(coding.subject, coding.face) for coding in codings})
    row = {face: at for at, (_, face) in enumerate(faces)}
    column = {coder.pk: at for at, coder in enumerate(coders)}
    place = {coding.pk: (row[coding.face], column[coding.coder]) for coding in codings}
    scores = [score for score in scores if score.coding in place]
    units = tuple(sorted({score.au for score in scores}))
    emotion = np.full((len(faces), len(coders)), np.nan)
    for coding in codings:
        if coding.emotion:
            emotion[place[coding.pk]] = facs.EMOTIONS.index(coding.emotion)
    presence, intensity = _filled((len(units), *emotion.shape), units, place, scores)
    people = [coding for coding in codings if coding.kind == Coder.Kind.HUMAN]
    return Ratings(
        coders=coders,
        subjects=np.array([subject for subject, _ in faces], dtype=int),
        emotion=emotion,
        units=units,
        presence=presence,
        intensity=_graded(presence, intensity),
        by_people=len(people),
        blind=sum(coding.is_blind for coding in people),
    )


def _filled(
    shape: tuple[int, ...],
    units: Sequence[int],
    place: dict[int, tuple[int, int]],
    scores: Sequence[_Score],
) -> tuple[Array, Array]:
    """(presence, letters as 1 to 5), both of `shape`."""
    presence, letters = np.full(shape, np.nan), np.full(shape, np.nan)
    if scores:
        layer = {au: at for at, au in enumerate(units)}
        at = tuple(np.array([(layer[score.au], *place[score.coding]) for score in scores]).T)
        presence[at] = [score.present for score in scores]
        letters[at] = [LEVELS.get(score.intensity, np.nan) for score in scores]
    return presence, letters


def _graded(presence: Array, letters: Array) -> Array:
    """Intensities 0 to 5 of the codings that give them.

    Absent is 0. A coding counts when each unit that it calls present has a letter, and its coder
    gave a letter anywhere: were "present, no letter" left out alone, the zeros of the same coding
    would stay, and disagreements be kept where agreements are dropped.
    """
    missing = (presence == 1) & np.isnan(letters)
    grades = ~np.isnan(letters).all(axis=(0, 1))
    counts = ~missing.any(axis=0) & grades
    levels = np.where(presence == 0, 0.0, letters)
    return np.where(counts, levels, np.nan)
