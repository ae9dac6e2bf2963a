"""Copies of artefacts on this machine's disk, made of the bucket, and rows taken out of both."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files.storage import Storage

from inference.artefacts import (
    bucket,
    is_shared,
    put,
    remove_shared,
    share,
    shared_folders,
    shared_names,
)
from inference.ml.artifact import damage
from inference.ml.artifact_files import (
    AMENDED,
    GRAPHS,
    PROJECTION,
    READINGS,
    ArtifactError,
    graphs_digest,
    pictures_of,
    without_pictures,
)
from inference.ml.graphs import damage_to_graphs
from inference.models import ModelVersion

#: As `write_artifact` names what isn't whole yet; `fsck` knows it.
_PARTIAL = ".partial-"
#: What names pictures, in the order in which it is replaced: what it may be comes first.
_ROWS = (AMENDED, READINGS, PROJECTION)


def at_hand(version: ModelVersion) -> Path:
    """Return a version's folder on this machine, copied from the bucket where it isn't here.

    What is copied gets its place only when all of it is what the registry says.

    Raises
    ------
    ArtifactError
        What lies in the bucket isn't what was registered.
    """
    if version.path.is_dir() or not is_shared(version.folder):
        return version.path  # who reads it says what is missing
    with _copied(version) as copy:
        if wrong := _wrong_with(copy, version):
            raise ArtifactError(f"In the bucket, {wrong}")
        if not version.graphs_sha256:  # nobody knows what they should be
            shutil.rmtree(copy / GRAPHS, ignore_errors=True)
        try:
            copy.rename(version.path)
        except OSError:
            if not version.path.is_dir():  # else another worker was quicker
                raise
    return version.path


def share_version(version: ModelVersion) -> None:
    """Put a version's folder of this machine into the bucket, unless it is there.

    Graphs that aren't those of the registry, such as for a newer runtime, take the place of those.
    """
    shared, graphs = bucket(), graphs_digest(version.path)
    if shared is None or not version.path.is_dir():
        return
    if graphs and graphs != version.graphs_sha256:
        for path in sorted((version.path / GRAPHS).iterdir()):
            put(shared, f"{version.folder}/{GRAPHS}/{path.name}", path)
        ModelVersion.objects.filter(pk=version.pk).update(graphs_sha256=graphs)
    share(version.path)


def damage_in_bucket(version: ModelVersion) -> str:
    """Return what of an artefact in the bucket isn't what was registered, in words."""
    with _copied(version) as copy:
        return _wrong_with(copy, version)


def pictures_named(version: ModelVersion) -> set[str]:
    """Return the sha256 of each picture that a version's artefact names, wherever it lies."""
    shared = bucket()
    if version.path.is_dir() or shared is None:
        return pictures_of(version.path)
    with _folder() as made:
        return pictures_of(_copy(shared, version.folder, _ROWS, made))


def forget_in_bucket(is_gone: Callable[[str], bool], registered: Collection[str]) -> Counter[str]:
    """Take pictures out of all artefacts in the bucket; delete unregistered ones that name any.

    Parameters
    ----------
    is_gone
        Tells of a picture's sha256 whether it is to go.
    registered
        The folders of versions.

    Returns
    -------
    Counter
        What went, in words -> how many.
    """
    shared, counts = bucket(), Counter[str]()
    if shared is None:
        return counts
    for folder in shared_folders(shared):
        with _folder() as made:
            copy = _copy(shared, folder, _ROWS, made)
            if folder not in registered:
                if any(map(is_gone, pictures_of(copy))):
                    remove_shared(folder)
                    counts["unregistered artefacts in the bucket"] += 1
            elif rows := without_pictures(copy, is_gone):
                for name in _ROWS:
                    if (copy / name).is_file():
                        put(shared, f"{folder}/{name}", copy / name)
                counts["rows of artefacts in the bucket"] += rows
    return counts


def _wrong_with(copy: Path, version: ModelVersion) -> str:
    wrong = damage(copy, version.sha256)
    if not wrong and version.graphs_sha256:
        wrong = damage_to_graphs(copy, version.graphs_sha256)
    return wrong


@contextmanager
def _copied(version: ModelVersion) -> Iterator[Path]:
    """Copy all of an artefact in the bucket beside its place."""
    shared = bucket()
    assert shared is not None  # who calls this has asked
    with _folder() as made:
        yield _copy(shared, version.folder, shared_names(shared, version.folder), made)


@contextmanager
def _folder() -> Iterator[Path]:
    root = settings.MODELS_ROOT
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=_PARTIAL, dir=root) as made:
        yield Path(made)


def _copy(shared: Storage, folder: str, names: Iterable[str], into: Path) -> Path:
    """Copy those of some files that are there; return the folder that they lie in."""
    copy = into / folder
    copy.mkdir(mode=0o700)
    for name in names:
        target = copy / name
        target.parent.mkdir(exist_ok=True, mode=0o700)
        try:
            source = shared.open(f"{folder}/{name}", "rb")
        except FileNotFoundError:
            continue
        with source, target.open("xb") as file:
            shutil.copyfileobj(source, file)
            file.flush()
            os.fsync(file.fileno())
    return copy
