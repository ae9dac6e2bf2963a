"""Queries of training runs for pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Prefetch

from facsweb.accounts.permissions import may_read_figures
from facsweb.jobs.models import Run, RunQuerySet
from inference.models import ModelAlias, ModelVersion
from training.ml.curves import Curve
from training.models import TrainingRun


def visible_runs(user: User) -> RunQuerySet[TrainingRun]:
    runs = TrainingRun.objects.select_related("version__coder", "requested_by")
    runs = runs.defer("balance", "probability_curves")
    return runs if may_read_figures(user) else runs.none()


def champion_id() -> int | None:
    """Return the id of the model version that pages compare with the truth."""
    alias = ModelAlias.objects.filter(name=ModelAlias.Name.CHAMPION)
    return alias.values_list("version_id", flat=True).first()


def is_champion(run: TrainingRun) -> bool:
    """Tell whether a run made the version that pages compare with the truth."""
    return run.version_id is not None and run.version_id == champion_id()


def run_to_show(user: User) -> TrainingRun | None:
    """Return the champion's training run, or else the latest that has figures."""
    finished = visible_runs(user).filter(status=Run.Status.SUCCEEDED, metrics__isnull=False)
    return finished.filter(version_id=champion_id()).first() or finished.first()


def versions_with_runs() -> list[ModelVersion]:
    """Return every model version, newest first, with the runs that made it as `made_by`."""
    made = TrainingRun.objects.filter(status=Run.Status.SUCCEEDED).select_related("requested_by")
    made = made.defer("probability_curves")
    runs = Prefetch("training_runs", made, to_attr="made_by")
    versions = ModelVersion.objects.select_related("coder")
    return list(versions.prefetch_related("aliases", "withdrawn", runs))


def run_of(version: ModelVersion) -> TrainingRun | None:
    """Return the latest training that made a version and measured it; None without any."""
    made = version.training_runs.filter(status=Run.Status.SUCCEEDED, metrics__isnull=False)
    return made.defer("probability_curves").first()


def curves_of(run: TrainingRun) -> dict[str, Curve]:
    """Return a run's curves by fit; of a run from before they were kept, the mean over folds."""
    if run.curves or not run.history:
        return dict(run.curves)
    epochs = [float(epoch) for epoch in range(1, len(run.history.get("loss", ())) + 1)]
    return {"mean of the folds": {"epoch": epochs, **run.history}}


def log_of(run: TrainingRun) -> list[dict[str, Any]]:
    """Return what happened in a run, with dates as such."""
    return [{**entry, "at": datetime.fromisoformat(entry["at"])} for entry in run.log]
