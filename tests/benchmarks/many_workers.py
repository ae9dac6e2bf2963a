"""A long prediction run by several workers: `python -m tests.benchmarks.many_workers`.

PostgreSQL, Valkey and a bucket of an S3-compatible server, as on many machines; a small network is
trained on drawn faces. Then versions of it (other thresholds) read every face, with one, two and
four workers for predictions, and with two of whom one's processes are killed (SIGKILL) on the way.
Each time, each face must have one prediction by the version: none lost, none doubled.

On two cores four workers show what sharing costs, not what more machines gain.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import tests.environment  # noqa: F401 - a key for a bare run

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "facsweb.settings")

import psycopg

from annotations.synthetic.generator import generate
from facsweb.processes import ended_by_signals
from inference.ml.prior_weights import fetch_prior
from inference.ml.weights import fetch_weights
from tests.object_store import object_store
from tests.postgres import server
from tests.stack import ROOT, Stack, bare_stack
from tests.stack_fixtures import SMALL_TRAINING

_PART = 64
_COUNT = """
SELECT count(*), count(DISTINCT coding.face_id)
FROM annotations_coding coding JOIN inference_modelversion version USING (coder_id)
WHERE version.id = %s
"""


@dataclass(frozen=True)
class Row:
    """One run: `made` predictions of `read` faces."""

    workers: str
    seconds: float
    made: int
    read: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, default=2000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    asked = parser.parse_args()
    weights = {
        "VGG16_WEIGHTS": str(fetch_weights(ROOT / "var" / "weights")),
        "FER_WEIGHTS": str(fetch_prior(ROOT / "var" / "weights")),
        "PREDICTION_PART": str(_PART),
    }
    with tempfile.TemporaryDirectory() as made, server() as url:
        folder = Path(made)
        os.environ["DATABASE_URL"] = url
        generate(folder / "CK+", seed=7, subjects=asked.faces // 5, images=asked.faces)
        (folder / "stack").mkdir()
        with (
            object_store(folder) as store,
            bare_stack(
                folder / "stack", ["data", "training"], **weights, **store.environment
            ) as up,
        ):
            up.manage("import_ckplus", str(folder / "CK+"))
            _report(_rows(up, asked.workers), asked.faces)


def _rows(stack: Stack, workers: list[int]) -> list[Row]:
    asked = {"config": SMALL_TRAINING}
    trained = stack.call("training-runs/", user="admin", json_body=asked)
    trained = stack.wait_for_run(f"training-runs/{trained['id']}/", 7200)
    assert trained["status"] == "succeeded", trained
    shutil.rmtree(stack.folder / "var" / "features")
    runs = [
        _timed(stack, trained["inference_run"], trained["version"], str(workers[0]), workers[0])
    ]
    for number, count in enumerate(workers[1:]):
        run, version = _other_version(stack, trained["version"], 0.40 + number / 100)
        runs.append(_timed(stack, run, version, str(count), count))
    run, version = _other_version(stack, trained["version"], 0.61)
    return [*runs, _timed(stack, run, version, "2, one killed", 2, kill=True)]


def _other_version(stack: Stack, model: int, threshold: float) -> tuple[int, int]:
    """Have a version made that has read no face yet; return its prediction run and itself."""
    asked = {"thresholds": {"12": threshold}, "reason": "To be read."}
    made = stack.call(f"models/{model}/thresholds/", user="admin", json_body=asked)
    made = stack.wait_for_run(f"training-runs/{made['id']}/", 600)
    shutil.rmtree(stack.folder / "var" / "features", ignore_errors=True)
    return made["inference_run"], made["version"]


def _timed(
    stack: Stack, run: int, version: int, name: str, workers: int, *, kill: bool = False
) -> Row:
    names = [f"inference-{number}" for number in range(workers)]
    for each in names:
        stack.start(each, "worker", "--queue", "inference")
    path = f"inference-runs/{run}/"
    began = _when(stack, path, lambda now: now["status"] == "running")
    if kill:
        _when(stack, path, lambda now: now["done"] > now["total"] / 3 > 0)
        victim = stack.children.pop(names.pop())
        os.killpg(victim.pid, signal.SIGKILL)  # its children are told by the kernel
        victim.wait()
    ended = stack.wait_for_run(path, 7200)
    seconds = time.monotonic() - began
    assert ended["status"] == "succeeded", ended
    for each in names:
        stack.stop(each)
    with psycopg.connect(stack.environment["DATABASE_URL"]) as connection:
        made, read = connection.execute(_COUNT, [version]).fetchone()
    return Row(name, seconds, made, read)


def _when(stack: Stack, path: str, holds) -> float:
    while not holds(stack.call(path, user="admin")):
        time.sleep(0.3)
    return time.monotonic()


def _report(rows: list[Row], faces: int) -> None:
    print("| workers | seconds | to one worker's | faces | lost | doubled |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        ratio = row.seconds / rows[0].seconds
        print(
            f"| {row.workers} | {row.seconds:.0f} | {ratio:.2f} | {faces} | {faces - row.read} "
            f"| {row.made - row.read} |"
        )


if __name__ == "__main__":
    with ended_by_signals():
        main()
