"""Queries across models, as frozen values for pages and the API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.contrib.auth.models import User
from django.db.models import Prefetch, QuerySet

from annotations import facs
from annotations.codings.comparison import differences_of_rows, emotions_differ, units_differ
from annotations.models import ActionUnitScore, Coder, Coding, Face
from annotations.models.querysets import CodingQuerySet
from annotations.visibility import visible_codings

#: Attributes of a face that came through `with_comparison`: lists of at most one coding.
_TRUTHS, _READINGS = "truths", "readings"


@dataclass(frozen=True)
class EmotionComparison:
    truth: str
    model: str
    #: (class, probability 0-1 or None) in the fixed class order.
    probabilities: tuple[tuple[str, float | None], ...]

    @property
    def differs(self) -> bool:
        return emotions_differ(self.truth, self.model)


@dataclass(frozen=True)
class ActionUnitComparison:
    unit: facs.ActionUnit
    truth: bool | None
    intensity: str
    model: bool | None
    probability: float | None
    #: The model can exclude neither "present" nor "absent".
    is_unsure: bool = False

    @property
    def differs(self) -> bool:
        return units_differ(self.truth, self.model)


@dataclass(frozen=True)
class Pair:
    """One face's ground truth beside one coder's reading of it, as a card shows them."""

    truth: Coding | None
    model: Coding | None

    @cached_property
    def differences(self) -> int:
        """The number of places where both say something, and not the same."""
        if self.truth is None or self.model is None:
            return 0
        return differences_of_rows(self.truth, self.model)

    @property
    def comparable(self) -> bool:
        return self.truth is not None and self.model is not None


@dataclass(frozen=True)
class Comparison(Pair):
    """The same, unit by unit."""

    emotion: EmotionComparison
    action_units: tuple[ActionUnitComparison, ...]


def default_coder() -> Coder | None:
    """Return the model that pages compare with the truth, if any."""
    return Coder.objects.filter(is_default=True).first()


def model_coders() -> QuerySet[Coder]:
    return Coder.objects.filter(kind=Coder.Kind.MODEL).order_by("-pk")


def with_comparison(faces: QuerySet[Face], coder: Coder | None, user: User) -> QuerySet[Face]:
    """Prefetch what `comparison_of` needs and `user` may see, in a fixed number of queries."""
    scores = Prefetch("scores", queryset=ActionUnitScore.objects.order_by("au"))
    return _with_codings(faces, coder, visible_codings(user).prefetch_related(scores))


def with_pair(faces: QuerySet[Face], coder: Coder | None, user: User) -> QuerySet[Face]:
    """Prefetch what `pair_of` needs and `user` may see: the codings' rows, and no scores."""
    return _with_codings(faces, coder, visible_codings(user))


def _with_codings(
    faces: QuerySet[Face], coder: Coder | None, codings: CodingQuerySet
) -> QuerySet[Face]:
    codings = codings.select_related("coder")
    truths, readings = codings.accepted(), codings.of_each(coder)
    return faces.select_related("subject").prefetch_related(
        Prefetch("codings", queryset=truths, to_attr=_TRUTHS),
        Prefetch("codings", queryset=readings, to_attr=_READINGS),
    )


def pair_of(face: Face) -> Pair:
    """Return the codings of a face that came through `with_pair`."""
    return Pair(*_codings_of(face))


def comparison_of(face: Face) -> Comparison:
    """Compare a face that came through `with_comparison`."""
    return compare(*_codings_of(face))


def _codings_of(face: Face) -> tuple[Coding | None, Coding | None]:
    truths, readings = getattr(face, _TRUTHS), getattr(face, _READINGS)
    return truths[0] if truths else None, readings[0] if readings else None


def compare(truth: Coding | None, model: Coding | None) -> Comparison:
    true_scores = {score.au: score for score in truth.scores.all()} if truth else {}
    model_scores = {score.au: score for score in model.scores.all()} if model else {}
    possible = model.possible if model else None
    unsure = possible.unsure if possible else ()
    rows = tuple(
        _row(au, true_scores.get(au), model_scores.get(au), is_unsure=au in unsure)
        for au in facs.MODEL_ACTION_UNITS
    )
    given = (model.emotion_probabilities or {}) if model else {}
    emotion = EmotionComparison(
        truth=truth.emotion if truth else "",
        model=model.emotion if model else "",
        probabilities=tuple((name, given.get(name)) for name in facs.EMOTIONS),
    )
    return Comparison(truth, model, emotion, rows)


def _row(
    au: int, truth: ActionUnitScore | None, model: ActionUnitScore | None, *, is_unsure: bool
) -> ActionUnitComparison:
    return ActionUnitComparison(
        unit=facs.ACTION_UNITS[au],
        truth=truth.present if truth else None,
        intensity=truth.intensity if truth else "",
        model=model.present if model else None,
        probability=model.probability if model else None,
        is_unsure=is_unsure,
    )


def who_coded(faces: Iterable[Face]) -> dict[int, list[str]]:
    """Map each face's id to the names of the people whose codings of it stand."""
    codings = Coding.objects.current().by_people().filter(face__in=[face.pk for face in faces])
    names: dict[int, list[str]] = {}
    for face, name in codings.order_by("pk").values_list("face", "coder__name"):
        names.setdefault(face, []).append(name)
    return names
