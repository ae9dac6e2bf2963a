"""Visibility: who may see which face, tag, coding, review and queue, and who codes blind.

A queue coder sees the faces that queues hand to them, a coder or more sees all. Demographics of a
single subject are for admins and auditors; whoever else is asked about them here is told nothing.

While somebody has a face to code blind, they may read nothing that anybody else says of it.
People who know what others say of a face tend to say the same (anchoring bias). A coder is blind on
every face (`Coder.codes_blind`), or on those of a blind queue that names them; either hides a face
until they have coded it. Pages, API, exports, admin and explanations ask here.

Being blind ends with the first look, for good: `look_at` writes down when somebody was first shown
another's reading of a face, and a coding made after that isn't blind, whatever was hidden then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import TypeVar

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet, Value

from annotations.consent import Scope, subjects_left_out
from annotations.models import (
    Assignment,
    Coder,
    Coding,
    Face,
    FirstLook,
    Queue,
    QueueItem,
    QueueMember,
    Review,
    Stage,
    State,
    Subject,
)
from annotations.models.face_querysets import FaceQuerySet
from annotations.models.querysets import CodingQuerySet, QueueQuerySet, ReviewQuerySet
from facsweb.accounts.permissions import (
    may_decide,
    may_see_every_face,
    may_see_faces,
    may_see_tags,
)

_Rows = TypeVar("_Rows", CodingQuerySet, ReviewQuerySet)

#: Ids in one statement: every database takes so many parameters.
_CHUNK = 500

#: The two ways to be blind.
_ALWAYS, _IN_QUEUE = "always", "in a queue"

WHY_NOT_YET = "You code this face blind: save your own reading first."


def visible_faces(user: User, among: FaceQuerySet | None = None) -> FaceQuerySet:
    """Return the faces whose picture `user` may look at.

    All of them, for a coder or more; for a queue coder those that queues hand to them, while their
    subjects agree to labelling, and those that they coded or uploaded.
    """
    faces = Face.objects.all() if among is None else among
    if may_see_every_face(user):
        return faces
    return faces.filter(_own_work(user)) if may_see_faces(user) else faces.none()


def _own_work(user: User) -> Q:
    """Return the condition that a face is in somebody's hands or was."""
    handed = Assignment.objects.filter(user=user).exclude(state=State.RELEASED)
    refusing = Q(item__face__subject__in=subjects_left_out(Scope.LABELLING))
    waiting = Q(item__queue__is_open=True) & ~refusing
    handed = handed.filter(waiting | Q(finished_at__isnull=False))
    coded = Coding.objects.filter(coder__user=user)
    return (
        Q(pk__in=handed.order_by().values("item__face"))
        | Q(pk__in=coded.order_by().values("face"))
        | Q(uploaded_by=user)
    )


def visible_codings(user: User, among: CodingQuerySet | None = None) -> CodingQuerySet:
    """Return the codings that `user` may read: of the faces that they see.

    All of these, except for a blind coder: only their own and those of faces not hidden from them.
    """
    codings = Coding.objects.all() if among is None else among
    if not may_see_faces(user):
        return codings.none()
    codings = _of_visible_faces(user, codings)
    hidden = hidden_faces(user)
    if hidden is None:
        return codings
    return codings.filter(Q(coder__user=user) | ~Q(face__in=hidden.values("pk")))


def visible_reviews(user: User, among: ReviewQuerySet | None = None) -> ReviewQuerySet:
    """Return the decisions that `user` may read: each tells what its codings say."""
    reviews = Review.objects.all() if among is None else among
    if not may_see_faces(user):
        return reviews.none()
    reviews = _of_visible_faces(user, reviews)
    hidden = hidden_faces(user)
    if hidden is None:
        return reviews
    return reviews.filter(Q(reviewer=user) | ~Q(face__in=hidden.values("pk")))


def _of_visible_faces(user: User, rows: _Rows) -> _Rows:
    if may_see_every_face(user):
        return rows
    return rows.filter(face__in=visible_faces(user).order_by().values("pk"))


def visible_subjects(user: User) -> QuerySet[Subject]:
    """Return the subjects whose code `user` may read: those of visible faces; all, for auditors."""
    if may_see_every_face(user) or may_see_tags(user):
        return Subject.objects.all()
    return Subject.objects.filter(pk__in=visible_faces(user).order_by().values("subject"))


def visible_queues(user: User, among: QueueQuerySet | None = None) -> QueueQuerySet:
    """Return the queues that `user` may open.

    All of them, for reviewers; for a coder, open ones that have something to code or name them.
    """
    queues = Queue.objects.all() if among is None else among
    if may_decide(user):
        return queues
    if not may_see_faces(user):
        return queues.none()
    codes = Q(pk__in=queues.open_to(user, Stage.CODING).values("pk"), first_stage=Stage.CODING)
    named = Exists(QueueMember.objects.filter(queue=OuterRef("pk"), user=user.pk))
    return queues.filter(codes | named, is_open=True)


def hidden_faces(user: User) -> FaceQuerySet | None:
    """Return the faces whose readings `user` must not see yet; None where no rule hides any."""
    always, in_queue = _rules(user)
    if not always and not in_queue:
        return None
    owed = (
        QueueItem.objects.filter(
            face=OuterRef("pk"), queue__in=_blind_queues(user), stage=Stage.CODING
        )
        .exclude(state=State.COMPLETED)
        .exclude(Exists(_finished(user)))
    )
    own = Coding.objects.filter(face=OuterRef("pk"), coder__user=user, is_withdrawn=False)
    hidden = Q(Exists(owed))
    return Face.objects.filter(hidden | ~Exists(own) if always else hidden)


def hides_anything(user: User) -> bool:
    """Tell whether any face is hidden from `user`: then what reveals all readings must wait."""
    hidden = hidden_faces(user)
    return hidden is not None and hidden.exists()


def is_blind_to(user: User, face: Face) -> bool:
    return bool(hidden_among([face.pk], user))


def hidden_among(faces: Iterable[int], user: User) -> frozenset[int]:
    """Return those of these face ids that are hidden from `user`."""
    hidden = hidden_faces(user)
    if hidden is None:
        return frozenset()
    return frozenset(
        pk
        for chunk in _chunks(faces)
        for pk in hidden.filter(pk__in=chunk).order_by().values_list("pk", flat=True)
    )


def may_see_model(user: User, face: Face) -> bool:
    return may_see_faces(user) and not is_blind_to(user, face)


def readable(faces: FaceQuerySet, user: User) -> FaceQuerySet:
    """Keep faces whose readings `user` may know: what a filter by label may choose from."""
    hidden = hidden_faces(user)
    return faces if hidden is None else faces.exclude(pk__in=hidden.values("pk"))


def of_readable_faces(codings: CodingQuerySet, user: User) -> CodingQuerySet:
    """Keep codings of faces whose readings `user` may know: what a list by label is made of.

    The faces are as in `readable`, each looked up by its coding: to find a page of few in many.
    """
    hidden, codings = hidden_faces(user), _of_visible_faces(user, codings)
    return codings if hidden is None else codings.exclude(_hides(hidden))


def _hides(hidden: FaceQuerySet) -> Exists:
    return Exists(hidden.filter(pk=OuterRef("face")))


def veil(faces: Iterable[Face], user: User) -> list[Face]:
    """Mark, on the instances, the faces whose names and tags must not tell `user` anything.

    In CK+ a sequence's number tells its emotion, and tags invite guesses. Tags are for those who
    need them, too.
    """
    faces = list(faces)
    hidden, needs_tags = hidden_among([face.pk for face in faces], user), may_see_tags(user)
    for face in faces:
        face.is_veiled = face.pk in hidden
        face.shows_tags = needs_tags and not face.is_veiled
    return faces


def veiled_subjects(user: User) -> QuerySet[Subject]:
    """Return the subjects whose tags `user` must not see.

    All of them, for who doesn't need tags; else those with a face that is hidden from `user`.
    """
    if not may_see_tags(user):
        return Subject.objects.all()
    hidden = hidden_faces(user)
    return Subject.objects.none() if hidden is None else Subject.objects.filter(faces__in=hidden)


def hides_queue(user: User, queue: Queue) -> bool:
    """Tell whether the order, target and reasons of `queue` would reveal hidden readings to `user`.

    A blind queue never shows them to its coders, not even for faces that they have coded: a gold
    face's reason is unlike the others'.
    """
    coders = queue.is_blind and (not may_decide(user) or _blind_queues(user, queue).exists())
    if coders:
        return True
    hidden = hidden_faces(user)
    return hidden is not None and queue.items.filter(face__in=hidden.values("pk")).exists()


def first_look(user: User, face: Face) -> datetime | None:
    """Return when `user` was first shown what somebody else says of `face`, if ever."""
    return FirstLook.objects.filter(user=user, face=face).values_list("at", flat=True).first()


def look_at(user: User, faces: Iterable[int]) -> None:
    """Write down that `user` is being shown what others say of the faces with these ids.

    Hidden faces are left out, as nothing of them is shown, and so are those of which nobody else
    has said anything.
    """
    for chunk in _chunks(faces):
        told = Coding.objects.filter(face__in=chunk).exclude(coder__user=user)
        known = FirstLook.objects.filter(user=user, face=OuterRef("face"))
        new = set(told.exclude(Exists(known)).order_by().values_list("face", flat=True))
        if new:
            _record(user, new - hidden_among(new, user))


def hear_of(user: User, face: Face) -> None:
    """Write down that a reviewer's words on `face` reach `user`, who may still be blind to it."""
    if first_look(user, face) is None:
        _record(user, {face.pk})


def look_at_codings(user: User, codings: Iterable[Coding]) -> None:
    """Call `look_at` for the codings among these that say more than `user` said alone."""
    own = Coder.objects.filter(user=user).values_list("pk", flat=True).first()
    look_at(
        user,
        {
            coding.face_id
            for coding in codings
            if coding.coder_id != own or not coding.is_independent
        },
    )


def _record(user: User, faces: Iterable[int]) -> None:
    FirstLook.objects.bulk_create(
        [FirstLook(user=user, face_id=face) for face in sorted(faces)], ignore_conflicts=True
    )


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _rules(user: User) -> tuple[bool, bool]:
    """Tell whether `user` is blind on every face, and whether in some queue, in one query."""
    always = Coder.objects.filter(user=user.pk, codes_blind=True).order_by()
    members = QueueMember.objects.filter(
        user=user.pk, stage=Stage.CODING, queue__is_open=True, queue__is_blind=True
    )
    # Django writes two EXISTS about the user in half again the time.
    rows = always.values_list(Value(_ALWAYS)).union(
        members.order_by().values_list(Value(_IN_QUEUE))
    )
    rules = {rule for (rule,) in rows}
    return _ALWAYS in rules, _IN_QUEUE in rules


def _blind_queues(user: User, queue: Queue | None = None) -> QuerySet[Queue]:
    """Return the open blind queues that name `user` as a coder."""
    queues = Queue.objects.filter(
        is_open=True, is_blind=True, members__user=user.pk, members__stage=Stage.CODING
    )
    return queues if queue is None else queues.filter(pk=queue.pk)


def _finished(user: User) -> QuerySet[Assignment]:
    return Assignment.objects.filter(
        item=OuterRef("pk"), user=user, stage=Stage.CODING, finished_at__isnull=False
    )
