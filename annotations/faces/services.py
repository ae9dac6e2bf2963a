"""Writes of faces and of whose they are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from annotations.faces.images import FaceImage, UnreadableImage, read_image
from annotations.faces.rollback import files_with_rows, store
from annotations.models import Face, Subject
from annotations.problems import InvalidCoding, InvalidImage


def check_image(data: bytes) -> FaceImage:
    """Read an image that somebody sent, within the sizes that are set. Raises InvalidImage.

    Needs neither lock nor transaction: it takes long, and SQLite has one write lock for all.
    """
    try:
        return read_image(
            data, max_bytes=settings.FACE_MAX_BYTES, max_pixels=settings.FACE_MAX_PIXELS
        )
    except UnreadableImage as error:
        raise InvalidImage(str(error), {"image": [str(error)]}) from None


def get_or_add_subject(code: str, *, known: Subject | None = None, **demographics: Any) -> Subject:
    """Return the subject of that code; blanks of a known one are filled in, never overwritten.

    Needs no lock: who comes second with a new code finds the first one's row. `known` spares the
    look for a subject that the caller has.
    """
    subject = known or Subject.objects.filter(code=code).first() or Subject(code=code)
    missing = {
        name: value for name, value in demographics.items() if value and not getattr(subject, name)
    }
    if subject.pk and not missing:
        return subject
    for name, value in missing.items():
        setattr(subject, name, value)
    try:
        subject.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise InvalidCoding(f"Subject {code!r} is not valid.", error.message_dict) from None
    try:
        with transaction.atomic():
            subject.save()
    except IntegrityError:  # somebody else was quicker with the same code
        return get_or_add_subject(code, **demographics)
    return subject


def add_face(
    image: FaceImage,
    *,
    subject: Subject,
    sequence: str = "",
    frame: int | None = None,
    source_name: str = "",
    user: User | None = None,
    created_at: datetime | None = None,
    seems_new: bool = False,
) -> tuple[Face, bool]:
    """Store an image as a face. The same image twice is the same face: (face, created).

    Needs no lock: the digest is unique, and who comes second finds the first one's row.
    `source_name` is the file name under which it came in, without folders.

    Its files go with its row: within `files_with_rows` also when that fails later. `seems_new`
    spares the look for the image where the caller has just looked.
    """
    known = None if seems_new else Face.objects.filter(sha256=image.sha256).first()
    if known is not None:
        keep_source_name(known, source_name)
        return known, False
    face = Face(
        subject=subject,
        sequence=sequence,
        frame=frame,
        source_name=_last_part(source_name),
        sha256=image.sha256,
        width=image.width,
        height=image.height,
        colour_mode=image.colour_mode,
        uploaded_by=user,
        created_at=created_at or timezone.now(),
    )
    try:
        with files_with_rows():
            store(face.file, f"{image.sha256}.{image.extension}", image.data)
            store(face.thumbnail, f"{image.sha256}.jpg", image.thumbnail)
            face.save()
    except IntegrityError:
        known = Face.objects.filter(sha256=image.sha256).first()
        if known is None:
            raise InvalidImage(
                f"Another image stands for {subject.code} {sequence} frame {frame}.",
                {"frame": ["Another image has this subject, sequence and frame."]},
            ) from None
        return known, False
    return face, True


def keep_source_name(face: Face, name: str) -> None:
    """Remember under which file name a known picture came in, where none is known. The first
    one stays: a picture that is sent again under another name is called by the first."""
    name = _last_part(name)
    if name and not face.source_name:
        Face.objects.filter(pk=face.pk, source_name="").update(source_name=name)
        face.source_name = name


def _last_part(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2].replace("\0", "")[-255:]


def lock_face(face: Face) -> None:
    """Let one writer at a face, until the end of the transaction that the caller is in.

    A row lock on PostgreSQL; SQLite's IMMEDIATE transactions lock the whole file.
    """
    if connection.features.has_select_for_update:
        Face.objects.select_for_update().only("pk").get(pk=face.pk)
