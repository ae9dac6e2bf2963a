"""The part of models in a withdrawal: marks on versions, features, and rows of artefacts."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

from django.conf import settings

from annotations.tombstones import Gone
from annotations.withdrawal.doomed import Doomed
from annotations.withdrawal.parts import Counts, Part
from inference.artefact_copies import forget_in_bucket, pictures_named
from inference.ml.artifact_files import pictures_of, without_pictures
from inference.ml.feature_cache import forget
from inference.models import InferenceRun, ModelVersion, WithdrawnFaces
from inference.shared_features import forget_shared


def mark(version: ModelVersion, doomed: Doomed, faces: int) -> str:
    """Mark a version as one that learnt from faces that go, and return its name."""
    WithdrawnFaces.objects.get_or_create(
        version=version, withdrawal_id=doomed.withdrawal, defaults={"faces": faces}
    )
    return version.name


def _learnt(doomed: Doomed) -> list[str]:
    """Mark the versions whose artefacts name a picture of the subject."""
    digests, named = set(doomed.digests), []
    for version in ModelVersion.objects.all():
        if found := len(digests & pictures_named(version)):
            named.append(mark(version, doomed, found))
    return named


def _rows(doomed: Doomed) -> Counts:
    """Take the faces out of the lists of prediction runs."""
    gone, changed = set(doomed.faces), 0
    for run in InferenceRun.objects.exclude(face_ids=None, splits={}).iterator():
        ids = None if run.face_ids is None else [pk for pk in run.face_ids if pk not in gone]
        splits = {pk: split for pk, split in run.splits.items() if int(pk) not in gone}
        if (ids, splits) != (run.face_ids, run.splits):
            kept = InferenceRun.objects.filter(pk=run.pk)
            changed += kept.update(face_ids=ids, splits=splits)
    return {"lists of prediction runs": changed}


def _files(gone: Gone) -> Counts:
    """Delete cached features, and rows of artefacts, those of killed trainings among them."""
    counts: Counter[str] = Counter()
    counts["cached features"] = forget(settings.FEATURE_CACHE, gone.picture)
    folders = set(ModelVersion.objects.values_list("folder", flat=True))
    for folder in _folders(Path(settings.MODELS_ROOT)):
        if folder.name in folders:
            counts["rows of artefacts"] += without_pictures(folder, gone.picture)
        elif any(map(gone.picture, pictures_of(folder))):
            shutil.rmtree(folder, ignore_errors=True)
            counts["unregistered artefacts"] += 1
    counts["cached features in the bucket"] = forget_shared(gone.picture)
    counts.update(forget_in_bucket(gone.picture, folders))
    return dict(counts)


def _folders(root: Path) -> list[Path]:
    return [each for each in root.iterdir() if each.is_dir()] if root.is_dir() else []


PART = Part("inference", rows=_rows, learnt=_learnt, files=_files)
