"""Writing what the importers read: each row wholly or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from annotations import services
from annotations.exceptions import AnnotationError, InvalidCoding, InvalidImage
from annotations.images import FaceImage
from annotations.importers import (
    LABELS_FILE,
    LabelledImage,
    Parsed,
    RowError,
    SourceRow,
    detect_layout,
    read_ckplus,
    read_labels,
)
from annotations.models import Coder, Face, Subject
from annotations.neutral import is_stored, store_neutral
from annotations.services import Reading, Score

CKPLUS_CODER = "CK+"

Progress = Callable[[int, int], None]
Refuse = Callable[[SourceRow, Sequence[RowError]], object]


@dataclass(frozen=True)
class ImportReport:
    """What an import wrote; in a dry run, what it would have written."""

    faces_created: int = 0
    codings_created: int = 0
    neutral_created: int = 0
    unchanged: int = 0
    skipped: int = 0
    errors: tuple[RowError, ...] = ()


@dataclass(frozen=True)
class _Outcome:
    face_created: bool
    coding_created: bool


def import_folder(
    path: Path, *, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Import a folder of either layout. Raises UnreadableSource where it has neither."""
    if detect_layout(path) == "ckplus":
        parsed, coder_name = read_ckplus(path), CKPLUS_CODER
    else:
        parsed, coder_name = read_labels(path / LABELS_FILE), LABELS_FILE
    return import_rows(parsed, coder_name=coder_name, dry_run=dry_run, progress=progress)


def import_rows(
    parsed: Parsed, *, coder_name: str, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Import all good rows; what is wrong with the others is in the report.

    Parameters
    ----------
    coder_name
        Whose codings they become. The same labels by the same coder are not written twice.
    dry_run
        Read and check everything, write nothing.
    progress
        Called with (rows done, rows in all).
    """
    errors = list(parsed.errors)
    report = import_each(
        (SourceRow(row.line, row) for row in parsed.rows),
        len(parsed.rows),
        coder_name=coder_name,
        refuse=lambda _, found: errors.extend(found),
        dry_run=dry_run,
        progress=progress,
    )
    return replace(report, skipped=parsed.skipped, errors=tuple(errors))


def import_each(
    rows: Iterable[SourceRow],
    total: int,
    *,
    coder_name: str,
    refuse: Refuse,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import rows as they come, however many; each that is refused goes to `refuse` at once."""
    take = _check if dry_run else _write
    counts: Counter[str] = Counter()
    neutral: set[tuple[str, str]] = set()  # a sequence with two peaks still has but one
    for number, row in enumerate(rows, start=1):
        errors = row.errors
        if row.image is not None:
            try:
                outcome = take(row.image, coder_name)
                counts["faces_created"] += outcome.face_created
                counts["codings_created"] += outcome.coding_created
                counts["unchanged"] += not outcome.coding_created
                if _take_neutral(row.image, dry_run=dry_run):
                    neutral.add((row.image.subject, row.image.sequence))
            except AnnotationError as error:
                errors = (_row_error(row.image, error),)
        if errors:
            refuse(row, errors)
        if progress:
            progress(number, total)
    return ImportReport(**counts, neutral_created=len(neutral))


def _write(row: LabelledImage, coder_name: str) -> _Outcome:
    image, reading = _image(row), _reading(row)
    face, created = None, False
    try:
        with transaction.atomic():
            subject = services.get_or_add_subject(row.subject, **row.demographics)
            face, created = services.add_face(
                image,
                subject=subject,
                sequence=row.sequence,
                frame=row.frame,
                source_name=row.path.name,
            )
            _check_subject(face, row)
            coded = services.import_coding(
                face,
                reading,
                coder=services.import_coder(coder_name),
                source=row.source,
                extra=row.extra,
            )
    except BaseException:
        if face is not None and created:  # its row is rolled back; its files would stay
            face.file.delete(save=False)
            face.thumbnail.delete(save=False)
        raise
    return _Outcome(created, coded)


def _check(row: LabelledImage, coder_name: str) -> _Outcome:
    """All that `_write` would find, without writing."""
    image, reading = _image(row), _reading(row)
    _check_tags(row)
    face = Face.objects.select_related("subject").filter(sha256=image.sha256).first()
    if face is None:
        _check_frame_is_free(row)
        return _Outcome(face_created=True, coding_created=True)
    _check_subject(face, row)
    earlier = (
        face.codings.filter(coder__kind=Coder.Kind.IMPORT, coder__name=coder_name)
        .prefetch_related("scores")
        .first()
    )
    same = (
        earlier is not None
        and services.reading_of(earlier) == reading
        and earlier.extra == dict(row.extra)
    )
    return _Outcome(face_created=False, coding_created=not same)


def _take_neutral(row: LabelledImage, *, dry_run: bool) -> bool:
    """Keep what the row's sequence begins with, or find out whether that would be written.

    It comes after the peak, in a transaction of its own: what is wrong with it is no fault of
    the peak's.
    """
    if row.neutral is None:
        return False
    image = _read(row.neutral, "neutral", f"Unreadable neutral frame {row.neutral.name}")
    frame = int(row.neutral.stem.rpartition("_")[2])
    place: dict[str, Any] = {"sequence": row.sequence, "frame": frame}
    if dry_run:
        return not is_stored(image, subject=row.subject, **place)
    return store_neutral(image, subject=Subject.objects.get(code=row.subject), **place)


def _image(row: LabelledImage) -> FaceImage:
    return _read(row.path, "image", "Unreadable image")


def _read(path: Path, field: str, complaint: str) -> FaceImage:
    try:
        with path.open("rb") as file:
            data = file.read(settings.FACE_MAX_BYTES + 1)  # one more tells that it is too big
    except OSError as error:
        message = f"{complaint}: {error.strerror}."
        raise InvalidImage(message, {field: [message]}) from None
    try:
        return services.check_image(data)
    except InvalidImage as error:
        message = f"{complaint}: {error.detail}"
        raise InvalidImage(message, {field: [message]}) from None


def _reading(row: LabelledImage) -> Reading:
    return Reading(
        emotion=row.emotion,
        basic_emotion=row.basic_emotion,
        scores={
            au: Score(score.present, score.intensity) for au, score in row.action_units.items()
        },
    )


def _check_subject(face: Face, row: LabelledImage) -> None:
    if face.subject.code != row.subject:
        message = f"This image is known as one of {face.subject.code}, not of {row.subject}."
        raise InvalidCoding(message, {"subject": [message]})


def _check_tags(row: LabelledImage) -> None:
    subject = Subject(code=row.subject, **row.demographics)
    try:
        subject.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise InvalidCoding(f"Subject {row.subject!r} is not valid.", error.message_dict) from None


def _check_frame_is_free(row: LabelledImage) -> None:
    taken = row.frame is not None and Face.objects.filter(
        subject__code=row.subject, sequence=row.sequence, frame=row.frame
    )
    if taken and taken.exists():
        message = "Another image has this subject, sequence and frame."
        raise InvalidImage(message, {"frame": [message]})


def _row_error(row: LabelledImage, error: AnnotationError) -> RowError:
    field = next(iter(error.fields), "row")
    reasons = " ".join(error.fields.get(field, []))
    return row.refuse(field, reasons or error.detail)
