"""Stored files that no row names, left by a process that was killed between writing the two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from django.apps import apps
from django.core.files.storage import default_storage
from django.db.models import FileField, Model
from django.utils import timezone

from annotations.faces.thumbnails import FOLDER, named_by_faces

_CHUNK = 500
#: A batch of pictures is one transaction, whose rows follow the first file within seconds; a file
#: this old without a row has none.
SETTLED = timedelta(minutes=1)

#: A model and the name of its file field.
Owner = tuple[type[Model], str]


def remove_orphans() -> int:
    """Delete files without a row that are older than SETTLED; return how many."""
    removed = 0
    for name in orphans():
        default_storage.delete(name)
        removed += 1
    return removed


def orphans() -> Iterator[str]:
    """Yield the names of stored files without a row that are older than SETTLED."""
    limit = timezone.now() - SETTLED
    for folder, owners in owners_of_files().items():
        names = _names(folder)
        while chunk := list(islice(names, _CHUNK)):
            known = _known(chunk, owners) if owners else named_by_faces(chunk)
            for name in chunk:
                if name not in known and default_storage.get_modified_time(name) < limit:
                    yield name


def owners_of_files() -> dict[str, list[Owner]]:
    """Map each folder of the storage to the models and fields that store files in it.

    They are found by the file fields of every app, so that faces need know nothing of transfers,
    and no new field is forgotten. Thumbnails belong to faces by their names alone.
    """
    owners: dict[str, list[Owner]] = defaultdict(list)
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, FileField) and isinstance(field.upload_to, str):
                owners[field.upload_to].append((model, field.name))
    return {**owners, FOLDER: []}


def _known(names: list[str], owners: list[Owner]) -> set[str]:
    """Return those of these files that a row names."""
    known: set[str] = set()
    for model, field in owners:
        rows = model._default_manager.filter(**{f"{field}__in": names})
        known.update(rows.values_list(field, flat=True))
    return known


def _names(folder: str) -> Iterator[str]:
    try:
        _, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for file in files:
        yield f"{folder}/{file}"
