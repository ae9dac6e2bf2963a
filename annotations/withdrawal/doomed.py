"""All that is to go: a subject's ids, code, digests, and the names of their pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import FileField, Model

from annotations.faces.thumbnails import names_of
from annotations.models import Face, NeutralFrame, Subject
from annotations.tombstones import picture_digests

#: A code or name that says less than this is found in too many texts that mean something else.
_SHORTEST_CODE, _LONG_CODE, _SHORTEST_NAME = 3, 8, 6


@dataclass(frozen=True)
class Doomed:
    """A subject who withdraws, as plain values: a worker that takes over needs them once more.

    Attributes
    ----------
    subject, withdrawal
        The ids.
    faces
        Ids of the faces.
    digests
        SHA-256 of each picture, as stored and as sent.
    names
        Names of files that nobody else's pictures share.
    files
        The stored files, by their names in the storage.
    """

    subject: int
    code: str
    withdrawal: int
    faces: tuple[int, ...] = ()
    digests: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @classmethod
    def of(cls, subject: Subject, withdrawal: int) -> Doomed:
        """Collect what is to go with a subject, as it stands now."""
        faces = list(Face.objects.filter(subject=subject).order_by("pk"))
        neutral = list(NeutralFrame.objects.filter(subject=subject))
        pictures: list[Model] = [*faces, *neutral]
        return cls(
            subject.pk,
            subject.code,
            withdrawal,
            tuple(face.pk for face in faces),
            tuple(dict.fromkeys(each for row in pictures for each in picture_digests(row))),
            tuple(_own_names(subject, faces)),
            tuple(dict.fromkeys(name for row in pictures for name in _files_of(row))),
        )

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Doomed:
        """Read what `to_json` wrote."""
        lists = ("faces", "digests", "names", "files")
        return cls(**values | {name: tuple(values.get(name, ())) for name in lists})

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    @property
    def is_told_apart(self) -> bool:
        """Whether the code can be looked for in texts without meaning something else."""
        mixed = re.search(r"[A-Za-z]", self.code) and re.search(r"[0-9_-]", self.code)
        return len(self.code) >= _SHORTEST_CODE and (bool(mixed) or len(self.code) >= _LONG_CODE)


def remove_stored(names: tuple[str, ...]) -> int:
    """Delete stored files by name; return how many were there."""
    found = 0
    for name in names:
        if default_storage.exists(name):
            default_storage.delete(name)
            found += 1
    return found


def _own_names(subject: Subject, faces: list[Face]) -> Iterator[str]:
    """Yield the names under which pictures came in, but for those of others' pictures too."""
    names = {face.source_name for face in faces if len(face.source_name) >= _SHORTEST_NAME}
    others = Face.objects.exclude(subject=subject).filter(source_name__in=sorted(names)[:500])
    yield from sorted(names - set(others.values_list("source_name", flat=True)))


def _files_of(row: Model) -> Iterator[str]:
    for field in row._meta.concrete_fields:
        if isinstance(field, FileField) and (name := getattr(row, field.name).name):
            yield name
    if isinstance(row, Face):
        yield from names_of(row)
