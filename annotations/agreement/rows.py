"""The codings that count, as arrays: some dozens of bytes for each, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice
from typing import Any

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from annotations import facs
from annotations.agreement.standing import LeftOut
from annotations.models import ActionUnitScore, Coder
from annotations.models.querysets import CodingQuerySet
from annotations.models.unit_bits import HIGHEST

Ints = NDArray[np.int64]
#: FACS's letters as numbers; absent is 0.
LEVELS = {letter: number for number, letter in enumerate(facs.INTENSITIES, start=1)}
_COLUMNS = (
    "pk", "face", "face__subject", "coder", "emotion", "units_present", "units_absent",
    "coder_kind", "is_blind", "is_independent", "is_withdrawn",
)  # fmt: skip
_EMOTIONS = {"": -1} | {name: place for place, name in enumerate(facs.EMOTIONS)}
#: Rows that are turned into arrays at once.
_BATCH = 10_000


@dataclass(frozen=True)
class Rows:
    """Codings without their scores; each array is (n,).

    Attributes
    ----------
    pk, face, subject, coder
        Ids.
    emotion
        Place in `facs.EMOTIONS`, -1 for none.
    present, absent
        Action units by bits, as `annotations.models.unit_bits` has them.
    human, blind, independent, withdrawn
        0 or 1.
    at
        When it was made, in microseconds; 0 where nobody asked.
    """

    pk: Ints
    face: Ints
    subject: Ints
    coder: Ints
    emotion: Ints
    present: Ints
    absent: Ints
    human: Ints
    blind: Ints
    independent: Ints
    withdrawn: Ints
    at: Ints

    def where(self, chosen: Any) -> Rows:
        """Return the rows that a mask or an array of places chooses, in its order."""
        return Rows(*(getattr(self, field.name)[chosen] for field in fields(self)))


def read_rows(
    codings: CodingQuerySet, *, blind_only: bool, progress: Callable[[int], object] | None = None
) -> tuple[Rows, LeftOut]:
    """Choose one coding of each coder on each face, as `standing.standing` does with objects.

    `progress` is told how many codings were read.

    Returns
    -------
    Rows, LeftOut
        The chosen codings ordered by subject, face and coder, and how many were passed over.
    """
    rows = _read(codings, progress, with_time=blind_only)
    apart = rows.human.astype(bool) & blind_only
    stand = ~apart & ~rows.withdrawn.astype(bool)
    independent, blind = rows.independent.astype(bool), rows.blind.astype(bool)
    latest = _ends(rows, np.flatnonzero(stand & independent), (rows.pk,), last=True)
    first = _ends(rows, np.flatnonzero(apart), (rows.pk, rows.at), last=False)
    left_out = LeftOut(
        decisions=int((~independent[stand]).sum() + (~independent[first]).sum()),
        not_blind=int((independent[first] & ~blind[first]).sum()),
    )
    chosen = rows.where(np.concatenate([latest, first[blind[first]]]))
    return chosen.where(np.lexsort((chosen.coder, chosen.face, chosen.subject))), left_out


def _ends(rows: Rows, among: Ints, by: Sequence[Ints], *, last: bool) -> Ints:
    """Return the places of the last, or first, of each coder's rows of each face, ordered so."""
    keys = [key[among] for key in (*by, rows.coder, rows.face)]
    order = np.lexsort(keys)
    face, coder = keys[-1][order], keys[-2][order]
    changes = (np.diff(face) != 0) | (np.diff(coder) != 0)
    edge = np.concatenate([changes, [True]] if last else [[True], changes])
    ends: Ints = among[order[edge[: len(order)]]]
    return ends


def _read(
    codings: CodingQuerySet, progress: Callable[[int], object] | None, *, with_time: bool
) -> Rows:
    columns = (*_COLUMNS, "created_at") if with_time else _COLUMNS
    found = codings.order_by().values_list(*columns).iterator(chunk_size=_BATCH)
    tables, read = [np.empty((0, len(fields(Rows))), np.int64)], 0
    for table in _batches(found, with_time):
        tables.append(table)
        read += len(table)
        if progress is not None:
            progress(read)
    return Rows(*np.ascontiguousarray(np.concatenate(tables).T))


def _batches(found: Iterator[tuple[Any, ...]], with_time: bool) -> Iterator[Ints]:
    while batch := list(islice(found, _BATCH)):
        columns: list[Any] = list(zip(*batch, strict=True))
        columns[4] = [_EMOTIONS[emotion] for emotion in columns[4]]
        columns[7] = [kind == Coder.Kind.HUMAN for kind in columns[7]]
        if with_time:
            columns[11] = [_microseconds(at) for at in columns[11]]
        else:
            columns.append([0] * len(batch))
        yield np.array(columns, np.int64).T


def _microseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


@dataclass(frozen=True)
class Extras:
    """Scores that codings' bits don't hold: with letters, and of units of the head and the eyes.

    Attributes
    ----------
    row
        (m,) the place of each score's coding in `Rows`.
    au, present
        (m,) the action unit, and 0 or 1.
    level
        (m,) the intensity, 1 to 5; NaN for none.
    """

    row: Ints
    au: Ints
    present: Ints
    level: NDArray[np.float64]


def read_extras(codings: CodingQuerySet, rows: Rows) -> Extras:
    """Read the scores of `rows` that have an intensity, or an action unit without a bit.

    A code that only says that a part of the face can't be seen (`facs.VISIBILITY_CODES`) is no
    expression, and left out.
    """
    coders = np.unique(rows.coder).tolist()
    scores = ActionUnitScore.objects.filter(coding__coder__in=coders)
    scores = scores.filter(Q(intensity__gt="") | Q(au__gt=HIGHEST))
    scores = scores.exclude(au__in=facs.VISIBILITY_CODES)  # what can't be seen is no action
    found = scores.order_by().values_list("coding", "au", "present", "intensity")
    parts = [np.empty((0, 4))]
    for batch in _in_batches(found.iterator(chunk_size=_BATCH)):
        levels = [(*row[:3], LEVELS.get(row[3], np.nan)) for row in batch]
        parts.append(np.array(levels, np.float64))  # ids stay whole up to 2**53
    coding, au, present, level = np.concatenate(parts).T
    by_pk = np.argsort(rows.pk)
    place = np.minimum(np.searchsorted(rows.pk[by_pk], coding), max(len(by_pk) - 1, 0))
    row = by_pk[place] if len(by_pk) else place
    known = rows.pk[row] == coding if len(by_pk) else np.zeros(len(coding), bool)
    order = np.argsort(row[known], kind="stable")
    return Extras(
        row[known][order],
        au[known][order].astype(np.int64),
        present[known][order].astype(np.int64),
        level[known][order],
    )


def _in_batches(found: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(islice(found, _BATCH)):
        yield batch
