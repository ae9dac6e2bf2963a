"""Finding the face that another program's table means, by names that people and programs give."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from annotations.faces.known import face_by_digest
from annotations.formats.readers.paths import FRAME_NAME, IMAGE_SUFFIXES, alike
from annotations.models import Face
from facsweb.problems import Problem

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SEPARATOR = re.compile(r"[_\- ]")
_CHUNK = 2000
_MOST_REMEMBERED = 20_000


class NoSuchFace(Problem):
    """No face, or more than one, is meant."""


class Faces:
    """Faces to be found by name. The names of imported pictures are indexed when first needed."""

    def __init__(self) -> None:
        #: Hash of a name without suffix, as `alike` folds it -> faces: some 100 bytes each.
        self._by_name: dict[int, int | list[int]] | None = None
        #: What the first names led to; a table is gone through twice.
        self._found: dict[str, Face | NoSuchFace] = {}

    def named(self, written: str) -> Face:
        """Return the face of the picture that a table calls so, with or without folders and suffix.

        The name is CK+'s of a frame, the picture's SHA-256, or the file name under which it came
        in, if that is unique. Raises NoSuchFace.
        """
        found = self._found.get(written)
        if found is None:
            try:
                found = self._find(written)
            except NoSuchFace as error:
                found = error
            if len(self._found) < _MOST_REMEMBERED:
                self._found[written] = found
        if isinstance(found, NoSuchFace):
            raise NoSuchFace(found.detail)
        return found

    def key(self, written: str) -> int | None:
        """Return the id of the face that a name stands for, or None if it stands for none."""
        try:
            return self.named(written).pk
        except NoSuchFace:
            return None

    def _find(self, written: str) -> Face:
        path = PurePosixPath(written)
        stem = path.name.rpartition(".")[0] or path.name
        face = _of_frame(stem) or _of_digest(stem)
        return face or self._came_in_as(path, stem)

    def _came_in_as(self, path: PurePosixPath, stem: str) -> Face:
        candidates = self._candidates({path.name, stem})
        for same in (_is_named, _has_stem, _is_alike, _has_stem_alike):
            found = [face for face in candidates if same(face.source_name, path.name)]
            found = _of_subject_in(path, found) if len(found) > 1 else found
            if len(found) == 1:
                return found[0]
            if found:
                names = sorted({face.source_name for face in found})
                raise NoSuchFace(
                    f"{len(found)} pictures came in under the name {path.name[:80]!r}"
                    f"{_spelled(names) if names != [path.name] else ''}; which is meant? "
                    "Name it by its SHA-256."
                )
        near = sorted({face.source_name for face in candidates})
        hint = f" A picture came in as {_listed(near)}." if near else ""
        raise NoSuchFace(
            f"There is no face {stem[:80]!r} here.{hint} Name pictures as they came in, as CK+ "
            "does (S005_001_00000011), or by their SHA-256."
        )

    def _candidates(self, names: Iterable[str]) -> list[Face]:
        if self._by_name is None:
            self._by_name = _index()
        wanted: set[int] = set()
        for name in names:
            found = self._by_name.get(hash(alike(name)), [])
            wanted |= {found} if isinstance(found, int) else set(found)
        return list(Face.objects.filter(pk__in=sorted(wanted)[:_CHUNK]).select_related("subject"))


def frames_of(folders: Sequence[str], name: str) -> dict[int, Face] | None:
    """Return the faces, by frame, of the sequence that a file is named after, or None.

    The name is `S005_003`, or `003` in a folder `S005`. Raises NoSuchFace if it may mean several.
    """
    pairs = [pair for pair in dict.fromkeys(_pairs(folders, name)) if all(pair)]
    for lookup in ("exact", "iexact"):
        found: dict[tuple[str, str], dict[int, Face]] = {}
        for subject, sequence in pairs:
            known = {f"subject__code__{lookup}": subject, f"sequence__{lookup}": sequence}
            for face in Face.objects.filter(**known).select_related("subject"):
                frames = found.setdefault((face.subject.code, face.sequence), {})
                if face.frame is not None:
                    frames[face.frame] = face
        if len(found) > 1:
            sequences = [" ".join(pair) for pair in sorted(found)]
            raise NoSuchFace(f"{name[:80]!r} may be one of several sequences: {_listed(sequences)}")
        if found:
            return next(iter(found.values()))
    return None


def _pairs(folders: Sequence[str], name: str) -> Iterator[tuple[str, str]]:
    """Yield each (subject, sequence) that a name may stand for."""
    if folders:
        yield folders[-1], name
    for match in _SEPARATOR.finditer(name):
        yield name[: match.start()], name[match.end() :]


def _of_frame(stem: str) -> Face | None:
    name = FRAME_NAME.match(stem)
    if name is None:
        return None
    return Face.objects.filter(
        subject__code=name["subject"], sequence=name["sequence"], frame=int(name["frame"])
    ).first()


def _of_digest(stem: str) -> Face | None:
    digest = stem.lower()
    return face_by_digest(digest) if _SHA256.fullmatch(digest) else None


def _of_subject_in(path: PurePosixPath, faces: list[Face]) -> list[Face]:
    """Return the faces of the subject that a folder of the path is named after, or else all."""
    folders = set(path.parts[:-1])
    return [face for face in faces if face.subject.code in folders] or faces


def _index() -> dict[int, int | list[int]]:
    index: dict[int, int | list[int]] = {}
    named = Face.objects.exclude(source_name="").values_list("pk", "source_name")
    for pk, name in named.iterator(chunk_size=_CHUNK):
        key = hash(alike(_stem(name)))
        known = index.get(key)
        if known is None:
            index[key] = pk
        elif isinstance(known, int):
            index[key] = [known, pk]
        else:
            known.append(pk)
    return index


def _stem(name: str) -> str:
    path = Path(name)
    return path.stem if path.suffix.lower() in IMAGE_SUFFIXES else name


def _is_named(name: str, written: str) -> bool:
    return name == written


def _has_stem(name: str, written: str) -> bool:
    return _stem(name) == written


def _is_alike(name: str, written: str) -> bool:
    return alike(name) == alike(written)


def _has_stem_alike(name: str, written: str) -> bool:
    return alike(_stem(name)) == alike(written)


def _spelled(names: list[str]) -> str:
    return f" or one that looks like it ({_listed(names)})"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:80]) for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
