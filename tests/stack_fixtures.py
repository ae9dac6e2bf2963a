"""What several tests share of a running product: its weights, its faces, its stacks."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import stack as stacks
from tests.stack import ROOT, Stack, bare_stack, running_stack

#: A network small enough to train in a test, on a fifth of the pixels.
SMALL_TRAINING = {"input_size": 96, "augmented_copies": 0, "max_epochs": 12, "folds": 3}


@pytest.fixture(scope="session")
def vgg16_weights() -> Path:
    """The real ImageNet weights, fetched once for all test runs of this checkout."""
    from inference.ml.weights import fetch_weights

    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "weights.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return fetch_weights(ROOT / "var" / "weights")


@pytest.fixture(scope="session")
def prior_weights() -> Path:
    """The real weights of the expression prior, fetched as VGG16's are."""
    from inference.ml.prior_weights import fetch_prior

    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "weights.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return fetch_prior(ROOT / "var" / "weights")


@pytest.fixture(scope="session")
def demo_faces(request) -> Path:
    """Drawn once for both databases, and again when what draws them has changed."""
    from annotations.synthetic.generator import generate

    rooms = ("facs", "synthetic")
    code = [path for room in rooms for path in sorted((ROOT / "annotations" / room).glob("*.*"))]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in code)).hexdigest()
    root = request.config.cache.mkdir(f"demo-{digest[:12]}") / "CK+"
    generate(root, seed=7, subjects=16, images=72)
    return root


@pytest.fixture(scope="session", autouse=True)
def _one_template(tmp_path_factory) -> None:
    own = tmp_path_factory.getbasetemp()
    stacks.templates = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def plain_stack(tmp_path_factory) -> Iterator[Stack]:
    """A stack without faces and models, and with a worker for data alone."""
    with bare_stack(tmp_path_factory.mktemp("plain"), queues=["data"]) as running:
        yield running


@pytest.fixture(scope="session")
def stack(tmp_path_factory, vgg16_weights, prior_weights, demo_faces) -> Iterator[Stack]:
    """A stack with imported faces, a small model trained by its worker, and predictions."""
    folder = tmp_path_factory.mktemp("stack")
    with running_stack(folder, vgg16_weights, prior_weights) as running:
        running.manage("import_ckplus", str(demo_faces))
        run = running.call("training-runs/", user="admin", json_body={"config": SMALL_TRAINING})
        run = running.wait_for_run(f"training-runs/{run['id']}/", 900)
        assert run["status"] == "succeeded", run
        prediction = running.wait_for_run(f"inference-runs/{run['inference_run']}/", 900)
        assert prediction["status"] == "succeeded", prediction
        running.trained = run
        faces = running.call("faces/?page_size=200", user="admin")["results"]
        running.unused = [face["id"] for face in faces[1:]]
        yield running
