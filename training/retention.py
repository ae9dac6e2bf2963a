"""Retention of model versions: the files of those that nothing refers to."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db.models import Exists, OuterRef

from annotations.models import Queue, Review
from annotations.withdrawal.retention import Due, Rule
from inference.artefacts import is_anywhere, remove, size_of
from inference.models import AliasMove, InferenceRun, ModelAlias, ModelVersion
from training.models import ComparedCoder, TrainingRun


def _versions(before: datetime) -> list[Due]:
    """Find the files of versions that were never the champion and that nothing refers to.

    The version itself, its figures and its readings stay: they are history.
    """
    own = {"version": OuterRef("pk")}
    by_coder = {"coder": OuterRef("coder")}
    referred = (
        Exists(ModelAlias.objects.filter(**own)),
        Exists(AliasMove.objects.filter(**own, alias=ModelAlias.Name.CHAMPION)),
        Exists(InferenceRun.objects.active().filter(**own)),
        Exists(TrainingRun.objects.active().filter(parent=OuterRef("pk"))),
        Exists(ComparedCoder.objects.filter(**by_coder)),
        Exists(Queue.objects.filter(model=OuterRef("coder"), is_open=True)),
        Exists(Review.objects.filter(reviewed__coder=OuterRef("coder"))),
    )
    old = ModelVersion.objects.filter(created_at__lt=before)
    for condition in referred:
        old = old.exclude(condition)
    return [
        Due(version.name, partial(remove, version.folder), size_of(version.folder))
        for version in old
        if is_anywhere(version.folder)
    ]


RULE = Rule("files of model versions that nothing refers to", "RETENTION_MODEL_DAYS", _versions)
