"""Counts of the faces and subjects that show each emotion and action unit, by today's truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
from django.db.models import Count, F, Max, Sum
from numpy.typing import NDArray

from annotations import facs
from annotations.consent import Scope, subjects_left_out
from annotations.models import Coding
from annotations.models.querysets import CodingQuerySet
from annotations.models.unit_bits import HIGHEST
from facsweb.recent import Recent

#: Rows that are turned into arrays at once.
_BATCH = 10_000
#: So that the sum of the squares of what ids leave by it stays within 63 bits, for 9 million faces.
_PRIME = 1_000_003


@dataclass(frozen=True)
class TruthCounts:
    """The numbers of faces and of subjects, over all and by what they show.

    Attributes
    ----------
    emotions
        Of each emotion that is shown: (faces, subjects).
    units
        Of each of the model's action units that is scored: (faces, subjects) that show it.
    varying
        The model's units that some faces show and others don't.
    """

    faces: int
    subjects: int
    emotions: dict[str, tuple[int, int]]
    units: dict[int, tuple[int, int]]
    varying: frozenset[int]


def truth_counts() -> TruthCounts:
    """Count the truth, or return what this process counted of the same truth before.

    To count takes a fifth of a second at 100,000 faces, to see that nothing has changed a tenth of
    that: codings are never overwritten, so the truth is the same as long as the same codings are
    it. Their ids' number, sum and sum of squares say so, and the time of the latest coding of all
    says that it is the same database. Of many codings that is asked only every some seconds: see
    `facsweb.recent`.
    """
    return _count(_recent.of("truth", _state))


#: A state begins with the number of codings.
_recent: Recent[tuple[Any, ...]] = Recent(lambda state: int(state[0]))


def _state() -> tuple[Any, ...]:
    left = F("pk") % _PRIME
    own = _learnable()
    ids = own.aggregate(count=Count("pk"), ids=Sum("pk"), squares=Sum(left * left))
    return (*ids.values(), Coding.objects.order_by().aggregate(last=Max("created_at"))["last"])


@lru_cache(maxsize=1)
def _count(state: tuple[Any, ...]) -> TruthCounts:
    subjects, said, present, absent = _columns()
    named = {name: at for at, name in enumerate(facs.EMOTIONS)}
    shown = {name: _both(subjects[said == at]) for name, at in named.items()}
    units = {au: _both(subjects[_bit(present, au)]) for au in facs.MODEL_ACTION_UNITS}
    lacking = {au for au in facs.MODEL_ACTION_UNITS if _bit(absent, au).any()}
    faces, people = _both(subjects)
    return TruthCounts(
        faces,
        people,
        {name: counts for name, counts in shown.items() if counts[0]},
        {au: counts for au, counts in units.items() if counts[0]},
        frozenset(au for au in lacking if units[au][0]),
    )


def _learnable() -> CodingQuerySet:
    """Return the true codings but for those of subjects whose consent isn't for training."""
    accepted = Coding.objects.accepted().order_by()
    return accepted.exclude(face__subject__in=subjects_left_out(Scope.TRAINING))


def _columns() -> list[NDArray[np.int64]]:
    """Return each true coding's subject, emotion as its place in `facs.EMOTIONS`, and bits."""
    rows = (
        _learnable()
        .values_list("face__subject_id", "emotion", "units_present", "units_absent")
        .iterator(chunk_size=_BATCH)
    )
    return list(np.concatenate([np.empty((0, 4), np.int64), *_arrays(rows)]).T)


def _arrays(rows: Iterator[tuple[Any, ...]]) -> Iterator[NDArray[np.int64]]:
    place = {name: at for at, name in enumerate(facs.EMOTIONS)} | {"": -1}
    while batch := list(islice(rows, _BATCH)):
        subjects, emotions, present, absent = zip(*batch, strict=True)
        said = [place[emotion] for emotion in emotions]
        yield np.array([subjects, said, present, absent], np.int64).T


def _both(subjects: NDArray[np.int64]) -> tuple[int, int]:
    """Return the numbers of faces and of subjects among the subjects of faces."""
    return len(subjects), len(np.unique(subjects))


def _bit(bits: NDArray[np.int64], au: int) -> NDArray[np.bool_]:
    assert au <= HIGHEST, "the model's units have bits"
    return (bits >> au & 1).astype(bool)
