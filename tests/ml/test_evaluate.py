"""Figures against numbers worked out by hand."""

import pytest

from annotations.facs import MODEL_ACTION_UNITS
from annotations.quality import Quality
from inference.ml.readings import Prediction
from training.ml.dataset import Sample
from training.ml.evaluate import evaluate, figures
from training.ml.fairness import accuracy_gap


def pair(number, truth, predicted, *, au12=False, says12=False, subject=None, gender="female"):
    present = dict.fromkeys(MODEL_ACTION_UNITS, False)
    sample = Sample(
        number, None, str(number), subject or f"S{number:03d}", truth, present | {12: au12},
        {"gender": gender},
    )  # fmt: skip
    said = dict.fromkeys(MODEL_ACTION_UNITS, False) | {12: says12}
    return sample, Prediction(predicted, {}, {}, said, Quality.GOOD)


def test_emotion_figures():
    pairs = [
        pair(0, "negative", "negative"),
        pair(1, "negative", "negative"),
        pair(2, "negative", "positive"),
        pair(3, "positive", "positive"),
        pair(4, None, "surprise"),  # not coded: counts nowhere
    ]
    got = figures(pairs)["emotion"]
    assert got["accuracy"] == 0.75
    assert got["majority_accuracy"] == 0.75
    assert got["confusion_matrix"] == [[2, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert got["per_class"]["negative"]["f1"] == pytest.approx(0.8)
    assert got["per_class"]["positive"]["f1"] == pytest.approx(2 / 3)
    # Surprise is not among the truths, so it is no part of the mean.
    assert got["macro_f1"] == pytest.approx((0.8 + 2 / 3) / 2)


def test_rare_units_are_named_and_not_counted():
    pairs = [pair(n, "negative", "negative", au12=n < 5, says12=n < 4) for n in range(20)]
    got = figures(pairs)["action_units"]
    assert 12 not in got["left_out"]
    assert len(got["left_out"]) == 14
    assert got["per_au"]["12"]["f1"] == pytest.approx(8 / 9)
    assert got["macro_f1"] == pytest.approx(8 / 9)
    fewer = figures(pairs[1:])["action_units"]
    assert 12 in fewer["left_out"]
    assert fewer["macro_f1"] is None


def test_faces_without_labels_give_no_figures():
    sample, prediction = pair(0, None, "negative")
    bare = Sample(0, None, "0", "S000", None, None)
    assert figures([(sample, prediction)])["emotion"] is None
    assert figures([(bare, prediction)])["action_units"] is None


def test_a_group_served_less_well_is_flagged_and_a_small_one_named():
    pairs = []
    for number in range(80):
        woman = number < 40
        predicted = "negative" if woman or number % 4 == 0 else "positive"
        gender = "female" if woman else "male"
        pairs.append(pair(number, "negative", predicted, subject=f"S{number // 2}", gender=gender))
    pairs.append(pair(99, "negative", "negative", gender="other"))
    samples, predictions = zip(*pairs, strict=True)
    result = evaluate(samples, predictions, {sample.id: "test" for sample in samples})
    bias = [flag for flag in result["flags"] if flag["kind"] == "bias"]
    assert [flag["subject"] for flag in bias] == ["male"]
    assert "25%" in bias[0]["message"]
    small = [flag for flag in result["flags"] if flag["kind"] == "sample_size"]
    assert "other" in {flag["subject"] for flag in small}


def test_no_gap_has_an_interval_around_zero():
    pairs = [pair(n, "negative", "negative" if n % 3 else "positive") for n in range(60)]
    gap, low, high = accuracy_gap(pairs[:30], pairs[30:])
    assert gap == 0
    assert low < 0 < high
