"""Decisions on many faces at once: shown before they are made, undone as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotations.codings.facts import write_facts
from annotations.codings.services import human_coder, score_rows
from annotations.models import ActionUnitScore, BulkAction, Coder, Coding, Face, Review
from annotations.models.querysets import FaceQuerySet
from annotations.problems import InvalidCoding, StaleCoding
from annotations.review.bulk_preview import Change, Criteria, described, preview, sure_enough
from annotations.review.decisions import take_back, undoing
from annotations.review.permissions import bulk_policy
from annotations.review.signals import bulk_review_finished

_BATCH = 500


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
        concerned = sure_enough(faces, criteria).order_by().values("face")
        list(Face.objects.select_for_update().filter(pk__in=concerned).values_list("pk"))
        shown = preview(faces, criteria)
        if not shown.planned:
            raise InvalidCoding("Nothing would change, so there is nothing to do.")
        if shown.digest != digest:
            raise StaleCoding("Something changed since the list was made. Look at the new one.")
        action = BulkAction.objects.create(
            kind=BulkAction.Kind.ACCEPT_MODEL, parameters=criteria.to_json(), created_by=user
        )
        for first in range(0, len(shown.planned), _BATCH):
            _write(action, user, described(shown.planned[first : first + _BATCH]))
        bulk_review_finished.send(
            BulkAction,
            action=action,
            faces=len(shown.planned),
            decision=Review.Decision.ACCEPT_MODEL,
        )
    return action


def _write(action: BulkAction, user: User, changes: Sequence[Change]) -> None:
    """Write the new truths and their reviews; the caller holds the faces' locks."""
    coder = human_coder(user)
    former = [change.truth.pk for change in changes if change.truth]
    Coding.objects.filter(pk__in=former).update(is_accepted=False)
    codings = Coding.objects.bulk_create(_coding(change, coder, action) for change in changes)
    written = list(zip(codings, changes, strict=True))
    ActionUnitScore.objects.bulk_create(
        row for coding, change in written for row in score_rows(coding, change.reading)
    )
    write_facts([change.face.pk for change in changes])
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
