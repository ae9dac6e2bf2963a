"""Metadata removed from pictures that are stored already, picture by picture.

Faces keep their digest, and with it their codings, predictions, features and places in models: only
the file changes, and no pixel of it. A picture that has been through has its `stored_sha256`, so
that whoever goes on after a break, or beside another, does the rest.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction

from annotations.faces.images import FaceImage, UnreadableImage, read_image
from annotations.faces.rollback import files_with_rows, store
from annotations.faces.storage import forget_copy
from annotations.faces.thumbnails import names_of
from annotations.models import Face, NeutralFrame, PictureCleaning
from facsweb.audit.services import record
from facsweb.jobs.fence import Cancelled
from facsweb.jobs.models import Run
from facsweb.jobs.progress import Progress

_CHUNK = 500
_MOST_NAMED = 100
Picture = Face | NeutralFrame


@dataclass
class Cleaned:
    """The outcome, in numbers of pictures.

    Attributes
    ----------
    rewritten
        Had something in their files that is no pixel.
    bare
        Had nothing, and are the same bytes as before.
    unreadable
        Names of files that are missing or no longer a picture. They stay as they are.
    """

    rewritten: int = 0
    bare: int = 0
    unreadable: list[str] = field(default_factory=list)

    @property
    def refusal(self) -> str:
        """The pictures that could not be read, in words; empty where there are none."""
        if not self.unreadable:
            return ""
        named = ", ".join(self.unreadable[:5])
        return (
            f"{len(self.unreadable)} stored pictures could not be read and stay as they are: "
            f"{named}{', ...' if len(self.unreadable) > 5 else ''}. Put them back from a backup "
            "or delete their faces, then run it again."
        )


def carry_out(run: PictureCleaning) -> None:
    """Strip every picture that has not been through yet; the worker's part of the run."""
    progress = Progress(run)
    try:
        progress.stage("removing metadata")
        cleaned = clean_all(progress)
    except Cancelled:
        run.finish(Run.Status.CANCELLED)
        return
    kept = asdict(cleaned) | {"unreadable": cleaned.unreadable[:_MOST_NAMED]}
    with transaction.atomic():
        PictureCleaning.objects.filter(pk=run.pk).update(outcome=kept)
        told = asdict(cleaned) | {"unreadable": len(cleaned.unreadable)}
        record("face.cleaned", run.requested_by, run, told)
    ended = Run.Status.FAILED if cleaned.unreadable else Run.Status.SUCCEEDED
    run.finish(ended, cleaned.refusal)


def clean_all(progress: Callable[[int, int], object]) -> Cleaned:
    """Strip every picture that has not been through yet of its metadata.

    Parameters
    ----------
    progress
        Called with (pictures done, pictures to do). What it raises ends the work between two.
    """
    kinds: tuple[type[Picture], ...] = (Face, NeutralFrame)
    total = sum(kind._default_manager.filter(stored_sha256="").count() for kind in kinds)
    cleaned = Cleaned()
    for done, picture in enumerate(each for kind in kinds for each in _waiting(kind)):
        progress(done, total)
        _clean(picture, cleaned)
    progress(total, total)
    return cleaned


def _waiting(kind: type[Picture]) -> Iterator[Picture]:
    last = 0
    while True:
        rows = kind._default_manager.filter(stored_sha256="", pk__gt=last).order_by("pk")
        chunk = list(rows[:_CHUNK])
        yield from chunk
        if not chunk:
            return
        last = chunk[-1].pk


def _clean(picture: Picture, cleaned: Cleaned) -> None:
    try:
        with picture.file.open("rb") as file:
            data = file.read()
        # It was accepted once, perhaps under other limits.
        image = read_image(data, max_bytes=len(data) + 1, max_pixels=sys.maxsize)
    except (OSError, UnreadableImage):
        cleaned.unreadable.append(picture.file.name)
        return
    if image.data == data:
        type(picture)._default_manager.filter(pk=picture.pk).update(
            stored_sha256=image.stored_sha256
        )
        cleaned.bare += 1
    elif _replace(picture, image):
        cleaned.rewritten += 1


def _replace(picture: Picture, image: FaceImage) -> bool:
    """Put the bare file in the place of the old one, which goes once that is committed."""
    mine = type(picture)._default_manager.filter(pk=picture.pk, stored_sha256="")
    old = [(picture.file.storage, picture.file.name)]
    if isinstance(picture, Face):  # of the same pixels, but named after the old file
        old += [(default_storage, name) for name in names_of(picture)]
    with files_with_rows():
        store(picture.file, f"{image.stored_sha256}.{image.extension}", image.data)
        values: dict[str, Any] = {"file": picture.file.name}
        values["stored_sha256"] = image.stored_sha256
        if isinstance(picture, Face):
            values["has_thumbnails"] = False
        replaced = mine.update(**values) == 1
        # Somebody else did it meanwhile: then it is our file that nobody needs.
        ours = [(picture.file.storage, picture.file.name)]
        for storage, name in old if replaced else ours:
            transaction.on_commit(partial(storage.delete, name))
            transaction.on_commit(partial(forget_copy, name))
    return replaced
