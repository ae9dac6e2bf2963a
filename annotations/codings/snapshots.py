"""Taking a snapshot of the ground truth."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from django.db import transaction

from annotations.measures.groups import DIMENSIONS
from annotations.models import Coding, Snapshot, SnapshotFace, SnapshotSubject, Subject

_BATCH = 1000


def take_snapshot(codings: Iterable[Coding]) -> Snapshot:
    """Keep which codings are the truth, and in which groups their subjects are.

    Where nothing has changed since an earlier one, that one is returned.

    Parameters
    ----------
    codings
        The truth of one face each, with face, subject and scores fetched; read once, as a stream.
    """
    lines, members, people = [], [], {}
    for coding in codings:
        # The id counts too: a label that was taken back and given again is another coding.
        lines.append(json.dumps(_row(coding)))
        members.append((coding.face_id, coding.pk))
        people[coding.face.subject_id] = coding.face.subject
    digest = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
    with transaction.atomic():
        snapshot, is_new = Snapshot.objects.get_or_create(
            sha256=digest, defaults={"faces": len(members), "subjects": len(people)}
        )
        if is_new:
            _keep(snapshot, members, people.values())
    return snapshot


def _keep(snapshot: Snapshot, members: list[tuple[int, int]], people: Iterable[Subject]) -> None:
    faces = (
        SnapshotFace(snapshot=snapshot, face_id=face, coding_id=coding) for face, coding in members
    )
    SnapshotFace.objects.bulk_create(faces, batch_size=_BATCH)
    subjects = (SnapshotSubject(snapshot=snapshot, subject=each, **_tags(each)) for each in people)
    SnapshotSubject.objects.bulk_create(subjects, batch_size=_BATCH)


def _tags(subject: Subject) -> dict[str, str]:
    return {name: getattr(subject, name) for name in DIMENSIONS}


def _row(coding: Coding) -> list[object]:
    face, subject = coding.face, coding.face.subject
    scores = sorted((score.au, score.present) for score in coding.scores.all())
    return [coding.pk, face.pk, face.sha256, subject.code, _tags(subject), coding.emotion, scores]
