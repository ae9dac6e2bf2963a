"""Every write of a face, a coding or a review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from annotations import facs
from annotations.faces.images import FaceImage, UnreadableImage, read_image
from annotations.models import ActionUnitScore, Coder, Coding, Face, Subject
from annotations.problems import InvalidCoding, InvalidImage


@dataclass(frozen=True)
class Score:
    """Presence of one action unit, with what else the coder said of it."""

    present: bool
    intensity: str = ""
    probability: float | None = None
    #: FACS's L, R, T or B where the unit shows on a part of the face only.
    side: str = ""


@dataclass(frozen=True)
class Reading:
    """What a coder says of a face. An action unit that is not in `scores` was not coded."""

    emotion: str = ""
    scores: Mapping[int, Score] = field(default_factory=dict)
    basic_emotion: str = ""
    emotion_probabilities: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        if self.emotion not in {"", *facs.EMOTIONS}:
            raise InvalidCoding(
                f"Unknown emotion {self.emotion!r}: use one of {', '.join(facs.EMOTIONS)}.",
                {"emotion": [f"Use one of {', '.join(facs.EMOTIONS)}."]},
            )
        for au, score in self.scores.items():
            _check_score(au, score)


def _check_score(au: int, score: Score) -> None:
    if au not in facs.ACTION_UNITS:
        raise InvalidCoding(
            f"AU{au} is not a FACS action unit known here.", {"action_units": [f"AU{au}"]}
        )
    if score.intensity and (score.intensity not in facs.INTENSITIES or not score.present):
        raise InvalidCoding(
            f"AU{au}: intensity is A to E, and only of a present action unit.",
            {"action_units": [f"AU{au}"]},
        )
    if score.side and (score.side not in ActionUnitScore.Side.values or not score.present):
        raise InvalidCoding(
            f"AU{au}: a side is L, R, T or B, and only of a present action unit.",
            {"action_units": [f"AU{au}"]},
        )


def reading_of(coding: Coding) -> Reading:
    """The coding as a plain value, for comparing and copying."""
    return Reading(
        emotion=coding.emotion,
        basic_emotion=coding.basic_emotion,
        emotion_probabilities=coding.emotion_probabilities,
        scores={
            score.au: Score(score.present, score.intensity, score.probability, score.side)
            for score in coding.scores.all()
        },
    )


def human_coder(user: User) -> Coder:
    coder, _ = Coder.objects.get_or_create(
        user=user, defaults={"kind": Coder.Kind.HUMAN, "name": user.get_username()}
    )
    return coder


def import_coder(name: str) -> Coder:
    coder, _ = Coder.objects.get_or_create(kind=Coder.Kind.IMPORT, name=name)
    return coder


def check_image(data: bytes) -> FaceImage:
    try:
        return read_image(
            data, max_bytes=settings.FACE_MAX_BYTES, max_pixels=settings.FACE_MAX_PIXELS
        )
    except UnreadableImage as error:
        raise InvalidImage(str(error), {"image": [str(error)]}) from None


def get_or_add_subject(code: str, *, known: Subject | None = None, **demographics: Any) -> Subject:
    """The subject of that code; blanks of a known one are filled in, never overwritten.

    `known` spares the look for a subject that the caller has.
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

    `source_name` is the file name under which it came in, without folders.

    Files that were written for a row that is not kept are removed again. `seems_new` spares the
    look for the image where the caller has just looked.
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
        with transaction.atomic():
            face.file.save(f"{image.sha256}.{image.extension}", ContentFile(image.data), save=False)
            face.thumbnail.save(f"{image.sha256}.jpg", ContentFile(image.thumbnail), save=False)
            face.save()
    except IntegrityError:
        _remove_files(face)
        known = Face.objects.filter(sha256=image.sha256).first()
        if known is None:
            raise InvalidImage(
                f"Another image stands for {subject.code} {sequence} frame {frame}.",
                {"frame": ["Another image has this subject, sequence and frame."]},
            ) from None
        return known, False
    except BaseException:
        _remove_files(face)
        raise
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


def _remove_files(face: Face) -> None:
    for stored in (face.file, face.thumbnail):
        if stored.name:
            stored.delete(save=False)


@transaction.atomic(savepoint=False)
def add_coding(
    face: Face,
    coder: Coder,
    reading: Reading,
    *,
    source: str = "",
    split: str = "",
    quality: str = "",
    based_on: Coding | None = None,
    is_blind: bool = False,
    is_independent: bool = True,
    is_truth: bool = False,
    extra: Mapping[str, Any] | None = None,
) -> Coding:
    """Write a coding and its scores.

    `is_independent`: all of it was read off the face, nothing taken over from another coding.
    `is_truth`: as the face's ground truth, in the place of the former, which stays as history.
    """
    if is_truth:
        face.codings.accepted().update(is_accepted=False)
    coding = Coding.objects.create(
        face=face,
        coder=coder,
        coder_kind=coder.kind,
        emotion=reading.emotion,
        basic_emotion=reading.basic_emotion,
        emotion_probabilities=reading.emotion_probabilities,
        confidence=(reading.emotion_probabilities or {}).get(reading.emotion),
        source=source,
        split=split,
        quality=quality,
        based_on=based_on,
        is_blind=is_blind,
        is_independent=is_independent,
        is_accepted=is_truth,
        extra=dict(extra or {}),
    )
    ActionUnitScore.objects.bulk_create(
        ActionUnitScore(
            coding=coding,
            au=au,
            present=score.present,
            intensity=score.intensity,
            probability=score.probability,
            side=score.side,
        )
        for au, score in sorted(reading.scores.items())
    )
    return coding


@transaction.atomic(savepoint=False)
def make_truth(coding: Coding) -> None:
    """Accept `coding` as its face's ground truth; the former truth stays as history."""
    Coding.objects.filter(face=coding.face_id, is_accepted=True).update(is_accepted=False)
    Coding.objects.filter(pk=coding.pk).update(is_accepted=True)
    coding.is_accepted = True


def withdraw(coding: Coding) -> None:
    """Its coder takes it back: it stays as history, and is nobody's opinion any more."""
    Coding.objects.filter(pk=coding.pk).update(is_withdrawn=True, is_accepted=False)


def lock_face(face: Face) -> None:
    """One writer per face: a row lock on PostgreSQL; SQLite's IMMEDIATE locks the whole file."""
    if connection.features.has_select_for_update:
        Face.objects.select_for_update().only("pk").get(pk=face.pk)
