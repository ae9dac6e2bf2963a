"""Pictures: is each file there, is it the one that its row knows, and has it its thumbnails?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from django.db.models import Model
from django.db.models.fields.files import FieldFile

from annotations.faces.images import UnreadableImage
from annotations.faces.thumbnails import is_kept, make_thumbnails, names_of
from annotations.models import Face, NeutralFrame
from facsweb.fsck.findings import Check, Finding, Walk

_AT_ONCE = 500
_FROM_A_BACKUP = "Take it from a backup: tar -xf BACKUP media/{name}"


def checks(*, quick: bool) -> list[Check]:
    """Return the checks of pictures; `quick` ones don't read them."""
    kinds: tuple[type[Model], ...] = (Face, NeutralFrame)
    made = [
        Check(f"{_word(kind)} files", partial(_files, kind, quick=quick), _count(kind))
        for kind in kinds
    ]
    return [*made, Check("thumbnails", _thumbnails, _count(Face))]


def _word(kind: type[Model]) -> str:
    return str(kind._meta.verbose_name)


def _count(kind: type[Model]) -> Callable[[], int]:
    return kind._default_manager.count


def chunks(kind: type[Model], after: int) -> Iterator[list[Any]]:
    """Yield a kind's rows, some at a time, by id."""
    while True:
        rows = list(kind._default_manager.filter(pk__gt=after).order_by("pk")[:_AT_ONCE])
        if not rows:
            return
        yield rows
        after = rows[-1].pk


def _files(kind: type[Model], after: int, *, quick: bool) -> Walk:
    for rows in chunks(kind, after):
        for row in rows:
            wrong = file_is_wrong(row.file, "" if quick else row.stored_sha256 or row.sha256)
            if wrong and still_names(row, "file"):
                yield Finding(
                    f"{_word(kind)} files",
                    f"{kind._meta.model_name}:{row.pk}",
                    f"{row.file.name} {wrong}. {_FROM_A_BACKUP.format(name=row.file.name)}",
                )
        yield rows[-1].pk


def file_is_wrong(file: FieldFile, digest: str) -> str:
    """Return what is wrong with a row's file, in words; empty if nothing is.

    Parameters
    ----------
    digest
        What its SHA-256 should be; empty: it needn't be read.
    """
    if not file.name:
        return "(no file) isn't named by the row"
    try:
        if not digest:
            return "" if file.storage.exists(file.name) else "is missing"
        with file.storage.open(file.name, "rb") as stream:
            found = hashlib.sha256()
            while chunk := stream.read(1 << 20):
                found.update(chunk)
    except FileNotFoundError:
        return "is missing"
    except (OSError, SuspiciousFileOperation) as error:
        return f"can't be read ({error})"
    if found.hexdigest() != digest:
        return "isn't the file that was stored: its digest is another"
    return ""


def still_names(row: Any, name: str) -> bool:
    """Tell whether the row still names the file: somebody may delete or clean it meanwhile."""
    named = {"pk": row.pk, name: getattr(row, name).name}
    return bool(type(row)._default_manager.filter(**named).exists())


def _thumbnails(after: int) -> Walk:
    """Ask for those that a worker has been through; the others wait for one, which is nothing ill.

    Where there is no picture either, that is what is wrong.
    """
    for rows in chunks(Face, after):
        for face in rows:
            if not face.has_thumbnails:
                continue
            missing = [name for name in names_of(face) if not is_kept(name)]
            if missing and face.file.storage.exists(face.file.name) and _is_there(face):
                yield Finding(
                    "thumbnails",
                    f"face:{face.pk}",
                    f"{missing[0]} is missing or empty",
                    "make it again from the picture",
                    partial(_draw_again, face.pk),
                )
        yield rows[-1].pk


def _is_there(face: Face) -> bool:
    return Face.objects.filter(pk=face.pk).exists()


def _draw_again(pk: int) -> bool:
    face = Face.objects.filter(pk=pk).first()
    if face is None:
        return True
    try:
        make_thumbnails(face)
    except (OSError, UnreadableImage):
        return False
    return True
