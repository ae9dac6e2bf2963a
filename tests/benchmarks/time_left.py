"""How wrong the time is that a training says is left, on one real training.

The training is carried out as by a worker, with the forecast that its page shows. After 10, 25, 50
and 75 % of the time it took, what was said is held against what was left: |said - left| / whole. It
is done twice: with pictures to look at, and from kept features. The first learns its rates from
nothing (two idle cores), the second from the first, as a run's page does from the runs before.

    python -m tests.benchmarks.time_left --recipe default
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from facsweb.jobs.progress import beating
from tests.benchmarks.material import arguments, labelled, weights
from training.ml.config import TrainingConfig
from training.ml.dataset import Sample
from training.ml.extraction import TrunkFiles
from training.ml.forecast import Forecast
from training.ml.progress import Progress, Watch
from training.ml.stage_plan import StageTime, learned_rates, plan_of
from training.ml.train import train
from training.runs.progress import TICK_SECONDS

_MOMENTS = (0.10, 0.25, 0.50, 0.75)


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="default")
    given = parser.parse_args()
    samples, _ = labelled(given)
    config = TrainingConfig.from_json({"recipe": given.recipe})
    print(f"{len(samples)} faces, recipe {given.recipe}, load before {_load()}")
    before: list[list[StageTime]] = []
    with tempfile.TemporaryDirectory() as folder:
        for what in ("from pictures", "from kept features"):
            forecast, heard, took = _follow(config, samples, Path(folder), before)
            before = [forecast.finished]
            for each in forecast.finished:
                print(f"  {each.stage:20}{each.seconds:7.1f} s")
            print(f"{what:20}{took:7.1f} s, planned {forecast.planned:.1f} s, load {_load()}")
            for moment in _MOMENTS:
                said, share = _said_at(heard, moment * took)
                left = (1 - moment) * took
                if said is None:
                    print(f"  at {moment:.0%}: nothing said, {left:.1f} s left")
                else:
                    error = abs(said - left) / took
                    print(
                        f"  at {moment:.0%}: said {said:.1f} s, left {left:.1f} s, "
                        f"error {error:.3f} of the whole; the bar stood at {share:.0%}"
                    )


Heard = list[tuple[float, float | None, float]]


def _follow(
    config: TrainingConfig,
    samples: Sequence[Sample],
    folder: Path,
    before: list[list[StageTime]],
) -> tuple[Forecast, Heard, float]:
    """Train; return the forecast, (second, seconds said to be left, bar) of each report, the time.

    Silence is told every two seconds, too, as a worker does.
    """
    subjects = len({sample.subject for sample in samples})
    forecast = Forecast(plan_of(config, len(samples), subjects), learned_rates(before))
    heard: Heard = []
    latest = [Progress("weights", 0, 1)]
    lock, started = threading.Lock(), time.monotonic()

    def hear(told: Progress) -> None:
        with lock:
            latest[0], now = told, time.monotonic()
            forecast.hear(told, now)
            heard.append((now - started, forecast.seconds_left, forecast.share))

    hear(latest[0])
    with beating(lambda: hear(latest[0]), TICK_SECONDS):
        train(
            config,
            samples,
            TrunkFiles(weights(), folder / "features"),
            models_root=folder / "models",
            watch=Watch(hear),
        )
    return forecast, heard, time.monotonic() - started


def _said_at(heard: Heard, moment: float) -> tuple[float | None, float]:
    """The seconds that a page said were left at a moment, and where its bar stood."""
    at, said, share = [each for each in heard if each[0] <= moment][-1]
    return (None if said is None else max(0.0, said - (moment - at))), share


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


if __name__ == "__main__":
    main()
