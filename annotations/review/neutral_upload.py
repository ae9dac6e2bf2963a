"""The neutral frame of a face's sequence, brought by somebody who uploads faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from annotations.faces.images import FaceImage
from annotations.faces.neutral_frames import frame_of, is_stored, store_neutral
from annotations.faces.rollback import files_with_rows
from annotations.faces.services import check_image, lock_face
from annotations.models import Face, NeutralFrame
from annotations.problems import InvalidImage
from annotations.review.permissions import upload_policy
from facsweb.audit.services import record


@dataclass(frozen=True)
class NeutralUpload:
    """The outcome: `created` where the sequence had no neutral frame before."""

    neutral: NeutralFrame
    created: bool
    changed: bool


def upload_neutral(user: User, face: Face, data: bytes, frame: int) -> NeutralUpload:
    """Store a picture as the neutral frame of a face's sequence; the same one changes nothing.

    Raises
    ------
    InvalidImage
        The face is in no sequence, the picture is no image or the face's own, or a face has that
        frame.
    Forbidden
        `user` may not, or it would take another picture's place, which only an admin may do.
    """
    upload_policy.check(user, "neutral", face)
    if not face.sequence:
        raise InvalidImage(
            "This face is in no sequence, so it can have no neutral frame. Upload it with "
            "`sequence`, or import it again with one.",
            {"sequence": ["The face has none."]},
        )
    image = check_image(data)
    _check_not_its_own(image, face)
    with files_with_rows():
        lock_face(face)
        known = frame_of(face)
        place: dict[str, Any] = {"sequence": face.sequence, "frame": frame}
        if known is not None and not is_stored(image, subject=face.subject.code, **place):
            upload_policy.check(user, "replace_neutral", face)
        _check_frame_is_free(face, frame)
        changed = store_neutral(image, subject=face.subject, **place)
        kept = frame_of(face)
        assert kept is not None  # as it was stored, or was there
        if changed:
            act = "neutral.uploaded" if known is None else "neutral.replaced"
            record(act, user, kept, {"face": face.pk})
    return NeutralUpload(kept, known is None, changed)


def _check_not_its_own(image: FaceImage, face: Face) -> None:
    if image.sha256 == face.sha256 or image.stored_sha256 == face.stored_sha256:
        raise InvalidImage(
            "This is the face's own picture. Send the picture that its sequence begins with, "
            "before the face moves.",
            {"image": ["This is the face's own picture."]},
        )


def _check_frame_is_free(face: Face, frame: int) -> None:
    """Refuse the number of another picture of the sequence: an export names pictures by it."""
    if Face.objects.filter(subject=face.subject_id, sequence=face.sequence, frame=frame).exists():
        raise InvalidImage(
            f"Frame {frame} of this sequence is a face. Give the neutral frame's own number.",
            {"frame": ["A face of this sequence has this number."]},
        )
