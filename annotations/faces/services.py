"""Writing faces and their subjects."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from annotations.faces.images import FaceImage, UnreadableImage, read_image
from annotations.faces.known import face_of
from annotations.faces.rollback import files_with_rows, store
from annotations.models import Face, Subject
from annotations.problems import InvalidCoding, InvalidImage
from annotations.tombstones import check_not_withdrawn, picture_digests
from facsweb.problems import Missing


def check_image(data: bytes) -> FaceImage:
    """Read an image that somebody sent, within the configured sizes. Raises InvalidImage.

    Needs neither lock nor transaction, so keep it out of them: it takes long, and SQLite has one
    write lock for all.
    """
    try:
        return read_image(
            data, max_bytes=settings.FACE_MAX_BYTES, max_pixels=settings.FACE_MAX_PIXELS
        )
    except UnreadableImage as error:
        raise InvalidImage(str(error), {"image": [str(error)]}) from None


def get_or_add_subject(code: str, *, known: Subject | None = None, **demographics: Any) -> Subject:
    """Return the subject with that code; fill in blanks of a known one, but overwrite nothing.

    Needs no lock: the second writer of a new code finds the first one's row. `known` saves looking
    up a subject that the caller has.
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


@dataclass(frozen=True)
class Place:
    """The subject of a picture, and where in that subject's recordings it stands."""

    subject: Subject
    sequence: str = ""
    frame: int | None = None


def add_face(
    image: FaceImage,
    place: Place,
    *,
    source_name: str = "",
    user: User | None = None,
    created_at: datetime | None = None,
    seems_new: bool = False,
) -> tuple[Face, bool]:
    """Store an image as a face; return (face, created). The same image twice is the same face,
    also with other metadata.

    Needs no lock: the digest is unique, and the second writer finds the first one's row.
    `source_name` is the file name under which it came in, without folders.

    Its files go if its row does: within `files_with_rows`, also when that fails later. `seems_new`
    saves looking for the image where the caller has just done so.
    """
    known = None if seems_new else face_of(image)
    if known is not None:
        keep_source_name(known, source_name)
        return known, False
    face = _row(image, place, source_name, user, created_at)
    try:
        with files_with_rows():
            _store_files(face, image)
            face.save()
    except IntegrityError:
        known = face_of(image)
        if known is None:
            raise InvalidImage(
                f"Another image stands for {place.subject.code} {place.sequence} "
                f"frame {place.frame}.",
                {"frame": ["Another image has this subject, sequence and frame."]},
            ) from None
        return known, False
    return face, True


def add_new_faces(new: Sequence[tuple[FaceImage, Place, str]], user: User | None) -> list[Face]:
    """Store images that nobody seems to have sent yet, by one statement: all of them or none.

    Parameters
    ----------
    new
        Images, where they stand, and the file names under which they came.
    user
        Who sent them.

    Raises
    ------
    IntegrityError
        One of them is here already, or another image has its place.
    SubjectWithdrew
    """
    faces = [_row(image, place, name, user, None) for image, place, name in new]
    with files_with_rows():
        # No row is saved by itself here, so nothing hears of it (annotations/withdrawal/receivers).
        check_not_withdrawn(
            codes={face.subject.code for face in faces},
            pictures={digest for face in faces for digest in picture_digests(face)},
        )
        for face, (image, _, _) in zip(faces, new, strict=True):
            _store_files(face, image)
        return Face.objects.bulk_create(faces)


def _row(
    image: FaceImage, place: Place, name: str, user: User | None, created_at: datetime | None
) -> Face:
    return Face(
        subject=place.subject,
        sequence=place.sequence,
        frame=place.frame,
        source_name=_last_part(name),
        sha256=image.sha256,
        stored_sha256=image.stored_sha256,
        width=image.width,
        height=image.height,
        colour_mode=image.colour_mode,
        uploaded_by=user,
        created_at=created_at or timezone.now(),
    )


def _store_files(face: Face, image: FaceImage) -> None:
    store(face.file, f"{image.stored_sha256}.{image.extension}", image.data)


def keep_source_name(face: Face, name: str) -> None:
    """Remember the file name under which a known picture came in, if it has none yet.

    The first one stays: a picture that is sent again under another name keeps its first name.
    """
    name = _last_part(name)
    if name and not face.source_name:
        Face.objects.filter(pk=face.pk, source_name="").update(source_name=name)
        face.source_name = name


def _last_part(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2].replace("\0", "")[-255:]


def lock_face(face: Face) -> None:
    """Lock a face for one writer, until the end of the transaction that the caller is in.

    A row lock on PostgreSQL; SQLite's IMMEDIATE transactions lock the whole file.

    Raises
    ------
    Missing
        The face went meanwhile, as its subject withdrew.
    """
    lock_faces([face])


def lock_faces(faces: Collection[Face]) -> None:
    """Lock several faces as `lock_face` does, always in the same order.

    Raises
    ------
    Missing
    """
    wanted = {face.pk for face in faces}
    rows = Face.objects.filter(pk__in=wanted).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    if len(rows.values_list("pk", flat=True)) < len(wanted):
        raise Missing("This face is gone.")
