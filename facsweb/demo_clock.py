"""One bar, and one time that is left, for all of `make demo`."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence

from tqdm import tqdm

from annotations.models import Face, Subject
from training.ml.config import TrainingConfig
from training.ml.forecast import Forecast
from training.ml.progress import Progress
from training.ml.spoken_times import in_words
from training.ml.stage_plan import StageTime
from training.runs.durations import expected_duration, stage_times

PUBLISHED = "training by the published recipe"
#: Where nothing is imported yet: the faces and subjects that the demo draws.
_FACES, _SUBJECTS = 560, 123
#: Seconds that each step but the trainings takes on two cores, and for each face.
_STEPS = {
    "weights": (3.0, 0.0),
    "drawing faces": (2.0, 0.1),
    "importing": (1.0, 0.02),
    "workers": (15.0, 0.0),
    "training": (0.0, 0.0),
    "predicting": (6.0, 0.02),
    "measuring": (15.0, 0.0),
    PUBLISHED: (0.0, 0.0),
    "predicting by it": (6.0, 0.02),
    "comparing both": (2.0, 0.002),
}
_SECONDS_BETWEEN_LOOKS = 1.0
_FORMAT = "{percentage:3.0f} % |{bar:30}| {desc}{postfix}"


class DemoClock:
    """A bar over every step of the demo; in a log file it shows nothing.

    The trainings' steps are expected to take what their plans say (`training.runs.durations`). What
    ends corrects what is left, as in a training (`training.ml.forecast`).
    """

    def __init__(self) -> None:
        plan = _plan(_FACES, _SUBJECTS, [])  # there may be no database yet
        self._forecast = Forecast(plan, dict.fromkeys(_STEPS, 1.0))
        self._lock = threading.Lock()
        self._told = Progress(next(iter(_STEPS)), 0, 0)
        self._doing = ""
        self._closed = threading.Event()
        self._bar: tqdm[None] = tqdm(total=100, bar_format=_FORMAT, leave=False, disable=None)

    def __enter__(self) -> DemoClock:
        threading.Thread(target=self._tick, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take the bar away."""
        self._closed.set()
        with self._lock:
            self._bar.close()

    def know_faces(self) -> None:
        """Take in how many faces there are, now that they are imported, and plan what is left."""
        plan = _plan(Face.objects.count(), Subject.objects.count(), stage_times())
        with self._lock:
            for step, seconds in plan.items():
                self._forecast.plan_anew(step, seconds)

    def hear(self, step: str, done: float = 0.0, total: float = 0.0, doing: str = "") -> None:
        """Take in how far a step is, and show it.

        Parameters
        ----------
        step
            One of the demo's.
        done, total
            How much of it is done, in any unit.
        doing
            What it is at, in words.
        """
        with self._lock:
            share = done / total if total else 0.0
            self._told, self._doing = Progress(step, round(1000 * share), 1000), doing
            self._show()

    def say(self, text: str) -> None:
        """Write a line above the bar."""
        with self._lock:
            tqdm.write(text, file=sys.stdout)
            sys.stdout.flush()

    def _show(self) -> None:
        self._forecast.hear(self._told, time.monotonic())
        what = f"{self._told.stage}: {self._doing}" if self._doing else self._told.stage
        left = in_words(self._forecast.seconds_left)
        self._bar.set_description_str(what, refresh=False)
        self._bar.set_postfix_str(left, refresh=False)
        self._bar.n = round(100 * self._forecast.share)
        self._bar.refresh()

    def _tick(self) -> None:
        """Let time go by where a step tells nothing for a while."""
        while not self._closed.wait(_SECONDS_BETWEEN_LOOKS):
            with self._lock:
                if not self._closed.is_set():
                    self._show()


def _plan(faces: int, subjects: int, runs: Sequence[Sequence[StageTime]]) -> dict[str, float]:
    """Return the seconds that each step is expected to take."""
    plan = {step: once + each * faces for step, (once, each) in _STEPS.items()}
    configs = [TrainingConfig.from_json({"recipe": name}) for name in ("default", "published")]
    ours, published = (expected_duration(each, faces, subjects, runs, faces) for each in configs)
    # What the first training looks at, it keeps for every recipe that sees the same crops.
    kept = published.looking if configs[0].framing == configs[1].framing else 0.0
    return plan | {"training": ours.seconds, PUBLISHED: published.seconds - kept}
