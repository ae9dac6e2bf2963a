"""References of faces from the database: neutral frames, or their subjects' other faces."""

from __future__ import annotations

from collections import defaultdict

from annotations.facs.reference_kind import FEWEST_FOR_MEDIAN, MOST_FOR_MEDIAN, ReferenceKind
from annotations.models import Face, NeutralFrame
from annotations.models.face_querysets import FaceQuerySet
from inference.files import local_copy
from inference.ml.references import Picture, Reference


def references_of(faces: FaceQuerySet) -> dict[int, Reference]:
    """Return what faces are compared with, by their ids; those with nothing are left out.

    Parameters
    ----------
    faces
        A neutral frame of the same sequence comes first, then those of the subject's other
        sequences, then the subject's faces, this one among them, where there are enough. No face is
        compared with its own picture as if that were neutral.
    """
    rows = list(faces.values_list("pk", "subject_id", "sequence", "sha256"))
    frames = _neutral_frames(faces)
    found: dict[int, Reference] = {}
    for pk, subject, sequence, sha256 in rows:
        known = {name: each for name, each in frames[subject].items() if each.sha256 != sha256}
        chosen = (known[sequence],) if sequence in known else tuple(known.values())
        if chosen:
            found[pk] = Reference(ReferenceKind.NEUTRAL, chosen[:MOST_FOR_MEDIAN])
    left = [row for row in rows if row[0] not in found]
    medians = _medians(faces.filter(pk__in=[pk for pk, *_ in left])) if left else {}
    for pk, subject, *_ in left:
        if subject in medians:
            found[pk] = medians[subject]
    return found


def _neutral_frames(faces: FaceQuerySet) -> dict[int, dict[str, Picture]]:
    """Return the neutral frames of faces' subjects, by subject and sequence."""
    frames = NeutralFrame.objects.filter(subject__in=faces.order_by().values("subject"))
    rows = frames.order_by("pk").values_list("subject_id", "sequence", "sha256", "file")
    found: dict[int, dict[str, Picture]] = defaultdict(dict)
    for subject, sequence, sha256, name in rows:
        picture = _picture(sha256, name)
        if picture is not None:
            found[subject][sequence] = picture
    return found


def _medians(faces: FaceQuerySet) -> dict[int, Reference]:
    """Return the reference that each subject's faces make together, where there are enough."""
    named: dict[int, list[tuple[str, str]]] = defaultdict(list)
    others = Face.objects.filter(subject__in=faces.order_by().values("subject")).order_by("pk")
    for subject, sha256, name in others.values_list("subject_id", "sha256", "file"):
        named[subject].append((sha256, name))
    return {
        subject: Reference(ReferenceKind.MEDIAN, pictures)
        for subject, files in named.items()
        if len(files) >= FEWEST_FOR_MEDIAN
        and len(pictures := _pictures(files[:MOST_FOR_MEDIAN])) >= FEWEST_FOR_MEDIAN
    }


def _pictures(files: list[tuple[str, str]]) -> tuple[Picture, ...]:
    return tuple(each for file in files if (each := _picture(*file)) is not None)


def _picture(sha256: str, name: str) -> Picture | None:
    """Return a stored picture; None where its file is gone, as a face can be read without it."""
    try:
        path = local_copy(name)
    except OSError:
        return None
    return Picture(sha256, path) if path.exists() else None
