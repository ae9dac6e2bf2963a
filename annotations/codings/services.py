"""Writes of codings and of who made them.

Two writers of one face's truth would each leave theirs: whoever changes a truth holds the lock of
its face (`annotations.faces.services.lock_face`) in the transaction that also looks at the truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from annotations.codings.reading import Reading
from annotations.models import ActionUnitScore, Coder, Coding, Face


def human_coder(user: User) -> Coder:
    """Return the coder that `user` is, made at first need. Needs no lock: a user has one."""
    coder, _ = Coder.objects.get_or_create(
        user=user, defaults={"kind": Coder.Kind.HUMAN, "name": user.get_username()}
    )
    return coder


def import_coder(name: str) -> Coder:
    """Return the coder that imports of that name speak for. Needs no lock: a name has one."""
    coder, _ = Coder.objects.get_or_create(kind=Coder.Kind.IMPORT, name=name)
    return coder


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

    The caller holds the face's lock if it writes a truth, or because of what it found on the face.
    That a model reads a face once the database keeps by itself.

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
    ActionUnitScore.objects.bulk_create(score_rows(coding, reading))
    return coding


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


def withdraw(coding: Coding) -> None:
    """Take a coding back for its coder: it stays as history, and is nobody's opinion any more.

    The caller holds the face's lock, as the coding may be the truth.
    """
    Coding.objects.filter(pk=coding.pk).update(is_withdrawn=True, is_accepted=False)
