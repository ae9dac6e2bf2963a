"""Faces found by a picture's digest: that of the file as it was sent, or of the file as it is kept.

A picture is kept without its metadata, so the two may differ. The former names the face for good:
models, caches of features and exports know the face by it. The latter is what a download has.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from annotations.faces.images import FaceImage
from annotations.models import Face
from annotations.models.face_querysets import FaceQuerySet

#: Digests in one statement: every database takes so many parameters, and each is asked for twice.
_CHUNK = 400


def known_faces(digests: Iterable[str], among: FaceQuerySet | None = None) -> dict[str, Face]:
    """Return the faces that these digests (SHA-256, hexadecimal) name, by digest.

    Where one names two faces, it is the face that was sent so.
    """
    asked = sorted(set(digests))
    all_faces = Face.objects.all() if among is None else among
    found: dict[str, Face] = {}
    for first in range(0, len(asked), _CHUNK):
        chunk = asked[first : first + _CHUNK]
        wanted = set(chunk)
        faces = all_faces.filter(Q(sha256__in=chunk) | Q(stored_sha256__in=chunk))
        for face in faces.select_related("subject"):
            if face.stored_sha256 in wanted:
                found.setdefault(face.stored_sha256, face)
            if face.sha256 in wanted:
                found[face.sha256] = face
    return found


def face_by_digest(digest: str) -> Face | None:
    """Return the face that a digest names."""
    return known_faces([digest]).get(digest)


def face_of(image: FaceImage) -> Face | None:
    """Return the face that has this picture, sent with this metadata or with other."""
    known = known_faces([image.sha256, image.stored_sha256])
    return known.get(image.sha256) or known.get(image.stored_sha256)
