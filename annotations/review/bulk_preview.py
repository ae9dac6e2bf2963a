"""The changes that taking a model's readings as truth would make, found by one query."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from django.db.models import Count, Exists, OuterRef, Subquery

from annotations.codings.reading import Reading, reading_of
from annotations.codings.taking_over import taken_from_model
from annotations.facs.prediction_set import UNLIKE_FROM
from annotations.models import Coder, Coding, Face
from annotations.models.differences import repeating
from annotations.models.face_querysets import FaceQuerySet
from annotations.models.querysets import CodingQuerySet
from annotations.problems import InvalidCoding
from annotations.review.history import changes_between

#: What a preview counts, and how many readings that meet the conditions it looks at: in either
#: case there may be more.
MOST_COUNTED = 1000
MOST_LOOKED_AT = 20_000
_CHUNK = 2000


@dataclass(frozen=True)
class Criteria:
    """The conditions for taking the model's reading.

    It must be at least `confidence` sure of everything it says, and at least `agreeing` people's
    current codings must say the same, each of all that the model says.
    """

    model: Coder
    confidence: float
    agreeing: int

    def to_json(self) -> dict[str, object]:
        return {
            "model": self.model.name,
            "coder": self.model.pk,
            "confidence": self.confidence,
            "agreeing": self.agreeing,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read conditions of a bulk action that a worker is to carry out."""
        model = Coder.objects.get(pk=stored["coder"])
        return cls(model, stored["confidence"], stored["agreeing"])


class Planned(NamedTuple):
    """One truth to be changed, by ids: of the face, its truth (0: none), and the prediction."""

    face: int
    truth: int
    prediction: int


@dataclass(frozen=True)
class Change:
    """The change that would be made to one face's ground truth."""

    face: Face
    truth: Coding | None
    prediction: Coding
    reading: Reading
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """The changes, and how many faces would stay as they are. `digest` identifies these.

    Attributes
    ----------
    unlike
        Faces that meet the conditions and are left out, since they are unlike those that the model
        learnt from: of such it promises nothing, however sure it says it is.
    is_partial
        Whether there may be more of each: what is here was found before the looking ended.
    """

    planned: tuple[Planned, ...]
    unchanged: int
    unlike: int = 0
    is_partial: bool = False

    @property
    def number(self) -> str:
        """The number of changes in words, such as "6" or "More than 1,000"."""
        found = len(self.planned)
        if found > MOST_COUNTED:
            return f"More than {MOST_COUNTED:,}"
        return f"At least {found:,}" if self.is_partial else f"{found:,}"

    @property
    def digest(self) -> str:
        parts = (f"{each.face}:{each.truth}:{each.prediction}" for each in self.planned)
        return hashlib.sha256(",".join(parts).encode()).hexdigest()


def preview(faces: FaceQuerySet, criteria: Criteria) -> Preview:
    """Return what accepting the model under these criteria would change. Nothing is written.

    It stops once there are more changes than MOST_COUNTED, or after MOST_LOOKED_AT readings.
    """
    if not 0.5 <= criteria.confidence <= 1:
        raise InvalidCoding(
            "The minimum confidence is a probability of 0.5 to 1.",
            {"confidence": ["0.5 to 1."]},
        )
    truth = Coding.objects.accepted().filter(face=OuterRef("face"))
    rows = sure_enough(faces, criteria).annotate(
        truth=Subquery(truth.values("pk")), is_said=Exists(truth.filter(repeating()))
    )
    planned: list[Planned] = []
    unchanged = unlike = 0
    # The surest first, which is an index's order: by face, all that are sure would be sorted.
    surest = rows.order_by("-least_confidence", "-pk")
    found = surest.values_list("face", "truth", "pk", "is_said", "distance")
    looked_at = found[: MOST_LOOKED_AT + 1].iterator(chunk_size=_CHUNK)
    for at, (face, accepted, prediction, is_said, distance) in enumerate(looked_at):
        if at == MOST_LOOKED_AT or len(planned) > MOST_COUNTED:
            return Preview(_by_face(planned), unchanged, unlike, is_partial=True)
        if is_said:
            unchanged += 1
        elif distance is not None and distance > UNLIKE_FROM:
            unlike += 1
        else:
            planned.append(Planned(face, accepted or 0, prediction))
    return Preview(_by_face(planned), unchanged, unlike)


def _by_face(planned: Iterable[Planned]) -> tuple[Planned, ...]:
    return tuple(sorted(planned, key=lambda each: each.face))


def sure_enough(faces: FaceQuerySet, criteria: Criteria) -> CodingQuerySet:
    """Return the model's codings that meet the criteria."""
    sure = Coding.objects.filter(
        coder=criteria.model,
        least_confidence__gte=criteria.confidence,
        face__in=faces.order_by().values("pk"),
    )
    if not criteria.agreeing:
        return sure
    votes = Coding.objects.current().by_people().filter(is_independent=True, face=OuterRef("face"))
    alike = votes.filter(repeating()).order_by().values("face")
    agree = Subquery(alike.annotate(number=Count("pk")).values("number"))
    return sure.annotate(agree=agree).filter(agree__gte=criteria.agreeing)


def described(planned: Sequence[Planned]) -> list[Change]:
    """Return the planned changes with all that is needed to show or to make them."""
    codings = _by_id(pk for each in planned for pk in (each.truth, each.prediction) if pk)
    return [_change(codings.get(each.truth), codings[each.prediction]) for each in planned]


def _by_id(ids: Iterable[int]) -> dict[int, Coding]:
    rows = Coding.objects.select_related("face__subject", "coder").prefetch_related("scores")
    return rows.in_bulk(list(ids))


def _change(truth: Coding | None, prediction: Coding) -> Change:
    reading = taken_from_model(prediction, truth)
    told = changes_between(reading_of(truth) if truth else None, reading)
    return Change(prediction.face, truth, prediction, reading, told)
