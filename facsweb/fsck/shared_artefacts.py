"""Models' artefacts in the bucket against the registry, where there is a bucket."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from functools import partial

from django.utils import timezone

from facsweb.fsck.findings import Check, Finding, Walk
from facsweb.fsck.quarantine import put_stored_away
from inference.artefact_copies import damage_in_bucket, share_version
from inference.artefacts import (
    BUCKET,
    bucket,
    is_shared,
    remove_shared,
    shared_folders,
    shared_names,
)
from inference.ml.artifact import damage
from inference.models import ModelVersion
from training.models import TrainingRun

#: An artefact is put there, then registered: what is older than this and isn't never will be.
_SETTLED = timedelta(days=1)
_FILES, _WITHOUT_ROW = "model files in the bucket", "models in the bucket without a row"


def checks() -> list[Check]:
    """Return the checks of artefacts in the bucket; none without one."""
    if bucket() is None:
        return []
    return [
        Check(_FILES, _versions, ModelVersion.objects.count),
        Check(_WITHOUT_ROW, _unregistered, lambda: 0),
    ]


def _versions(after: int) -> Walk:
    for version in ModelVersion.objects.filter(pk__gt=after).order_by("pk"):
        about = f"modelversion:{version.pk}"
        is_whole_here = version.path.is_dir() and not damage(version.path, version.sha256)
        if not is_shared(version.folder):
            if is_whole_here:  # else the check of this machine's folders tells that it is gone
                yield Finding(
                    _FILES, about, f"{version.folder} lies on this machine and not in the bucket",
                    "put it there", partial(_share, version),
                )  # fmt: skip
        elif not (wrong := damage_in_bucket(version)):
            pass
        elif is_whole_here:
            yield Finding(
                _FILES, about, wrong, "put this machine's copy in its place",
                partial(_share, version, again=True),
            )  # fmt: skip
        else:
            yield Finding(
                _FILES, about,
                f"{wrong} Take it from a backup to this machine (tar -xf BACKUP "
                f"models/{version.folder}), then check again with --repair; or train again",
            )  # fmt: skip
        yield version.pk


def _share(version: ModelVersion, *, again: bool = False) -> bool:
    if again:
        remove_shared(version.folder)
    share_version(version)
    return True


def _unregistered(after: int) -> Walk:
    if TrainingRun.objects.active().exists():
        return  # it may be about to register one
    for folder, names in _unknown(set(ModelVersion.objects.values_list("folder", flat=True))):
        yield Finding(
            _WITHOUT_ROW, f"models/{folder}", "No version is registered for it",
            "move it to the quarantine", partial(_put_away, [f"{folder}/{name}" for name in names]),
        )  # fmt: skip


def _unknown(known: Collection[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each folder that isn't known and in which nothing is new, and its files' names."""
    shared = bucket()
    assert shared is not None  # else there is no such check
    limit = timezone.now() - _SETTLED
    for folder in shared_folders(shared):
        names = [] if folder in known else shared_names(shared, folder)
        if names and all(shared.get_modified_time(f"{folder}/{name}") < limit for name in names):
            yield folder, names


def _put_away(names: list[str]) -> bool:
    """Move files out of the bucket, by way of the storage of pictures, which is the same."""
    return sum(put_stored_away(f"{BUCKET}/{name}") for name in names) == len(names)
