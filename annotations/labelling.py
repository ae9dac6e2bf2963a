"""What a client of the API does to faces: upload one, label one. All or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import transaction

from annotations.exceptions import NotAllowed
from annotations.models import Coding, Face, Review
from annotations.permissions import may_propose
from annotations.reviewing import review_face
from annotations.services import (
    Reading,
    Score,
    add_face,
    check_image,
    get_or_add_subject,
    reading_of,
)


@dataclass(frozen=True)
class Upload:
    face: Face
    created: bool
    #: What `then` answered: the id of the inference run that was asked for, if any.
    inference_run: int | None = None


def upload_face(
    user,
    data: bytes,
    *,
    subject: str,
    demographics: Mapping[str, str] | None = None,
    sequence: str = "",
    frame: int | None = None,
    reading: Reading | None = None,
    then: Callable[[Face], int | None] | None = None,
) -> Upload:
    """Store an image with its label. The same image again changes nothing.

    The label becomes the truth where `user` may decide, else a proposal. Whatever fails, in the
    label or in `then`, leaves neither rows nor files.
    """
    if not may_propose(user):
        raise NotAllowed("Your role does not allow this. Ask an admin for the coder role.")
    image = check_image(data)
    known = Face.objects.filter(sha256=image.sha256).first()
    if known is not None:
        return Upload(known, created=False)
    stored: list[Face] = []
    try:
        with transaction.atomic():
            person = get_or_add_subject(subject, **(demographics or {}))
            face, created = add_face(
                image, subject=person, sequence=sequence, frame=frame, user=user
            )
            if not created:  # another request was quicker with the same image
                return Upload(face, created=False)
            stored.append(face)
            if reading is not None:
                review_face(
                    face, user, Review.Decision.CORRECT, seen=None, reading=reading, origin="API"
                )
            return Upload(face, created=True, inference_run=then(face) if then else None)
    except BaseException:
        for face in stored:
            face.file.delete(save=False)
            face.thumbnail.delete(save=False)
        raise


def label_face(
    face: Face,
    user,
    *,
    emotion: str | None,
    scores: Mapping[int, Score],
    seen: int | None,
    comment: str = "",
) -> Coding:
    """Correct the truth, or propose a coding. Emotion None keeps the emotion of the truth."""
    if emotion is None and not scores:
        reading = None
    else:
        # `review_face` refuses when this isn't the truth any more.
        seen_codings = Coding.objects.visible_to(user).filter(face=face, pk=seen)
        truth = seen_codings.prefetch_related("scores").first()
        former = reading_of(truth) if truth else Reading()
        kept = {au: _with_intensity(score, former.scores.get(au)) for au, score in scores.items()}
        reading = Reading(former.emotion if emotion is None else emotion, kept)
    review = review_face(
        face,
        user,
        Review.Decision.CORRECT,
        seen=seen,
        reading=reading,
        comment=comment,
        origin="API",
    )
    return review.result


def _with_intensity(score: Score, former: Score | None) -> Score:
    """ "Present" alone leaves the intensity as it was."""
    if former and score.present and former.present and not score.intensity:
        return Score(True, former.intensity)
    return score
