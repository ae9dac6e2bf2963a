"""Runs, artefacts and aliases written to an MLflow server, by MLflow's own client.

Everything can be sent twice: a run goes on where it broke off, a version is known by its digest.
Needs the package mlflow-skinny (requirements-mlflow.txt).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings

# Each before MLflow reads it. A server that doesn't answer costs seconds, not MLflow's minutes; and
# nothing is told to anybody but the server that was named.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from facsweb.code_version import CodeVersion
from inference.artefact_copies import at_hand
from inference.models import ModelAlias, ModelVersion
from training.ml.metrics import SplitFigures
from training.models import MlflowDelivery, TrainingRun

_SHA256, _VERSION = "facsweb.sha256", "facsweb.version"
#: MLflow's own limit for one request.
_MOST_METRICS = 1000


def send_delivery(delivery: MlflowDelivery) -> None:
    """Send a run, or where the aliases stand.

    Raises
    ------
    MlflowException
        The server can't be reached or refuses.
    """
    client = MlflowClient(settings.MLFLOW_TRACKING_URI)
    if delivery.run is None:
        _send_aliases(client)
    else:
        _send_run(client, delivery, delivery.run)


def _send_run(client: MlflowClient, delivery: MlflowDelivery, run: TrainingRun) -> None:
    assert run.version is not None  # only such runs are queued
    if not delivery.mlflow_run_id:
        created = client.create_run(
            _experiment(client), start_time=_ms(run.started_at), run_name=str(run)
        )
        delivery.mlflow_run_id = created.info.run_id
        delivery.save(update_fields=["mlflow_run_id"])
    run_id = delivery.mlflow_run_id
    client.log_batch(
        run_id,
        params=[Param(name, str(value)) for name, value in run.config.items()],
        tags=[RunTag(name, str(value)) for name, value in _tags(run).items() if value],
    )
    metrics = list(_metrics(run))
    for first in range(0, len(metrics), _MOST_METRICS):
        client.log_batch(run_id, metrics=metrics[first : first + _MOST_METRICS])
    client.log_artifacts(run_id, str(at_hand(run.version)), "model")
    _register(client, run.version, run_id)
    client.set_terminated(run_id, "FINISHED", end_time=_ms(run.finished_at))
    _send_aliases(client)  # its version may have had them before it was known over there


def _experiment(client: MlflowClient) -> str:
    name = settings.MLFLOW_EXPERIMENT_NAME
    known = client.get_experiment_by_name(name)
    if known is not None:
        return str(known.experiment_id)
    try:
        return str(client.create_experiment(name))
    except MlflowException:  # another worker was quicker
        known = client.get_experiment_by_name(name)
        if known is None:
            raise
        return str(known.experiment_id)


def _tags(run: TrainingRun) -> dict[str, Any]:
    code = CodeVersion.from_json(run.code)
    assert run.version is not None
    return {
        "mlflow.user": run.requested_by.get_username() if run.requested_by else "",
        "mlflow.source.name": "facsweb",
        "mlflow.source.git.commit": code.commit,
        "facsweb.run": run.pk,
        _VERSION: run.version.name,
        _SHA256: run.version.sha256,
        "facsweb.dataset_sha256": run.dataset_sha256,
        "facsweb.snapshot": run.snapshot_id,
        "facsweb.parent": run.parent.name if run.parent else "",
        "facsweb.code": code if code.is_known else "",
    }


def _metrics(run: TrainingRun) -> Iterator[Metric]:
    """Yield the figures on test faces with their intervals' ends, and the losses by epoch."""
    when = _ms(run.finished_at)
    figures = run.figures
    if figures is not None and figures.test is not None:
        for name, value in figures_of(figures.test):
            yield Metric(name, value, when, 0)
    for name, values in run.history.items():
        for epoch, value in enumerate(values, start=1):
            yield Metric(name, value, when, epoch)


def figures_of(test: SplitFigures) -> Iterator[tuple[str, float]]:
    """Yield the figures of a split, by names that MLflow groups: "test/emotion/macro_f1"."""
    for room, part in (("emotion", test.emotion), ("action_units", test.action_units)):
        if part is None:
            continue
        for name in ("accuracy", "balanced_accuracy", "macro_f1"):
            value = getattr(part, name, None)
            if value is not None:
                yield f"test/{room}/{name}", value
        for name, interval in (part.intervals or {}).items():
            for end in ("low", "high"):
                value = getattr(interval, end)
                if value is not None:
                    yield f"test/{room}/{name}/{end}", value
    for emotion, figures in (test.emotion.per_class if test.emotion else {}).items():
        if figures.f1 is not None:
            yield f"test/emotion/f1/{emotion}", figures.f1
    for number, unit in (test.action_units.per_au if test.action_units else {}).items():
        if unit.f1 is not None and unit.counted:
            yield f"test/action_units/f1/AU{number:02d}", unit.f1


def _register(client: MlflowClient, version: ModelVersion, run_id: str) -> None:
    """Register a version once, however many runs made it."""
    name = settings.MLFLOW_MODEL_NAME
    try:
        client.create_registered_model(
            name, description="Facial expressions and action units, trained by facsweb."
        )
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    if _number_of(client, version) is None:
        client.create_model_version(
            name,
            source=f"{client.get_run(run_id).info.artifact_uri}/model",
            run_id=run_id,
            tags={_SHA256: version.sha256, _VERSION: version.name},
        )


def _number_of(client: MlflowClient, version: ModelVersion) -> str | None:
    """Return the number that a version has over there; None where it isn't registered."""
    asked = f"name = '{settings.MLFLOW_MODEL_NAME}' and tags.`{_SHA256}` = '{version.sha256}'"
    found = client.search_model_versions(asked)
    return str(found[0].version) if found else None


def _send_aliases(client: MlflowClient) -> None:
    """Set each alias as it stands now, whatever the moves were.

    A version that isn't known over there yet is left out: sending its run sets its aliases.
    """
    for alias in ModelAlias.objects.select_related("version"):
        number = _number_of(client, alias.version)
        if number is not None:
            client.set_registered_model_alias(settings.MLFLOW_MODEL_NAME, alias.name, number)


def _ms(moment: datetime | None) -> int:
    return round(moment.timestamp() * 1000) if moment else 0
