"""A training whose folds two machines fit: its own worker's, and one that had nothing to do.

They share PostgreSQL, Valkey and a bucket, and no disk.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from tests.machines import machine_beside, signal_workers, web_machine
from tests.stack import Stack

pytestmark = [pytest.mark.worker, pytest.mark.training]
#: Folds that take a while, so that a machine that comes late finds some left.
LAST = "fold 6 of 6"
CONFIG = {
    "input_size": 96, "augmented_copies": 0, "folds": 6, "batch_size": 8,
    "max_epochs": 120, "patience": 120,
}  # fmt: skip


@pytest.fixture(scope="module")
def up(tmp_path_factory, vgg16_weights, prior_weights, demo_faces):
    weights = {"VGG16_WEIGHTS": str(vgg16_weights), "FER_WEIGHTS": str(prior_weights)}
    with web_machine(tmp_path_factory.mktemp("trainers"), **weights) as (web, store):
        web.manage("import_ckplus", str(demo_faces))
        yield web, store


@pytest.fixture(scope="module")
def leader(up) -> Iterator[Stack]:
    """The machine whose worker takes each training."""
    web, _ = up
    machine = machine_beside(web, web.folder.parent / "leader")
    machine.start("workers", "worker", "--queue", "training")
    yield machine
    machine.stop("workers")


@pytest.fixture(scope="module")
def alone(up, leader) -> str:
    """The version that a training comes to when one machine does all of it."""
    return version_of(up[0], ask(up[0]))


@pytest.fixture
def helper(up, alone, tmp_path) -> Iterator[Stack]:
    """A machine that comes while a training is under way, and hasn't seen a face before."""
    machine = machine_beside(up[0], tmp_path / "helper")
    yield machine
    for name in list(machine.children):
        machine.stop(name)


def ask(web: Stack) -> str:
    run = web.call("training-runs/", user="admin", json_body={"config": CONFIG})
    return f"training-runs/{run['id']}/"


def version_of(web: Stack, path: str) -> str:
    run = web.wait_for_run(path, 900)
    assert run["status"] == "succeeded", run
    return web.call(f"models/{run['version']}/", user="admin")["sha256"]


def wait_until(holds: Callable[[], bool], *machines: Stack) -> None:
    deadline = time.monotonic() + 110  # of a worker that is silent for longer, the run is taken
    while not holds():
        assert time.monotonic() < deadline, "".join(each.log("workers") for each in machines)
        time.sleep(0.05)


@contextlib.contextmanager
def held_at_its_folds(web: Stack, leader: Stack, path: str) -> Iterator[None]:
    """Stop the leader when it has asked for help, and let it go on after the block."""
    wait_until(lambda: web.call(path, user="admin")["stage"].startswith("fold"), leader)
    signal_workers(leader, signal.SIGSTOP)
    try:
        yield
    finally:
        signal_workers(leader, signal.SIGCONT)


def log_of(web: Stack, path: str) -> str:
    return " ".join(entry["text"] for entry in web.call(path, user="admin")["log"])


def test_a_machine_that_has_nothing_to_do_fits_folds_of_anothers_training(
    up, leader, helper, alone
):
    web, store = up
    path = ask(web)
    with held_at_its_folds(web, leader, path):
        helper.start("workers", "worker", "--queue", "training")
        wait_until(lambda: LAST in "".join(store.names("caches/checkpoints/")), helper)
    assert version_of(web, path) == alone
    assert f"takes {LAST}" in helper.log("workers")
    assert "found as another worker left it" in log_of(web, path)
    assert not store.names("caches/checkpoints/"), "the training is done"
    assert store.names("caches/features/")


def test_a_helper_that_is_killed_costs_its_fold_and_no_more(up, leader, helper, alone):
    web, _ = up
    path = ask(web)
    with held_at_its_folds(web, leader, path):
        helper.start("workers", "worker", "--queue", "training")
        wait_until(lambda: f"takes {LAST}" in helper.log("workers"), helper)
        signal_workers(helper, signal.SIGKILL)
    assert version_of(web, path) == alone
    assert "attempt 2" not in leader.log("workers"), "the training went on by itself"
