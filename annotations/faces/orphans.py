"""Stored files that no row names: what a process that was killed between the two left behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from django.core.files.storage import default_storage
from django.utils import timezone

from annotations.models import Face, NeutralFrame
from annotations.transfers.models import Export, Import

_CHUNK = 500
#: A batch of pictures is one transaction, whose rows follow the first file within seconds; a file
#: this old without a row has none.
SETTLED = timedelta(minutes=1)
_OWNERS = (
    ("faces", Face, "file"), ("thumbnails", Face, "thumbnail"), ("neutral", NeutralFrame, "file"),
    ("imports", Import, "file"), ("refused", Import, "refused"), ("exports", Export, "file"),
)  # fmt: skip


def remove_orphans() -> int:
    """Delete files without a row that are older than SETTLED; how many."""
    limit = timezone.now() - SETTLED
    removed = 0
    for folder, model, field in _OWNERS:
        names = _names(folder)
        while chunk := list(islice(names, _CHUNK)):
            known = set(
                model._default_manager.filter(**{f"{field}__in": chunk}).values_list(
                    field, flat=True
                )
            )
            for name in chunk:
                if name not in known and default_storage.get_modified_time(name) < limit:
                    default_storage.delete(name)
                    removed += 1
    return removed


def _names(folder: str) -> Iterator[str]:
    try:
        _, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for file in files:
        yield f"{folder}/{file}"
