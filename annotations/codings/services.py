"""Writing codings and their coders.

Two writers of one face's truth would each leave their own, so code that changes a truth holds the
face's lock (`annotations.faces.services.lock_face`) in the transaction that also reads the truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from annotations.codings.facts import write_differences, write_facts
from annotations.codings.reading import Reading
from annotations.faces.services import lock_face, lock_faces
from annotations.models import ActionUnitScore, Coder, Coding, Face


def human_coder(user: User) -> Coder:
    """Return the user's coder, created when first needed. Needs no lock: a user has only one."""
    coder, _ = Coder.objects.get_or_create(
        user=user, defaults={"kind": Coder.Kind.HUMAN, "name": user.get_username()}
    )
    return coder


def import_coder(name: str) -> Coder:
    """Return the coder of imports of that name. Needs no lock: a name has only one."""
    coder, _ = Coder.objects.get_or_create(kind=Coder.Kind.IMPORT, name=name)
    return coder


@dataclass(frozen=True)
class Provenance:
    """The origin of a coding: `source` in words, the others as in `annotations.models.Coding`."""

    source: str = ""
    #: Of a prediction: the part of the data that its model met the face's subject in.
    split: str = ""
    quality: str = ""
    pose: Mapping[str, float] | None = None
    distance: float | None = None
    sets: Mapping[str, Any] | None = None
    compared_with: str = ""
    based_on: Coding | None = None
    is_blind: bool = False
    #: All of it was read off the face, nothing taken over from another coding.
    is_independent: bool = True
    #: Columns of a file that have no place of their own.
    extra: Mapping[str, Any] = field(default_factory=dict)


_UNSAID = Provenance()


@transaction.atomic(savepoint=False)
def add_coding(
    face: Face,
    coder: Coder,
    reading: Reading,
    provenance: Provenance = _UNSAID,
    *,
    is_truth: bool = False,
    has_truth: bool = True,
) -> Coding:
    """Write a coding and its scores.

    The caller holds the face's lock if it writes a truth, or if it writes because of what it found
    on the face. The database itself ensures that a model reads a face only once.

    `is_truth`: it becomes the face's ground truth; the former one stays as history. `has_truth`:
    False where the caller, who holds the lock, has seen that there is no former one.
    """
    if is_truth and has_truth:
        face.codings.accepted().update(is_accepted=False)
    is_reading = coder.kind == Coder.Kind.MODEL and not is_truth
    if is_reading:  # a truth that is being written would know nothing of it
        lock_face(face)
    coding = _row(face, coder, reading, provenance, is_truth=is_truth)
    coding.save(force_insert=True)
    ActionUnitScore.objects.bulk_create(score_rows(coding, reading))
    coding.reading = reading
    if is_truth:
        write_facts([face.pk])
    elif is_reading:
        write_differences([coding])
    return coding


@transaction.atomic(savepoint=False)
def add_readings(coder: Coder, read: Sequence[tuple[Face, Reading, Provenance]]) -> list[Coding]:
    """Write a model's readings of some faces at once: the rows that `add_coding` would write.

    All of them or none; the caller's transaction can't go on after an error.

    Raises
    ------
    IntegrityError
        It has read one of the faces already.
    Missing
        A face went meanwhile, as its subject withdrew.
    """
    lock_faces([face for face, _, _ in read])
    codings = Coding.objects.bulk_create(
        _row(face, coder, reading, provenance) for face, reading, provenance in read
    )
    ActionUnitScore.objects.bulk_create(
        row
        for coding, (_, reading, _) in zip(codings, read, strict=True)
        for row in score_rows(coding, reading)
    )
    write_differences(codings)
    return codings


def _row(
    face: Face, coder: Coder, reading: Reading, provenance: Provenance, *, is_truth: bool = False
) -> Coding:
    """Return the row of a coding, not saved yet."""
    return Coding(
        face=face,
        coder=coder,
        coder_kind=coder.kind,
        emotion=reading.emotion,
        basic_emotion=reading.basic_emotion,
        emotion_probabilities=reading.emotion_probabilities,
        confidence=(reading.emotion_probabilities or {}).get(reading.emotion),
        **reading.unit_columns(),
        source=provenance.source,
        split=provenance.split,
        quality=provenance.quality,
        pose=dict(provenance.pose) if provenance.pose else None,
        distance=provenance.distance,
        sets=dict(provenance.sets) if provenance.sets else None,
        compared_with=provenance.compared_with,
        based_on=provenance.based_on,
        is_blind=provenance.is_blind,
        is_independent=provenance.is_independent,
        is_accepted=is_truth,
        extra=dict(provenance.extra),
    )


def score_rows(coding: Coding, reading: Reading) -> list[ActionUnitScore]:
    """Return the scores of `reading` as rows of `coding`, not saved yet."""
    return [
        ActionUnitScore(
            coding=coding,
            au=au,
            present=score.present,
            intensity=score.intensity,
            probability=score.probability,
            side=score.side,
        )
        for au, score in sorted(reading.scores.items())
    ]


@transaction.atomic(savepoint=False)
def make_truth(coding: Coding) -> None:
    """Accept `coding` as its face's ground truth; the former truth stays as history.

    The caller holds the face's lock.
    """
    Coding.objects.filter(face=coding.face_id, is_accepted=True).update(is_accepted=False)
    Coding.objects.filter(pk=coding.pk).update(is_accepted=True)
    coding.is_accepted = True
    write_facts([coding.face_id])


@transaction.atomic(savepoint=False)
def withdraw(coding: Coding) -> None:
    """Take a coding back for its coder: it stays as history, but is nobody's opinion any more.

    The caller holds the face's lock, as the coding may be the truth.
    """
    Coding.objects.filter(pk=coding.pk).update(is_withdrawn=True, is_accepted=False)
    write_facts([coding.face_id])
