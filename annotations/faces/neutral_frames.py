"""Neutral frames: the picture that begins a sequence, kept to compare its peak with."""

from __future__ import annotations

from django.db import IntegrityError
from django.db.models import Q

from annotations.faces.images import FaceImage
from annotations.faces.rollback import files_with_rows, remove_after_commit, store
from annotations.models import Face, NeutralFrame, Subject
from annotations.problems import InvalidImage


def neutral_of(face: Face) -> NeutralFrame | None:
    """Return the neutral frame to compare `face` with, if any: never its own picture."""
    if not face.sequence:
        return None
    frames = NeutralFrame.objects.filter(subject=face.subject_id, sequence=face.sequence)
    return frames.exclude(sha256=face.sha256).exclude(stored_sha256=face.stored_sha256).first()


def frame_of(face: Face) -> NeutralFrame | None:
    """Return the neutral frame of the sequence that `face` is in, be it its own picture."""
    return NeutralFrame.objects.filter(subject=face.subject_id, sequence=face.sequence).first()


def is_stored(image: FaceImage, *, subject: str, sequence: str, frame: int) -> bool:
    """Tell whether `image` is already the neutral frame of that subject's sequence."""
    same = Q(sha256=image.sha256) | Q(stored_sha256=image.stored_sha256)
    return NeutralFrame.objects.filter(
        same, subject__code=subject, sequence=sequence, frame=frame
    ).exists()


def store_neutral(image: FaceImage, *, subject: Subject, sequence: str, frame: int) -> bool:
    """Store `image` as the neutral frame of a sequence, in place of any other.

    Returns False when it changes nothing. A replaced picture's file is deleted once the transaction
    has succeeded.
    """
    if is_stored(image, subject=subject.code, sequence=sequence, frame=frame):
        return False
    known = NeutralFrame.objects.filter(subject=subject, sequence=sequence).first()
    kept = known or NeutralFrame(subject=subject, sequence=sequence)
    kept.frame = frame
    kept.sha256, kept.stored_sha256 = image.sha256, image.stored_sha256
    kept.width, kept.height = image.width, image.height
    try:
        with files_with_rows():
            remove_after_commit(kept.file)
            store(kept.file, f"{image.stored_sha256}.{image.extension}", image.data)
            kept.save()
    except IntegrityError:
        return _settle_race(image, subject, sequence, frame)
    return True


def _settle_race(image: FaceImage, subject: Subject, sequence: str, frame: int) -> bool:
    """Accept another import's neutral frame if it is the same one; else raise InvalidImage."""
    if is_stored(image, subject=subject.code, sequence=sequence, frame=frame):
        return False
    raise InvalidImage(
        f"Another neutral frame stands for {subject.code} {sequence}.",
        {"neutral": ["Another neutral frame was imported for this sequence meanwhile."]},
    ) from None
