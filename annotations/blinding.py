"""Who sees nobody's reading of a face before giving their own (anchoring bias).

A coder is blind on every face (`Coder.codes_blind`), or on those of a blind queue that names them.
Either ends with their own coding of the face.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from annotations.models import Assignment, Coder, Coding, Face, Queue, QueueItem, Stage, State
from annotations.permissions import may_see_faces
from annotations.querysets import FaceQuerySet


def hidden_faces(user) -> FaceQuerySet | None:
    """Faces whose readings `user` must not see yet; None where there is no such rule."""
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


def is_blind_to(user, face: Face) -> bool:
    hidden = hidden_faces(user)
    return hidden is not None and hidden.filter(pk=face.pk).exists()


def may_see_model(user, face: Face) -> bool:
    return may_see_faces(user) and not is_blind_to(user, face)


def readable(faces: FaceQuerySet, user) -> FaceQuerySet:
    """Those whose readings `user` may know: what a filter by label may choose from."""
    hidden = hidden_faces(user)
    return faces if hidden is None else faces.exclude(pk__in=hidden.values("pk"))


def _rules(user) -> tuple[bool, bool]:
    """Whether `user` is blind on every face, and whether in some queue."""
    always = Coder.objects.filter(user=user.pk, codes_blind=True).exists()
    return always, _blind_queues(user).exists()


def _blind_queues(user):
    return Queue.objects.filter(
        is_open=True, is_blind=True, members__user=user.pk, members__stage=Stage.CODING
    )


def _finished(user):
    return Assignment.objects.filter(
        item=OuterRef("pk"), user=user, stage=Stage.CODING, finished_at__isnull=False
    )
