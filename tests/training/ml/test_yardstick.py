"""The yardstick: figures by hand, pairs by subject, and a flag where nothing was gained."""

import numpy as np
import pytest

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.facs.picture_quality import Quality
from inference.ml.predictions import Prediction
from training.ml.dataset import Sample
from training.ml.metrics import Metrics
from training.ml.yardstick import (
    MAJORITY,
    NO_EMOTIONS,
    NOT_FETCHED,
    PRIOR,
    measure_yardstick,
    not_above,
)
from training.ml.yardstick_figures import Yardstick


def pairs_of(truth, said, faces_of_each=2):
    """Pairs of faces, so many of a subject each; None is no label."""
    units = dict.fromkeys(MODEL_ACTION_UNITS, False)
    return [
        (
            Sample(row, None, str(row), f"S{row // faces_of_each}", emotion, None),
            Prediction(told, {}, dict.fromkeys(units, 0.0), units, Quality.GOOD),
        )
        for row, (emotion, told) in enumerate(zip(truth, said, strict=True))
    ]


def probabilities(said):
    """Readings of the prior that answer so."""
    return np.eye(len(EMOTIONS))[[EMOTIONS.index(name) for name in said]]


def test_the_three_readers_are_measured_on_the_same_faces():
    truth = ["negative", "negative", "positive", "surprise", None]
    model = ["negative", "negative", "positive", "positive", "surprise"]
    prior = ["negative", "positive", "positive", "negative", "negative"]
    found = measure_yardstick(pairs_of(truth, model), probabilities(prior))
    assert (found.faces, found.subjects, found.majority_class) == (4, 2, "negative")
    beside = found.readers[PRIOR]
    assert beside.accuracy.value == pytest.approx(0.5)
    assert beside.accuracy_gain.value == pytest.approx(0.25)
    # F1 of the prior: negative 2/4, positive 2/3, surprise 0.
    assert beside.macro_f1.value == pytest.approx((0.5 + 2 / 3) / 3)
    majority = found.readers[MAJORITY]
    assert majority.accuracy.value == pytest.approx(0.5)
    assert majority.macro_f1.value == pytest.approx((2 / 3) / 3)
    assert majority.accuracy_gain.value == pytest.approx(0.25)


def test_differences_are_paired_by_subject():
    """Where both fail on the same subjects, the gain is surer than the figures themselves."""
    draw = np.random.default_rng(1)
    truth = [EMOTIONS[row % 3] for row in range(240)]
    hard = np.repeat(draw.random(60) < 0.4, 4)  # whole subjects
    wrong = [EMOTIONS[(row + 1) % 3] for row in range(240)]
    prior = [wrong[row] if hard[row] or row % 8 == 0 else truth[row] for row in range(240)]
    model = [wrong[row] if hard[row] else truth[row] for row in range(240)]
    beside = measure_yardstick(pairs_of(truth, model, 4), probabilities(prior)).readers[PRIOR]
    width = beside.accuracy.high - beside.accuracy.low
    assert beside.accuracy_gain.high - beside.accuracy_gain.low < width / 2
    assert beside.accuracy_gain.low > 0


def test_a_model_that_gained_nothing_is_flagged_and_one_that_did_is_not():
    truth = [EMOTIONS[row % 3] for row in range(90)]
    wrong = [EMOTIONS[(row + 1) % 3] for row in range(90)]
    half = [truth[row] if row % 2 else wrong[row] for row in range(90)]
    gained = measure_yardstick(pairs_of(truth, truth), probabilities(half))
    assert not not_above(gained)
    alike = measure_yardstick(pairs_of(truth, half), probabilities(half))
    (flag,) = not_above(alike)
    assert (flag.kind, flag.severity) == ("no_gain", "warning")
    assert "zero-shot" in flag.message
    assert "accuracy +0.00" in flag.message
    assert "gained nothing" in flag.message
    constant = measure_yardstick(pairs_of(truth, ["negative"] * 90), None)
    assert ["always answering" in flag.message for flag in not_above(constant)] == [True]


def test_few_faces_raise_no_flag():
    truth = ["negative", "positive"] * 4
    assert not not_above(measure_yardstick(pairs_of(truth, truth[::-1]), probabilities(truth)))


def test_what_isnt_measured_says_why():
    truth = ["negative", "positive"] * 10
    without = measure_yardstick(pairs_of(truth, truth), None)
    assert without.why_not == NOT_FETCHED
    assert [*without.readers] == [MAJORITY]
    assert measure_yardstick(pairs_of([None], ["negative"]), None).why_not == NO_EMOTIONS


def test_it_is_stored_and_read_back():
    truth = ["negative", "positive", "surprise"] * 5
    found = measure_yardstick(pairs_of(truth, truth), probabilities(truth[::-1]))
    metrics = Metrics(yardstick=found)
    assert Metrics.from_json(metrics.to_json()) == metrics
    assert Metrics.from_json({}).yardstick is None
    assert isinstance(found, Yardstick)
