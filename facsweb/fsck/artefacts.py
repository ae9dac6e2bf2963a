"""Models' artefacts against the registry, and caches that can't be read."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from django.conf import settings

from facsweb.fsck.findings import Check, Finding, Walk
from facsweb.fsck.quarantine import put_away
from inference.artefacts import is_shared
from inference.ml.artifact import damage
from inference.models import ModelVersion
from training.models import TrainingRun

#: An artefact is written, then registered: what is older than this and isn't never will be.
_SETTLED = 24 * 3600.0
_PARTIAL = ".partial-"


def checks() -> list[Check]:
    """Return the checks of artefacts and caches."""
    return [
        Check("model files", _versions, ModelVersion.objects.count),
        Check("models without a row", _unregistered, lambda: 0),
        Check("cached features", _features, lambda: 0),
    ]


def _versions(after: int) -> Walk:
    for version in ModelVersion.objects.filter(pk__gt=after).order_by("pk"):
        shared = is_shared(version.folder)
        if shared and not version.path.is_dir():
            pass  # it's copied when it is wanted
        elif not (wrong := damage(version.path, version.sha256)):
            pass
        elif shared:
            yield Finding(
                "model files",
                f"models/{version.folder}",
                f"This machine's copy: {wrong}",
                "move it to the quarantine; it's copied from the bucket again when it is wanted",
                partial(put_away, version.path, f"models/{version.folder}"),
            )
        else:
            yield Finding(
                "model files",
                f"modelversion:{version.pk}",
                f"{wrong} Take it from a backup (tar -xf BACKUP models/{version.folder}), or train "
                "again; until then it can't be asked",
            )
        yield version.pk


def _unregistered(after: int) -> Walk:
    if TrainingRun.objects.active().exists():
        return  # it may be about to register one
    known = set(ModelVersion.objects.values_list("folder", flat=True))
    for path in _entries(settings.MODELS_ROOT):
        is_hidden = path.name.startswith(".") and not path.name.startswith(_PARTIAL)
        if path.name in known or is_hidden or not _is_old(path, _SETTLED):
            continue
        yield Finding(
            "models without a row",
            f"models/{path.name}",
            "No version is registered for it",
            "move it to the quarantine",
            partial(put_away, path, f"models/{path.name}"),
        )


def _features(after: int) -> Walk:
    for folder in _entries(settings.FEATURE_CACHE):
        for path in _entries(folder):
            if path.suffix == ".npz" and zipfile.is_zipfile(path):
                continue
            if not path.exists() or not _is_old(path, 3600):
                continue
            yield Finding(
                "cached features",
                f"features/{folder.name}/{path.name}",
                "It can't be read, or was left half written",
                "move it to the quarantine: features are computed again when they are wanted",
                partial(put_away, path, f"features/{folder.name}/{path.name}"),
            )


def _entries(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from folder.iterdir()


def _is_old(path: Path, seconds: float) -> bool:
    try:
        return time.time() - path.stat().st_mtime > seconds
    except FileNotFoundError:
        return False
