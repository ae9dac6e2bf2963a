"""Decisions on many faces at once: shown before they are made, undone as one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Prefetch
from django.utils import timezone

from annotations.codings.comparison import repeats, said_by
from annotations.codings.reading import Reading, reading_of
from annotations.codings.services import human_coder, score_rows
from annotations.codings.taking_over import taken_from_model
from annotations.models import ActionUnitScore, BulkAction, Coder, Coding, Face, Review
from annotations.models.querysets import FaceQuerySet
from annotations.problems import InvalidCoding, StaleCoding
from annotations.review.decisions import take_back, undoing
from annotations.review.history import changes_between
from annotations.review.permissions import bulk_policy
from annotations.review.signals import bulk_review_finished

_BATCH = 500
#: Attribute of a face: the codings of it that stand.
_CURRENT = "current_codings"


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
            "confidence": self.confidence,
            "agreeing": self.agreeing,
        }


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
    """All changes, and how many faces would stay as they are. `digest` identifies these.

    `unlike` counts faces that meet the conditions and are left out, since they are unlike those
    that the model learnt from: of such it promises nothing, however sure it says it is.
    """

    changes: tuple[Change, ...]
    unchanged: int
    unlike: int = 0

    @property
    def digest(self) -> str:
        parts = [
            f"{change.face.pk}:{change.truth.pk if change.truth else 0}:{change.prediction.pk}"
            for change in self.changes
        ]
        return hashlib.sha256(",".join(parts).encode()).hexdigest()


def preview(faces: FaceQuerySet, criteria: Criteria) -> Preview:
    """Return what accepting the model under these criteria would change. Nothing is written."""
    if not 0.5 <= criteria.confidence <= 1:
        raise InvalidCoding(
            "The minimum confidence is a probability of 0.5 to 1.",
            {"confidence": ["0.5 to 1."]},
        )
    changes, unchanged, unlike = [], 0, 0
    for prediction in _sure(faces, criteria):
        codings, told = getattr(prediction.face, _CURRENT), said_by(prediction)
        people = [coding for coding in codings if _is_a_vote(coding)]
        if sum(repeats(said_by(coding), told) for coding in people) < criteria.agreeing:
            continue
        truth = next((coding for coding in codings if coding.is_accepted), None)
        if truth is not None and repeats(said_by(truth), told):
            unchanged += 1
        elif prediction.is_unlike:
            unlike += 1
        else:
            changes.append(_change(truth, prediction))
    return Preview(tuple(changes), unchanged, unlike)


def _change(truth: Coding | None, prediction: Coding) -> Change:
    reading = taken_from_model(prediction, truth)
    told = changes_between(reading_of(truth) if truth else None, reading)
    return Change(prediction.face, truth, prediction, reading, told)


def _sure(faces: FaceQuerySet, criteria: Criteria) -> list[Coding]:
    """Return the model's codings that are as sure as asked, with their faces' codings fetched."""
    current = Coding.objects.current().select_related("coder").prefetch_related("scores")
    relevant = current.filter(coder_kind=Coder.Kind.HUMAN) | current.filter(is_accepted=True)
    codings = (
        Coding.objects.filter(coder=criteria.model, face__in=faces.values("pk"))
        .select_related("face__subject", "coder")
        .prefetch_related("scores", Prefetch("face__codings", queryset=relevant, to_attr=_CURRENT))
        .order_by("face_id")
    )
    return [
        coding
        for coding in codings.iterator(chunk_size=_BATCH)
        if _confidence(coding) >= criteria.confidence
    ]


def _confidence(coding: Coding) -> float:
    """Return the model's lowest confidence in anything it says of the face; 0 if it gives none."""
    chances: list[float] = list((coding.emotion_probabilities or {}).values())
    units = [score.probability for score in coding.scores.all() if score.probability is not None]
    if not chances or not units:
        return 0.0
    return min(max(chances), *(max(chance, 1 - chance) for chance in units))


def _is_a_vote(coding: Coding) -> bool:
    """Tell whether a coding is a person's own reading; a decision repeats what others said."""
    return coding.coder_kind == Coder.Kind.HUMAN and coding.is_independent


def apply(user: User, faces: FaceQuerySet, criteria: Criteria, digest: str) -> BulkAction:
    """Make the changes that `preview` showed, all or none.

    Raises
    ------
    Forbidden
    StaleCoding
        What would change is no longer what was shown.
    """
    bulk_policy.check(user, "apply")
    with transaction.atomic():
        list(Face.objects.select_for_update().filter(codings__coder=criteria.model).values("pk"))
        shown = preview(faces, criteria)
        if not shown.changes:
            raise InvalidCoding("Nothing would change, so there is nothing to do.")
        if shown.digest != digest:
            raise StaleCoding("Something changed since the list was made. Look at the new one.")
        action = BulkAction.objects.create(
            kind=BulkAction.Kind.ACCEPT_MODEL, parameters=criteria.to_json(), created_by=user
        )
        for first in range(0, len(shown.changes), _BATCH):
            _write(action, user, shown.changes[first : first + _BATCH])
        bulk_review_finished.send(
            BulkAction,
            action=action,
            faces=len(shown.changes),
            decision=Review.Decision.ACCEPT_MODEL,
        )
    return action


def _write(action: BulkAction, user: User, changes: tuple[Change, ...]) -> None:
    """Write the new truths and their reviews; the caller holds the faces' locks."""
    coder = human_coder(user)
    former = [change.truth.pk for change in changes if change.truth]
    Coding.objects.filter(pk__in=former).update(is_accepted=False)
    codings = Coding.objects.bulk_create(_coding(change, coder, action) for change in changes)
    written = list(zip(codings, changes, strict=True))
    ActionUnitScore.objects.bulk_create(
        row for coding, change in written for row in score_rows(coding, change.reading)
    )
    Review.objects.bulk_create(
        Review(
            face=change.face,
            reviewer=user,
            decision=Review.Decision.ACCEPT_MODEL,
            reviewed=change.prediction,
            result=coding,
            replaced=change.truth,
            bulk=action,
            origin=str(action),
        )
        for coding, change in written
    )


def _coding(change: Change, coder: Coder, action: BulkAction) -> Coding:
    return Coding(
        face=change.face,
        coder=coder,
        coder_kind=coder.kind,
        emotion=change.reading.emotion,
        basic_emotion=change.reading.basic_emotion,
        **change.reading.unit_columns(),
        source=f"accepted from {change.prediction.coder}, {action}"[:300],
        based_on=change.prediction,
        is_accepted=True,
        is_independent=False,
    )


@dataclass(frozen=True)
class Undone:
    restored: int
    #: Faces on which somebody decided since; their newer truth stays.
    kept: int


def undo(action: BulkAction, user: User) -> Undone:
    """Restore every face's former truth, unless somebody has decided on it since.

    Raises Forbidden, StaleCoding (undone already).
    """
    bulk_policy.check(user, "undo", action)
    restored = kept = 0
    try:
        with transaction.atomic():
            started = BulkAction.objects.filter(pk=action.pk, undone_at=None).update(
                undone_at=timezone.now(), undone_by=user
            )
            if not started:
                raise StaleCoding(f"{action} was undone already.")
            faces = Face.objects.filter(reviews__bulk=action)
            list(faces.select_for_update().values_list("pk", flat=True))
            for review in action.reviews.select_related("face", "result", "replaced"):
                assert review.result_id is not None  # such a decision is about one
                if not Coding.objects.accepted().filter(pk=review.result_id).exists():
                    kept += 1
                    continue
                take_back(review)
                Review.objects.create(**undoing(review, user), bulk=action, origin=str(action))
                restored += 1
    except IntegrityError:
        raise StaleCoding(f"{action} was undone already.") from None
    return Undone(restored, kept)
