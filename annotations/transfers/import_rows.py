"""Writing what the readers read: each row wholly or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from annotations.faces.drawings import mark_drawings
from annotations.faces.images import FaceImage
from annotations.faces.known import face_of
from annotations.faces.neutral_frames import is_stored, store_neutral
from annotations.faces.rollback import files_with_rows
from annotations.faces.services import Place, add_face, check_image, get_or_add_subject
from annotations.formats.readers import (
    LABELS_FILE,
    LabelledImage,
    Parsed,
    RowError,
    SourceRow,
    detect_layout,
    look_into,
    pictures,
    read_ckplus,
    read_labels,
    table_of,
)
from annotations.models import Face, Subject
from annotations.problems import InvalidCoding, InvalidImage
from annotations.tombstones import SubjectWithdrew, check_not_withdrawn
from annotations.transfers import truths
from annotations.transfers.label_coders import coder_for, label_in
from annotations.transfers.options import ImportOptions
from annotations.transfers.row_report import Counts, ImportReport, Outcome
from facsweb.problems import Problem

CKPLUS_CODER = "CK+"
#: What a row error is about where its subject has withdrawn.
WITHDRAWN = "withdrawn"
_LONGEST_NAME = 150

Progress = Callable[[int, int], None]
Refuse = Callable[[SourceRow, Sequence[RowError]], object]

_DEFAULTS = ImportOptions()


def import_folder(
    path: Path,
    *,
    coder_name: str = "",
    unlabelled: bool = False,
    replace_truth: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a folder of any layout. Raises UnreadableSource where it has none.

    `coder_name` says whose labels they are; if it is blank, label_coders.coder_for decides.
    """
    layout = detect_layout(path, unlabelled=unlabelled)
    if layout == "ckplus":
        parsed, default = read_ckplus(path, unlabelled=unlabelled), CKPLUS_CODER
    elif layout == "pictures":
        parsed, default = Parsed(tuple(pictures(path))), LABELS_FILE
    else:
        table = table_of(look_into(path), path)
        parsed, default = read_labels(table, unlabelled=unlabelled), LABELS_FILE
    options = ImportOptions(unlabelled=unlabelled, replace_truth=replace_truth, dry_run=dry_run)
    name = coder_for(coder_name, default, parsed.rows)
    report = import_rows(parsed, coder_name=name, options=options, progress=progress)
    mark_drawings(path)
    return report


def import_rows(
    parsed: Parsed,
    *,
    coder_name: str,
    options: ImportOptions = _DEFAULTS,
    progress: Progress | None = None,
) -> ImportReport:
    """Import all good rows; what is wrong with the others is in the report.

    Parameters
    ----------
    coder_name
        The coder of rows that name nobody. The same labels by the same coder are not written twice.
    options
        `replace_truth` and `dry_run` count here; the readers have heeded the others.
    progress
        Called with (rows done, rows in all).
    """
    errors = list(parsed.errors)
    report = import_each(
        (SourceRow(row.line, row) for row in parsed.rows),
        len(parsed.rows),
        coder_name=coder_name,
        refuse=lambda _, found: errors.extend(found),
        options=options,
        progress=progress,
    )
    return replace(report, skipped=parsed.skipped, errors=tuple(errors), notes=parsed.notes)


def import_each(
    rows: Iterable[SourceRow],
    total: int,
    *,
    coder_name: str,
    refuse: Refuse,
    options: ImportOptions = _DEFAULTS,
    progress: Progress | None = None,
) -> ImportReport:
    """Import rows as they come, however many; pass each refused one to `refuse` at once."""
    take = _check if options.dry_run else _write
    counts = Counts()
    for number, row in enumerate(rows, start=1):
        errors = row.errors
        if row.image is not None:
            image = replace(row.image, coder=row.image.coder or coder_name)
            try:
                counts.add(image, take(image, options.replace_truth))
                if _take_neutral(image, dry_run=options.dry_run):
                    counts.neutral.add((image.subject, image.sequence))
            except Problem as error:
                errors = (_row_error(image, error),)
        if errors:
            refuse(row, errors)
        if progress:
            progress(number, total)
    return counts.report()


def _write(row: LabelledImage, replace_truth: bool) -> Outcome:
    image, label = _image(row), label_in(row)
    check_coder(row)
    if not row.is_labelled and face_of(image) is not None:
        return Outcome(image.stored_sha256, False)  # nothing is said of it, nor whose face it is
    effect = None
    with files_with_rows():
        tags: Mapping[str, Any] = row.demographics
        subject = get_or_add_subject(row.subject, **tags)
        place = Place(subject, row.sequence, row.frame)
        face, created = add_face(image, place, source_name=row.path.name)
        _check_subject(face, row)
        if row.is_labelled:
            effect = truths.import_coding(face, label, replace_truth=replace_truth)
    return Outcome(image.stored_sha256, created, effect)


def _check(row: LabelledImage, replace_truth: bool) -> Outcome:
    """Find out all that `_write` would, without writing."""
    image, label = _image(row), label_in(row)
    check_coder(row)
    _check_tags(row)
    digests = [image.sha256, image.stored_sha256]
    check_not_withdrawn(codes=[row.subject], pictures=digests)
    face = face_of(image)
    if face is None:
        _check_frame_is_free(row)
        return Outcome(image.stored_sha256, True, truths.Effect() if row.is_labelled else None)
    effect = None
    if row.is_labelled:
        _check_subject(face, row)
        effect = truths.effect_of(face, label, replace_truth=replace_truth)
    return Outcome(image.stored_sha256, False, effect)


def _take_neutral(row: LabelledImage, *, dry_run: bool) -> bool:
    """Store the row's neutral frame, or tell in a dry run whether it would be stored.

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
        return check_image(data)
    except InvalidImage as error:
        message = f"{complaint}: {error.detail}"
        raise InvalidImage(message, {field: [message]}) from None


def check_coder(row: LabelledImage) -> None:
    """Raise InvalidCoding where the name of the row's coder can't be stored."""
    if len(row.coder) > _LONGEST_NAME or not row.coder.isprintable():
        message = f"A coder's name has at most {_LONGEST_NAME} characters, all of them printable."
        raise InvalidCoding(message, {"coder": [message]})


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


def _row_error(row: LabelledImage, error: Problem) -> RowError:
    if isinstance(error, SubjectWithdrew):
        return row.refuse(WITHDRAWN, error.detail)
    field = next(iter(error.fields), "row")
    reasons = " ".join(error.fields.get(field, []))
    return row.refuse(field, reasons or error.detail)
