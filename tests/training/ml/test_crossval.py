"""Every face is predicted once by heads that never saw its subject; figures are what they say."""

import dataclasses

import numpy as np
import pytest
from sklearn import metrics

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.facs.picture_quality import Quality
from inference.ml.predictions import Prediction
from training.ml.compare_recipes import base_rates, difference, measure
from training.ml.config import TrainingConfig
from training.ml.crossval import out_of_fold
from training.ml.extraction import Pictures, TrunkFiles
from training.ml.split import SplitError, folds_by_subject

CONFIG = TrainingConfig(
    input_size=64, augmented_copies=1, max_epochs=12, dense_units=16, batch_size=16, folds=3
)


@pytest.fixture(scope="module")
def cross(vgg16_weights, tmp_path_factory):
    cache = tmp_path_factory.mktemp("features")

    def run(samples, config=CONFIG, repeats=1):
        return out_of_fold(
            config,
            Pictures(samples, config),
            TrunkFiles(vgg16_weights, cache),
            folds=3,
            repeats=repeats,
        )

    return run


@pytest.mark.parametrize("seed", range(5))
def test_folds_share_no_subject_and_all_have_faces(samples, seed):
    fold_of = folds_by_subject(samples, 4, seed)
    of_subject = {}
    for sample, fold in zip(samples, fold_of, strict=True):
        assert of_subject.setdefault(sample.subject, fold) == fold
    assert set(fold_of) == {0, 1, 2, 3}
    np.testing.assert_array_equal(fold_of, folds_by_subject(samples, 4, seed))


@pytest.mark.parametrize("folds", [0, 2, 13])
def test_folds_that_cannot_be_are_refused(samples, folds):
    with pytest.raises(SplitError, match="3 folds"):
        folds_by_subject(samples, folds)


@pytest.mark.parametrize(("recipe", "repeats"), [("default", 1), ("published", 2)])
def test_planted_signal_is_found_in_subjects_never_seen(cross, samples, recipe, repeats):
    config = dataclasses.replace(CONFIG, recipe=recipe)
    predictions = cross(samples, config, repeats=repeats)
    assert len(predictions) == repeats
    assert measure(samples, predictions).point["emotion accuracy"] > 0.6  # chance is a third


def test_permuted_labels_bring_chance(cross, samples):
    """No leak: with labels shuffled there is nothing to find, in any fold."""
    order = np.random.default_rng(1).permutation(len(samples))
    shuffled = [
        dataclasses.replace(
            sample, emotion=samples[other].emotion, action_units=samples[other].action_units
        )
        for sample, other in zip(samples, order, strict=True)
    ]
    figures = measure(shuffled, cross(shuffled, repeats=2))
    assert figures.point["emotion accuracy"] < 0.6
    assert figures.point["AU macro F1"] < 0.6


def test_faces_without_action_units_are_measured_on_emotions(cross, samples):
    bare = [dataclasses.replace(sample, action_units=None) for sample in samples]
    figures = measure(bare, cross(bare))
    assert figures.point["emotion accuracy"] > 0.85
    assert not [name for name in figures.point if name.startswith("AU")]


def predictions(generator, samples):
    made = []
    for _ in samples:
        probabilities = {au: float(generator.random()) for au in MODEL_ACTION_UNITS}
        made.append(
            Prediction(
                str(generator.choice(EMOTIONS)), {}, probabilities,
                {au: value > 0.5 for au, value in probabilities.items()}, Quality.GOOD,
            )
        )  # fmt: skip
    return made


def test_figures_are_scikit_learns(samples):
    said = predictions(np.random.default_rng(2), samples)
    figures = measure(samples, [said]).point
    truth, answers = [s.emotion for s in samples], [p.emotion for p in said]
    assert figures["emotion accuracy"] == pytest.approx(metrics.accuracy_score(truth, answers))
    assert figures["emotion balanced accuracy"] == pytest.approx(
        metrics.balanced_accuracy_score(truth, answers)
    )
    assert figures["emotion macro F1"] == pytest.approx(
        metrics.f1_score(truth, answers, average="macro")
    )
    present, found = [s.action_units[12] for s in samples], [p.au_present[12] for p in said]
    assert figures["AU12 F1"] == pytest.approx(metrics.f1_score(present, found))
    assert "AU1 F1" not in figures  # never present: nothing to measure
    assert base_rates(samples)["AU12 F1"] == pytest.approx(1 / 3)


def test_difference_is_paired_and_its_interval_holds_it(samples):
    generator = np.random.default_rng(4)
    ours, theirs = (measure(samples, [predictions(generator, samples)]) for _ in range(2))
    point, low, high = difference(ours, theirs, "emotion macro F1")
    assert low <= point <= high
    assert low < high
    assert difference(ours, ours, "emotion macro F1") == (0, 0, 0)
