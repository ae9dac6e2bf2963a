"""The places of models' artefacts: each a folder of MODELS_ROOT, and one in the bucket if any.

With a bucket each machine has a MODELS_ROOT of its own. Who trains a version puts its artefact into
the bucket before it is registered; who reads it elsewhere copies it from there, once a machine
(`inference.artefact_copies`). Its name tells what is in it: a folder is named after its digest.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages

from inference.ml.artifact_files import MANIFEST

#: The bucket's name in STORAGES, and the folder in it.
BUCKET = "models"

#: Opens a file to be read.
Opener = Callable[[], Any]


def bucket() -> Storage | None:
    """Return the storage that machines share; None where MODELS_ROOT is what they share."""
    return storages[BUCKET] if BUCKET in settings.STORAGES else None


def is_shared(folder: str) -> bool:
    """Tell whether an artefact lies in the bucket, whole."""
    shared = bucket()
    return shared is not None and shared.exists(f"{folder}/{MANIFEST}")


def is_anywhere(folder: str) -> bool:
    """Tell whether an artefact lies here or in the bucket."""
    return (settings.MODELS_ROOT / folder).is_dir() or is_shared(folder)


def share(folder: Path) -> None:
    """Put an artefact into the bucket, unless it is there or there is none.

    The manifest comes last, so whoever finds it there finds all of it.
    """
    shared = bucket()
    if shared is None or is_shared(folder.name):
        return
    names = sorted(_local_names(folder), key=lambda name: (name == MANIFEST, name))
    for name in names:
        put(shared, f"{folder.name}/{name}", folder / name)


def put(shared: Storage, name: str, path: Path) -> None:
    """Put a file into the bucket, in the place of what has its name there."""
    with path.open("rb") as file:
        shared.save(name, File(file))


def files_of(folder: str) -> dict[str, Opener]:
    """Return what opens each file of an artefact, by names such as `graphs/trunk.xml`.

    Those in the bucket where all of it is there, else those of this machine; {} without any.
    """
    if is_shared(folder):
        shared = storages[BUCKET]
        names = shared_names(shared, folder)
        return {name: partial(shared.open, f"{folder}/{name}", "rb") for name in names}
    root = settings.MODELS_ROOT / folder
    return {name: partial((root / name).open, "rb") for name in _local_names(root)}


def shared_names(shared: Storage, folder: str) -> list[str]:
    """Return the names of an artefact's files in the bucket, sorted."""
    try:
        folders, names = shared.listdir(folder)
    except FileNotFoundError:
        return []
    within = (
        f"{each}/{name}" for each in folders for name in shared.listdir(f"{folder}/{each}")[1]
    )
    return sorted([*names, *within])


def shared_folders(shared: Storage) -> list[str]:
    """Return the names of all artefacts of which something lies in the bucket."""
    try:
        return sorted(shared.listdir("")[0])
    except FileNotFoundError:
        return []


def size_of(folder: str) -> int:
    """Return the bytes of an artefact, where it lies."""
    if is_shared(folder):
        shared = storages[BUCKET]
        return sum(shared.size(f"{folder}/{name}") for name in shared_names(shared, folder))
    root = settings.MODELS_ROOT / folder
    return sum((root / name).stat().st_size for name in _local_names(root))


def remove(folder: str) -> None:
    """Delete an artefact here and in the bucket; what other machines copied stays with them."""
    shutil.rmtree(settings.MODELS_ROOT / folder, ignore_errors=True)
    remove_shared(folder)


def remove_shared(folder: str) -> None:
    """Delete an artefact from the bucket, its manifest first: what is left then isn't read."""
    shared = bucket()
    if shared is not None:
        for name in sorted(shared_names(shared, folder), key=lambda name: name != MANIFEST):
            shared.delete(f"{folder}/{name}")


def _local_names(folder: Path) -> Iterator[str]:
    """Yield the names of an artefact's files here; none of what is still being written."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        is_partial = any(part.startswith(".") for part in name.parts) or name.suffix == ".part"
        if path.is_file() and not path.is_symlink() and not is_partial:
            yield name.as_posix()
