"""The main job through real processes: REST, broker, worker, database, REST again."""

import contextlib
import os
import signal
import subprocess
import time

import pytest

from tests.stack_fixtures import SMALL_TRAINING

pytestmark = pytest.mark.worker


def test_training_ends_with_a_model_and_predictions_of_every_face(stack):
    run = stack.trained
    assert run["metrics"]["test"]["emotion"]["accuracy"] > 0
    faces = stack.call("faces/", user="reviewer")["results"]
    assert faces
    for face in faces:
        assert face["prediction"] is not None
        assert face["prediction"]["split"] == "test"  # read out of fold
        assert face["prediction"]["compared_with"] == "neutral"
    found = stack.call(f"faces/{faces[0]['id']}/detection/", user="reviewer")
    assert len(found["landmarks"]) == 468
    models = stack.call("models/", user="admin")["results"]
    assert "champion" in models[-1]["aliases"]
    first = stack.call("alias-moves/?page_size=200", user="admin")["results"][-1:-3:-1]
    assert "beats constant answers" in first[1]["reason"]


def test_an_uploaded_face_is_predicted(stack, demo_faces):
    # A neutral frame: the importer took the peaks only, so this one is new.
    neutral = sorted(demo_faces.glob("cohn-kanade-images/*/*/*_00000001.png"))[0]
    answer = stack.call("faces/", user="coder", form={"image": neutral, "subject": "N001"})
    run = stack.wait_for_run(f"inference-runs/{answer['inference_run']}/", seconds=120)
    assert run["status"] == "succeeded"
    predictions = stack.call(f"faces/{answer['face']['id']}/predictions/", user="coder")
    prediction = predictions["results"][0] if "results" in predictions else predictions[0]
    assert prediction["emotion"] in {"negative", "positive", "surprise"}
    assert sum(prediction["emotion_probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert len(prediction["action_units"]) == 15
    assert prediction["quality"] == "good"


def test_each_prediction_has_what_the_network_saw_and_takes_it_along(stack):
    """Asked of the database: nothing else gives it out."""
    told = stack.manage("shell", "-c", _COUNT_EMBEDDINGS)
    predictions, embeddings, numbers, left = map(int, told.split()[-4:])
    assert predictions == embeddings > 50
    assert 1 < numbers <= 17
    assert left == predictions - 1


_COUNT_EMBEDDINGS = """
from django.db import transaction
from annotations.models import Coding
from inference.embeddings import embeddings_of
from inference.models import Embedding, ModelVersion
keeping = [each.coder for each in ModelVersion.objects.all() if each.keeps_embeddings]
ours = Coding.objects.filter(coder__in=keeping)  # other tests bring and make models without
codings = list(ours.values_list("pk", flat=True))
widths = {len(numbers) for _, numbers in embeddings_of(codings)}
with transaction.atomic():
    ours.filter(reviews=None, revisions=None).last().delete()  # what people answered stays
    left = Embedding.objects.count()
    transaction.set_rollback(True)
print(len(codings), Embedding.objects.count(), *widths, left)
"""


def test_cancelling_a_training_leaves_no_model(stack):
    models = len(stack.call("models/", user="admin")["results"])
    config = {**SMALL_TRAINING, "seed": 99, "max_epochs": 2000, "patience": 2000}  # outlasts us
    run = stack.call("training-runs/", user="admin", json_body={"config": config})
    _wait_until_running(stack, run["id"])
    stack.call(f"training-runs/{run['id']}/cancel/", user="admin", json_body={})
    ended = stack.wait_for_run(f"training-runs/{run['id']}/", seconds=120)
    assert ended["status"] == "cancelled"
    assert len(stack.call("models/", user="admin")["results"]) == models


def test_a_stopped_worker_hands_its_training_to_the_next(stack):
    config = {**SMALL_TRAINING, "seed": 98, "max_epochs": 2000, "patience": 2000}  # outlasts us
    run = stack.call("training-runs/", user="admin", json_body={"config": config})
    _wait_until_running(stack, run["id"])
    stack.stop("workers")
    assert stack.call(f"training-runs/{run['id']}/", user="admin")["status"] == "queued"
    stack.start("workers", "worker")
    _wait_until_running(stack, run["id"])
    stack.call(f"training-runs/{run['id']}/cancel/", user="admin", json_body={})
    ended = stack.wait_for_run(f"training-runs/{run['id']}/", seconds=120)
    assert ended["status"] == "cancelled"


def test_a_prediction_survives_its_workers_death(stack, demo_faces):
    """kill -9 on the worker's processes; the next worker takes up what was queued."""
    stack_workers = stack.children["workers"].pid
    for pid in _descendants(stack_workers):
        with contextlib.suppress(ProcessLookupError):  # it followed its parent
            os.kill(pid, signal.SIGKILL)
    stack.children.pop("workers").wait(timeout=30)

    neutral = sorted(demo_faces.glob("cohn-kanade-images/*/*/*_00000001.png"))[1]
    answer = stack.call("faces/", user="coder", form={"image": neutral, "subject": "N002"})
    run = stack.call(f"inference-runs/{answer['inference_run']}/", user="admin")
    assert run["status"] == "queued"
    coders = [coder["id"] for coder in stack.call("coders/", user="admin")["results"]][:2]
    asked = stack.call("comparisons/", user="admin", json_body={"coders": coders})
    assert asked["status"] == "queued"

    stack.start("workers", "worker")
    run = stack.wait_for_run(f"inference-runs/{answer['inference_run']}/", seconds=120)
    assert run["status"] == "succeeded"
    compared = stack.wait_for_run(f"comparisons/{asked['id']}/", seconds=120)
    assert compared["status"] == "succeeded"


def _wait_until_running(stack, pk: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if stack.call(f"training-runs/{pk}/", user="admin")["status"] == "running":
            return
        time.sleep(0.2)
    raise AssertionError("the training did not start")


def _descendants(pid: int) -> list[int]:
    answer = subprocess.run(
        ["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    parents = [tuple(map(int, line.split())) for line in answer.splitlines()]
    found, wanted = [], {pid}
    while wanted:
        children = {child for child, parent in parents if parent in wanted}
        found += children
        wanted = children
    return found
