"""One bar and one time for a whole training, on simulated timelines."""

import dataclasses

import numpy as np
import pytest

from training.ml.config import TrainingConfig
from training.ml.forecast import Forecast
from training.ml.progress import Progress
from training.ml.spoken_times import in_words
from training.ml.stage_plan import RATES, StageTime, kind_of, learned_rates, plan_of

FACES, SUBJECTS = 560, 123
CONFIG = TrainingConfig()


def timeline(config, *, cached=False, speed=1.0, stops=1.0, seed=0):
    """What a training tells, with the time: a machine of some speed, and stages that vary."""
    draw, now = np.random.default_rng(seed), 0.0
    told = []
    for stage, work in plan_of(config, FACES, SUBJECTS).items():
        kind = kind_of(stage)
        looks = kind in {"features", "augmented features", "int8"}
        total = {"fold": config.max_epochs, "final heads": config.max_epochs}.get(kind, 1)
        total = (0 if cached else FACES) if looks else total
        seconds = work * RATES[kind] * speed * draw.uniform(0.8, 1.25)
        seconds = 0.3 if looks and cached else seconds
        told.append((now, Progress(stage, 0, total)))
        last = max(2, round(total * stops)) if total == config.max_epochs else total
        for done in range(1, last + 1):
            now += seconds / total
            told.append((now, Progress(stage, done, total)))
        now += 0.3 if looks and cached else 0
    return told, now


def follow(told, end, forecast):
    """(share of the time that is over, error of the forecast as a share of the whole, bar)."""
    seen = []
    for now, progress in told:
        forecast.hear(progress, now)
        left = forecast.seconds_left
        error = None if left is None else abs(left - (end - now)) / end
        seen.append((now / end, error, forecast.share))
    return seen


@pytest.mark.parametrize("recipe", ["default", "published"])
@pytest.mark.parametrize("cached", [False, True])
@pytest.mark.parametrize("speed", [0.5, 1.0, 2.5])
def test_the_forecast_is_near_and_the_bar_never_goes_back(recipe, cached, speed):
    config = TrainingConfig.from_json({"recipe": recipe})
    for seed, stops in enumerate((1.0, 0.6)):
        told, end = timeline(config, cached=cached, speed=speed, stops=stops, seed=seed)
        seen = follow(told, end, Forecast(plan_of(config, FACES, SUBJECTS)))
        bars = [bar for _, _, bar in seen]
        assert bars == sorted(bars)
        assert bars[-1] <= 0.99
        if end < 10:  # nothing is told in the first seconds, and then it is over
            continue
        # Few long stages, whose luck doesn't even out: each takes 0.8 to 1.25 of what is planned.
        for moment, most in ((0.5, 0.35), (0.75, 0.2), (0.9, 0.16)):
            error = [error for over, error, _ in seen if over <= moment][-1]
            assert error is not None
            assert error < most, (moment, stops)


def test_a_machine_far_slower_than_planned_is_found_out():
    for seed in range(5):
        told, end = timeline(CONFIG, speed=8.0, seed=seed)
        seen = follow(told, end, Forecast(plan_of(CONFIG, FACES, SUBJECTS)))
        assert [error for over, error, _ in seen if over <= 0.5][-1] < 0.15


def test_nothing_is_said_at_first_nor_before_the_cache_was_looked_into():
    told, end = timeline(CONFIG)
    forecast = Forecast(plan_of(CONFIG, FACES, SUBJECTS))
    first = next(
        now for now, progress in told if (forecast.hear(progress, now), forecast.seconds_left)[1]
    )
    looked = next(now for now, progress in told if progress.stage == "features")
    assert looked <= first < 0.1 * end


def test_a_cached_training_is_not_told_to_take_minutes():
    told, end = timeline(CONFIG, cached=True)
    seen = follow(told, end, Forecast(plan_of(CONFIG, FACES, SUBJECTS)))
    assert max(error for _, error, _ in seen if error is not None) < 0.4


def test_what_stages_took_before_makes_the_next_forecast():
    slow = {kind: 3 * rate for kind, rate in RATES.items()}
    times = [
        StageTime(stage, work * slow[kind_of(stage)], work)
        for stage, work in plan_of(CONFIG, FACES, SUBJECTS).items()
    ]
    assert learned_rates([times])["fold"] == pytest.approx(slow["fold"])
    told, end = timeline(CONFIG, speed=3.0)
    early = {}
    for rates in ("before", "learned"):
        known = RATES if rates == "before" else learned_rates([times])
        seen = follow(told, end, Forecast(plan_of(CONFIG, FACES, SUBJECTS), known))
        early[rates] = [error for over, error, _ in seen if over <= 0.1][-1]
    assert early["learned"] < 0.1
    assert early["learned"] < early["before"] / 2


def test_the_last_stage_is_timed_too_and_once():
    forecast, (told, end) = Forecast(plan_of(CONFIG, FACES, SUBJECTS)), timeline(CONFIG)
    follow([*told, (end + 2, told[-1][1])], end, forecast)  # a tick of the clock after the end
    assert [time.stage for time in forecast.finished] == list(forecast.plan)


def test_pictures_from_the_cache_teach_nothing_of_looking():
    assert learned_rates([[StageTime("features", 2.0, 0.0)]]) == RATES


def test_a_training_that_is_taken_up_again_keeps_its_bar():
    plan = plan_of(CONFIG, FACES, SUBJECTS)
    forecast = Forecast(plan, floor=0.6)
    told, end = timeline(CONFIG, cached=True)
    bars = [bar for _, _, bar in follow(told, end, forecast)]
    assert bars[0] >= 0.6
    assert bars == sorted(bars)
    found = Forecast(plan)
    for now, progress in told:
        kept = progress.stage in {"fold 1 of 5", "fold 2 of 5"}
        found.hear(dataclasses.replace(progress, found=kept), now)
    assert {"fold 1 of 5", "fold 2 of 5"}.isdisjoint(time.stage for time in found.finished)


def test_fewer_folds_than_planned_and_an_unknown_stage_are_taken_in():
    forecast = Forecast(plan_of(CONFIG, FACES, SUBJECTS))
    for now, stage in enumerate(("features", "fold 1 of 3", "fold 2 of 3", "polish", "mixture")):
        forecast.hear(Progress(stage, 0, 1), 10.0 * now)
    assert forecast.seconds_left is not None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(91, "about 90 s left"), (100, "about 2 min left"), (3600, "about 1 h left")],
)
def test_time_is_told_in_words(seconds, words):
    assert in_words(seconds) == words
