"""Intervals hold their figures, and are undefined where nothing is known."""

from dataclasses import replace

import numpy as np
import pytest

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.facs.picture_quality import Quality
from inference.ml.predictions import Prediction
from training.ml.dataset import Sample
from training.ml.evaluate import figures
from training.ml.intervals import with_intervals

SUBJECTS, FACES_EACH = 40, 4


def study(generator, subjects=SUBJECTS, faces=FACES_EACH):
    """Faces of subjects whom a model reads well or badly: errors of one subject go together."""
    pairs = []
    for subject in range(subjects):
        skill = generator.beta(4, 2)
        for face in range(faces):
            truth = str(generator.choice(EMOTIONS, p=[0.5, 0.3, 0.2]))
            right = generator.random() < skill
            said = truth if right else str(generator.choice(EMOTIONS))
            units = {au: bool(generator.random() < 0.3) for au in MODEL_ACTION_UNITS}
            found = {au: shows == (generator.random() < skill) for au, shows in units.items()}
            sample = Sample(subject * faces + face, None, "", f"S{subject:03d}", truth, units)
            chances = {au: 0.7 if present else 0.3 for au, present in found.items()}
            pairs.append(
                (
                    sample,
                    Prediction(said, dict.fromkeys(EMOTIONS, 1 / 3), chances, found, Quality.GOOD),
                )
            )
    return pairs


@pytest.fixture(scope="module")
def measured():
    pairs = study(np.random.default_rng(8))
    return with_intervals(figures(pairs), pairs)


def test_the_value_is_the_figure_and_lies_in_its_interval(measured):
    emotion, units = measured.emotion, measured.action_units
    assert emotion.intervals["accuracy"].value == pytest.approx(emotion.accuracy)
    assert emotion.intervals["macro_f1"].value == pytest.approx(emotion.macro_f1)
    assert units.intervals["macro_f1"].value == pytest.approx(units.macro_f1)
    every = [emotion.intervals, units.intervals]
    for row in [*emotion.per_class.values(), *units.per_au.values()]:
        assert row.intervals["f1"].value == pytest.approx(row.f1)
        every.append(row.intervals)
    for interval in (each for intervals in every for each in intervals.values()):
        assert interval.low <= interval.value <= interval.high


def test_what_no_face_shows_has_no_figure_and_no_interval():
    pairs = study(np.random.default_rng(1), subjects=6)
    for sample, prediction in pairs:
        sample.action_units[11] = prediction.au_present[11] = False
    row = with_intervals(figures(pairs), pairs).action_units.per_au[11]
    for name in ("f1", "recall", "roc_auc", "average_precision", "matthews"):
        assert row.intervals[name].value is row.intervals[name].low is None
    assert row.intervals["specificity"].value == 1


def test_faces_without_labels_or_probabilities_say_nothing():
    sample = Sample(0, None, "", "S000", None, None)
    said = Prediction("negative", {}, {}, dict.fromkeys(MODEL_ACTION_UNITS, False), Quality.GOOD)
    bare = figures([(sample, said)])
    assert with_intervals(bare, [(sample, said)]) == bare
    assert with_intervals(figures([]), []) == figures([])


def test_perfect_answers_of_few_subjects_are_no_certainty():
    """Seven subjects without an error may still be of a group that has 0.59."""
    pairs = [
        (sample, replace(prediction, emotion=sample.emotion, au_present=sample.action_units))
        for sample, prediction in study(np.random.default_rng(3), subjects=7)
    ]
    measured = with_intervals(figures(pairs), pairs)
    accuracy = measured.emotion.intervals["accuracy"]
    assert (accuracy.value, accuracy.high) == (1, 1)
    assert accuracy.low == pytest.approx(0.025 ** (1 / 7))
    assert measured.action_units.intervals["macro_f1"].low < 0.7


def test_one_subject_alone_has_no_interval():
    pairs = study(np.random.default_rng(2), subjects=1)
    accuracy = with_intervals(figures(pairs), pairs).emotion.intervals["accuracy"]
    assert accuracy.value is not None
    assert accuracy.low is accuracy.high is None
