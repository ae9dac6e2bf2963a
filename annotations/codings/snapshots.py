"""Taking a snapshot of the ground truth."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from django.db import transaction

from annotations.measures.groups import DIMENSIONS
from annotations.models import ActionUnitScore, Snapshot, SnapshotFace, SnapshotSubject
from annotations.models.querysets import CodingQuerySet

#: Codings whose scores are read at once, and rows that are written at once.
_BATCH = 1000
_COLUMNS = (
    "pk", "face_id", "face__sha256", "face__file", "face__subject_id", "face__subject__code",
    "emotion", *(f"face__subject__{name}" for name in DIMENSIONS),
)  # fmt: skip


class Truth(NamedTuple):
    """A coding that is a face's truth, with all that a snapshot and a training read of it.

    Attributes
    ----------
    coding, face, subject
        Ids.
    file
        The picture's name in the storage.
    code
        The subject's.
    groups
        The subject's tag in each demographic dimension.
    scores
        Action unit -> whether it is present, by unit.
    """

    coding: int
    face: int
    sha256: str
    file: str
    subject: int
    code: str
    emotion: str
    groups: dict[str, str]
    scores: dict[int, bool]


def read_truths(codings: CodingQuerySet) -> Iterator[Truth]:
    """Yield codings of one face each, by the faces' ids.

    Tuples, not instances: a training of 100,000 faces reads 1.5 million scores.
    """
    rows = codings.order_by("face_id").values_list(*_COLUMNS).iterator(chunk_size=_BATCH)
    while chunk := list(islice(rows, _BATCH)):
        scores = _scores([row[0] for row in chunk])
        for pk, face, sha256, file, subject, code, emotion, *tags in chunk:
            groups = dict(zip(DIMENSIONS, tags, strict=True))
            known = scores.get(pk, {})
            yield Truth(pk, face, sha256, file, subject, code, emotion, groups, known)


def _scores(codings: Sequence[int]) -> dict[int, dict[int, bool]]:
    found: dict[int, dict[int, bool]] = {}
    for pk, au, present in ActionUnitScore.objects.filter(coding__in=codings).as_presence():
        found.setdefault(pk, {})[au] = bool(present)
    return found


def take_snapshot(truths: Iterable[Truth]) -> Snapshot:
    """Keep which codings are the truth, and in which groups their subjects are.

    Where nothing has changed since an earlier one, that one is returned.

    Parameters
    ----------
    truths
        Of one face each; read once, as a stream.
    """
    lines, members, people = [], [], {}
    for truth in truths:
        # The id counts too: a label that was taken back and given again is another coding.
        lines.append(json.dumps(_row(truth)))
        members.append((truth.face, truth.coding))
        people[truth.subject] = truth.groups
    digest = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
    with transaction.atomic():
        snapshot, is_new = Snapshot.objects.get_or_create(
            sha256=digest, defaults={"faces": len(members), "subjects": len(people)}
        )
        if is_new:
            _keep(snapshot, members, people)
    return snapshot


def _keep(
    snapshot: Snapshot, members: list[tuple[int, int]], people: dict[int, dict[str, str]]
) -> None:
    faces = (
        SnapshotFace(snapshot=snapshot, face_id=face, coding_id=coding) for face, coding in members
    )
    SnapshotFace.objects.bulk_create(faces, batch_size=_BATCH)
    subjects = (
        SnapshotSubject(snapshot=snapshot, subject_id=subject, **groups)
        for subject, groups in people.items()
    )
    SnapshotSubject.objects.bulk_create(subjects, batch_size=_BATCH)


def _row(truth: Truth) -> list[Any]:
    """Return what the digest covers of a truth; another order would make every snapshot new."""
    scores = list(truth.scores.items())
    return [
        truth.coding, truth.face, truth.sha256, truth.code, truth.groups, truth.emotion, scores,
    ]  # fmt: skip
