"""Runs, models and aliases reach a real MLflow server by a worker, and nothing waits for it."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from facsweb.processes import die_with_parent
from tests.factories import make_run, make_version, metrics
from tests.stack import bare_stack, free_address
from training.mirror.deliveries import BACKOFF, deliver, queue_everything, queue_run
from training.models import MlflowDelivery

pytest.importorskip("mlflow")

#: Makes a version with files and the run that trained it, as the end of a training does.
_TRAINED = """
from datetime import timedelta
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from inference.registry import champion, crown, register_version
from tests.factories import make_run, metrics
from training.mirror.deliveries import queue_run
from django.conf import settings
folder = settings.MODELS_ROOT / "{sha256:.12}"
folder.mkdir(parents=True)
(folder / "manifest.json").write_text("{{}}")
with transaction.atomic():
    version = register_version(folder, "{sha256}", {{}})
    if champion() is None:
        crown(version, None, "There was none.")
    run = make_run(
        status="succeeded", version=version, metrics=metrics(), history={{"loss": [0.9, 0.5]}},
        config={{"recipe": "{recipe}", "seed": 20}}, started_at=timezone.now(),
        finished_at=timezone.now() + timedelta(seconds=9),
        requested_by=User.objects.get(username="admin"),
    )
    queue_run(run)
"""
_PROMOTE = """
from django.db import transaction
from inference.models import ModelVersion
from inference.registry import crown
with transaction.atomic():
    crown(ModelVersion.objects.get(sha256="{sha256}"), None, "It is better.")
"""
_FIRST, _SECOND = "1" * 64, "2" * 64


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """MLflow's own server, with a client of its own to look at it."""
    from mlflow.tracking import MlflowClient

    folder, address = tmp_path_factory.mktemp("mlflow"), free_address()
    host, port = address.split(":")
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", host, "--port", port, "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log,
            preexec_fn=die_with_parent, start_new_session=True,
        )  # fmt: skip
    uri = f"http://{address}"
    _wait(lambda: urllib.request.urlopen(f"{uri}/health", timeout=5).status == 200, folder / "log")
    yield SimpleNamespace(uri=uri, client=MlflowClient(uri))
    os.killpg(process.pid, signal.SIGKILL)  # its children too; nothing of it is kept
    process.wait()


def _wait(is_so, log=None, seconds=180):
    """Wait until something is so, or tell what stood in the way."""
    deadline, error = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        try:
            if is_so():
                return
        except Exception as latest:
            error = latest
        time.sleep(0.5)
    raise AssertionError(f"{error}\n{log.read_text()[-3000:] if log else ''}")


@pytest.mark.worker
def test_what_is_trained_and_promoted_is_shown_by_the_server(server, tmp_path):
    def aliases():
        found = server.client.get_registered_model("facsweb").aliases
        shown = {version.version: version.tags for version in _versions(server)}
        return {alias: shown[number]["facsweb.sha256"] for alias, number in found.items()}

    with bare_stack(tmp_path, queues=["data"], MLFLOW_TRACKING_URI=server.uri) as stack:
        log = tmp_path / "data-worker.log"
        both = ((_FIRST, "default"), (_SECOND, "published"))
        trained = [_TRAINED.format(sha256=sha256, recipe=recipe) for sha256, recipe in both]
        stack.manage("shell", "-v0", "-c", "\n".join(trained))
        _wait(lambda: aliases() == {"candidate": _SECOND, "champion": _FIRST}, log)
        stack.manage("shell", "-v0", "-c", _PROMOTE.format(sha256=_SECOND))
        _wait(lambda: aliases() == {"candidate": _SECOND, "champion": _SECOND}, log)

    experiment = server.client.get_experiment_by_name("facsweb")
    runs = {
        run.data.tags["facsweb.sha256"]: run
        for run in server.client.search_runs([experiment.experiment_id])
    }
    assert runs.keys() == {_FIRST, _SECOND}
    run = runs[_SECOND]
    assert run.info.status == "FINISHED"
    assert run.info.end_time - run.info.start_time == pytest.approx(9000, abs=1000)
    assert run.data.params == {"recipe": "published", "seed": "20"}
    assert run.data.tags["mlflow.user"] == "admin"
    assert run.data.metrics["test/emotion/macro_f1"] == metrics()["test"]["emotion"]["macro_f1"]
    assert run.data.metrics["test/action_units/f1/AU12"] == 0.85
    losses = server.client.get_metric_history(run.info.run_id, "loss")
    assert [(each.step, each.value) for each in losses] == [(1, 0.9), (2, 0.5)]
    files = server.client.list_artifacts(run.info.run_id, "model")
    assert [file.path for file in files] == ["model/manifest.json"]


def _versions(server):
    return server.client.search_model_versions("name = 'facsweb'")


def _finished_run(settings, tmp_path, uri):
    settings.MLFLOW_TRACKING_URI = uri
    settings.MODELS_ROOT = tmp_path
    version = make_version(f"VGG16-{tmp_path.name}"[:60])
    version.path.mkdir()
    (version.path / "manifest.json").write_text("{}")
    now = timezone.now()
    run = make_run(
        status="succeeded", version=version, metrics=metrics(), started_at=now, finished_at=now
    )
    queue_run(run)
    return MlflowDelivery.objects.get(run=run)


@pytest.mark.django_db
def test_a_server_that_is_away_is_tried_again_later(server, settings, tmp_path):
    settings.MLFLOW_EXPERIMENT_NAME = settings.MLFLOW_MODEL_NAME = "later"
    delivery = _finished_run(settings, tmp_path, "http://ada:geheim@127.0.0.1:9")
    deliver(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("waiting", 1)
    assert delivery.error
    assert "geheim" not in delivery.error
    assert delivery.next_attempt_at > timezone.now() + BACKOFF[0] - timedelta(seconds=5)

    settings.MLFLOW_TRACKING_URI = server.uri
    deliver(delivery.pk)  # not due yet
    delivery.refresh_from_db()
    assert delivery.attempts == 1
    for _ in range(2):  # twice, as after a worker's death: still one run and one version
        # Not by now: the database's clock counts in milliseconds, and may be behind ours by one.
        due = timezone.now() - timedelta(seconds=1)
        MlflowDelivery.objects.update(status="waiting", next_attempt_at=due)
        deliver(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.error) == ("delivered", "")
    experiment = server.client.get_experiment_by_name("later")
    (run,) = server.client.search_runs([experiment.experiment_id])
    assert run.info.run_id == delivery.mlflow_run_id
    assert len(server.client.search_model_versions("name = 'later'")) == 1


@pytest.mark.django_db
def test_it_is_given_up_in_the_end_and_taken_up_by_hand(settings, tmp_path):
    delivery = _finished_run(settings, tmp_path, "http://127.0.0.1:9")
    MlflowDelivery.objects.update(attempts=len(BACKOFF))
    deliver(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.status == "given_up"
    assert queue_everything() == 1
    with pytest.raises(CommandError, match="tried again"):
        call_command("mirror_to_mlflow")


@pytest.mark.django_db
def test_without_a_server_or_the_package_nothing_is_queued(settings, tmp_path, monkeypatch):
    run = make_run(status="succeeded", version=make_version(champion=True), metrics=metrics())
    queue_run(run)
    with pytest.raises(CommandError, match="MLFLOW_TRACKING_URI is not set"):
        call_command("mirror_to_mlflow")
    settings.MLFLOW_TRACKING_URI = "http://127.0.0.1:9"
    monkeypatch.setitem(sys.modules, "mlflow", None)  # as if it weren't installed
    queue_run(run)
    assert not MlflowDelivery.objects.exists()
    with pytest.raises(CommandError, match=r"requirements-mlflow\.txt"):
        call_command("mirror_to_mlflow")
