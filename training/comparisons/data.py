"""Coders' readings of the faces that all of them read, from the database to arrays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from annotations import facs
from annotations.agreement.standing import Said, standing
from annotations.measures.groups import DIMENSIONS, NOT_RECORDED
from annotations.models import ActionUnitScore, Coder, Coding, Face
from training.ml.paired import Codes, Readings
from training.ml.stored import Stored

#: Faces that are read at once.
_CHUNK = 2000
_EMOTIONS = {name: place for place, name in enumerate(facs.EMOTIONS)} | {"": -1}
_UNITS = {au: place for place, au in enumerate(facs.MODEL_ACTION_UNITS)}


@dataclass(frozen=True)
class About(Stored):
    """Counts of one coder's readings of the compared faces.

    Attributes
    ----------
    readings
        How many faces.
    source, adopted
        On how many of them the truth is a coding of its own, or one that took this coder's over:
        there it agrees with itself.
    blind
        How many a person gave blind.
    splits
        Of a model, by `Coding.Split`, or "" where the face was no part of its training.
    """

    readings: int = 0
    source: int = 0
    adopted: int = 0
    blind: int = 0
    splits: dict[str, int] = field(default_factory=dict)


def read_readings(
    coders: Sequence[Coder], step: Callable[[int, int], object]
) -> tuple[Readings, tuple[About, ...]]:
    """Read what the truth and the coders say of the labelled faces that all of them have read.

    A person's reading is the latest that stands and that they gave on their own: a decision about
    the truth takes over what others say (`annotations.agreement.standing`).

    Parameters
    ----------
    coders
        k of them.
    step
        Told how many faces are read, and how many there are.
    """
    labelled = Coding.objects.accepted().order_by("face").values_list("face", flat=True)
    ids = list(labelled)
    reader = _Reader(coders)
    for first in range(0, len(ids), _CHUNK):
        step(first, len(ids))
        chunk = ids[first : first + _CHUNK]
        reader.read(chunk[0], chunk[-1])
    step(len(ids), len(ids))
    return reader.readings(), reader.about()


class _Reader:
    """Collects faces chunk by chunk."""

    def __init__(self, coders: Sequence[Coder]) -> None:
        self.coders = coders
        self._faces: list[int] = []
        self._subjects: list[int] = []
        self._tags: list[tuple[str, ...]] = []
        self._emotions: list[Codes] = []
        self._units: list[Codes] = []
        self._counts = [defaultdict[str, int](int) for _ in coders]

    def read(self, first: int, last: int) -> None:
        """Read the faces whose ids lie from `first` to `last`."""
        codings = Coding.objects.filter(face__gte=first, face__lte=last)
        truths = {
            row[0]: row
            for row in codings.accepted().values_list(
                "face", "pk", "emotion", "coder", "based_on__coder"
            )
        }
        said: dict[int, dict[int, Said]] = defaultdict(dict)
        own, _ = standing(codings.filter(coder__in=self.coders), blind_only=False)
        for row in own:
            said[row.face][row.coder] = row
        shared = [face for face in truths if len(said[face]) == len(self.coders)]
        if not shared:
            return
        place = {}  # coding -> (face, column): the truth first, then each coder
        for at, face in enumerate(shared):
            place[truths[face][1]] = [(at, 0)]
        for column, coder in enumerate(self.coders, start=1):
            for at, face in enumerate(shared):
                place.setdefault(said[face][coder.pk].pk, []).append((at, column))
        self._keep(first, last, shared, place)
        self._emotions.append(
            np.array(
                [
                    [_EMOTIONS[text] for text in (
                        truths[face][2], *(said[face][coder.pk].emotion for coder in self.coders)
                    )]
                    for face in shared
                ]
            )
        )  # fmt: skip
        self._count(codings, shared, truths, said)

    def _keep(
        self, first: int, last: int, shared: list[int], place: dict[int, list[tuple[int, int]]]
    ) -> None:
        """Keep the faces' subjects with their tags, and the scores of the codings at `place`."""
        faces = Face.objects.filter(pk__gte=first, pk__lte=last).order_by()
        tags = [f"subject__{name}" for name in DIMENSIONS]
        known = {row[0]: row[1:] for row in faces.values_list("pk", "subject", *tags)}
        self._faces += shared
        self._subjects += [known[face][0] for face in shared]
        self._tags += [known[face][1:] for face in shared]
        units = np.full((len(shared), 1 + len(self.coders), len(_UNITS)), -1)
        scores = ActionUnitScore.objects.filter(
            coding__face__gte=first, coding__face__lte=last, au__in=_UNITS
        )
        for coding, au, present in scores.order_by().values_list("coding", "au", "present"):
            for at, column in place.get(coding, ()):
                units[at, column, _UNITS[au]] = present
        self._units.append(units)

    def _count(
        self,
        codings: Any,
        shared: list[int],
        truths: dict[int, tuple[Any, ...]],
        said: dict[int, dict[int, Said]],
    ) -> None:
        splits = dict(
            codings.predictions().filter(coder__in=self.coders).values_list("pk", "split")
        )
        for counts, coder in zip(self._counts, self.coders, strict=True):
            for face in shared:
                _, _, _, source, adopted = truths[face]
                reading = said[face][coder.pk]
                counts["readings"] += 1
                counts["source"] += source == coder.pk
                counts["adopted"] += source != coder.pk and adopted == coder.pk
                counts["blind"] += reading.is_blind
                if coder.kind == Coder.Kind.MODEL:
                    counts[f"split {splits.get(reading.pk, '')}"] += 1

    def readings(self) -> Readings:
        width = 1 + len(self.coders)
        emotions = np.concatenate([np.empty((0, width), dtype=int), *self._emotions])
        empty = np.empty((0, width, len(_UNITS)), dtype=int)
        units = np.concatenate([empty, *self._units])
        tags = [[row[at] or NOT_RECORDED for row in self._tags] for at in range(len(DIMENSIONS))]
        return Readings(
            faces=np.array(self._faces, dtype=int),
            subjects=np.array(self._subjects, dtype=int),
            groups={
                name: np.array(own, dtype=np.str_)
                for name, own in zip(DIMENSIONS, tags, strict=True)
            },
            true_emotion=emotions[:, 0],
            emotion=emotions[:, 1:].T,
            true_units=units[:, 0],
            units=units[:, 1:].transpose(1, 0, 2),
        )

    def about(self) -> tuple[About, ...]:
        return tuple(
            About(
                readings=counts["readings"],
                source=counts["source"],
                adopted=counts["adopted"],
                blind=counts["blind"],
                splits={
                    key.removeprefix("split "): number
                    for key, number in counts.items()
                    if key.startswith("split ")
                },
            )
            for counts in self._counts
        )
