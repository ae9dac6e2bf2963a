"""Decisions on many faces at once: shown before they are made, undone as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotations.codings.facts import write_facts
from annotations.codings.services import human_coder, score_rows
from annotations.models import ActionUnitScore, BulkAction, BulkRun, Coder, Coding, Face, Review
from annotations.models.face_querysets import FaceQuerySet
from annotations.models.querysets import ReviewQuerySet
from annotations.problems import InvalidCoding, StaleCoding
from annotations.review.bulk_preview import Change, Criteria, Planned, described, preview
from annotations.review.decisions import undoing
from annotations.review.permissions import bulk_policy
from annotations.review.signals import bulk_review_finished
from facsweb.problems import Conflict

#: The most faces that are decided on within a request, and in one transaction of a worker.
AT_ONCE = 500
_CHANGED = "Something changed since the list was made. Look at the new one."


def apply(user: User, faces: FaceQuerySet, criteria: Criteria, digest: str) -> BulkAction:
    """Make the changes that `preview` showed: up to AT_ONCE at once, all or none.

    More are left to a worker, as a run of the action (`annotations.review.bulk_run`): it looks
    through all faces, and takes the readings that meet the conditions when it comes to them.

    Raises
    ------
    Forbidden
    StaleCoding
        What would change is no longer what was shown.
    """
    bulk_policy.check(user, "apply")
    shown = preview(faces, criteria)
    if not shown.planned and not shown.is_partial:
        raise InvalidCoding("Nothing would change, so there is nothing to do.")
    if shown.digest != digest:
        raise StaleCoding(_CHANGED)
    with transaction.atomic():
        action = BulkAction.objects.create(
            kind=BulkAction.Kind.ACCEPT_MODEL, parameters=criteria.to_json(), created_by=user
        )
        if shown.is_partial or len(shown.planned) > AT_ONCE:
            _send(BulkRun(action=action, requested_by=user))
            return action
        if take_readings(action, user, faces, criteria, shown.planned) != shown.planned:
            raise StaleCoding(_CHANGED)
        announce_bulk(action, len(shown.planned))
    return action


def take_readings(
    action: BulkAction,
    user: User,
    faces: FaceQuerySet,
    criteria: Criteria,
    planned: Sequence[Planned],
) -> tuple[Planned, ...]:
    """Make planned changes, under the faces' locks, as far as they are still due; return these.

    The caller is in a transaction, and passes AT_ONCE of them at most.
    """
    ids = [each.face for each in planned]
    list(Face.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    due = preview(faces.filter(pk__in=ids), criteria).planned
    if due:
        _write(action, user, described(due))
    return due


def announce_bulk(action: BulkAction, faces: int) -> None:
    """Tell whoever listens that so many faces were decided on."""
    decision = Review.Decision.ACCEPT_MODEL
    bulk_review_finished.send(BulkAction, action=action, faces=faces, decision=decision)


def _send(run: BulkRun) -> None:
    run.save()
    transaction.on_commit(run.enqueue)


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


def undo(action: BulkAction, user: User) -> Undone | BulkRun:
    """Restore every face's former truth, unless somebody has decided on it since.

    Returns
    -------
    Undone, or BulkRun
        The run by which a worker does it where there are more than AT_ONCE.

    Raises
    ------
    Forbidden
    StaleCoding
        It is undone already.
    Conflict
        It is being carried out or undone.
    """
    bulk_policy.check(user, "undo", action)
    with transaction.atomic():
        fresh = BulkAction.objects.select_for_update().get(pk=action.pk)
        if fresh.undone_at is not None:
            raise StaleCoding(f"{action} was undone already.")
        under_way = fresh.runs.active().first()
        if under_way is not None:
            what = "undone" if under_way.undoes else "carried out: cancel that first, then undo it"
            raise Conflict(f"{action} is being {what}.")
        reviews = list(to_undo(action)[: AT_ONCE + 1])
        if len(reviews) > AT_ONCE:
            run = BulkRun(action=action, undoes=True, requested_by=user)
            _send(run)
            return run
        undone = take_back_all(action, reviews, user)
        mark_undone(action, user)
    return undone


def check_may_go_on(action: BulkAction) -> None:
    """Raise StaleCoding where an action was undone, be it in part: carrying on would redo it."""
    if action.undone_at or action.reviews.filter(decision=Review.Decision.UNDO).exists():
        raise StaleCoding(f"{action} was undone meanwhile, so nothing more of it is done.")


def cancel_bulk_run(run: BulkRun, user: User) -> None:
    """End a run of an action; what it did stays. Raises Forbidden."""
    bulk_policy.check(user, "undo", run.action)
    run.request_cancel()


def to_undo(action: BulkAction) -> ReviewQuerySet:
    """Return the decisions of an action that nobody has taken back, oldest first."""
    taken = action.reviews.filter(decision=Review.Decision.ACCEPT_MODEL, undone_by=None)
    return taken.select_related("face", "result", "replaced").order_by("pk")


def mark_undone(action: BulkAction, user: User) -> None:
    BulkAction.objects.filter(pk=action.pk).update(undone_at=timezone.now(), undone_by=user)


def take_back_all(action: BulkAction, reviews: Sequence[Review], user: User) -> Undone:
    """Take decisions of an action back, under their faces' locks; at most AT_ONCE of them.

    A face stays as it is where somebody has decided on it since, or has withdrawn the coding that
    was its truth before.
    """
    faces = [review.face_id for review in reviews]
    list(Face.objects.select_for_update().filter(pk__in=faces).order_by("pk").values_list("pk"))
    accepted = Coding.objects.accepted().filter(pk__in=[each.result_id for each in reviews])
    still = set(accepted.values_list("pk", flat=True))
    former = Coding.objects.filter(
        pk__in=[each.replaced_id for each in reviews if each.replaced_id]
    )
    gone = set(former.filter(is_withdrawn=True).values_list("pk", flat=True))
    back = [each for each in reviews if each.result_id in still and each.replaced_id not in gone]
    Coding.objects.filter(pk__in=[each.result_id for each in back]).update(
        is_withdrawn=True, is_accepted=False
    )
    former.filter(pk__in=[each.replaced_id for each in back]).update(is_accepted=True)
    write_facts([each.face_id for each in back])
    Review.objects.bulk_create(
        Review(**undoing(review, user), bulk=action, origin=str(action)) for review in back
    )
    return Undone(len(back), len(reviews) - len(back))
