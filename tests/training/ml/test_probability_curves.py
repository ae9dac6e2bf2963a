"""Curves of a model are scikit-learn's, thinned."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from training.ml.curve_figures import RunCurves
from training.ml.dataset import Sample
from training.ml.probabilities import Outputs
from training.ml.probability_curves import MOST_POINTS, curve_figures, run_curves


@pytest.fixture(scope="module", params=[60, 5000])
def drawn(request):
    generator = np.random.default_rng(request.param)
    truth = generator.random(request.param) < 0.2
    score = generator.normal(size=len(truth)) + 1.2 * truth
    return truth, np.round(1 / (1 + np.exp(-score)), 3)  # with ties, some on the grid


def test_areas_and_errors_are_scikit_learns(drawn):
    truth, p = drawn
    figures = curve_figures(truth, p)
    assert figures.roc_auc == pytest.approx(roc_auc_score(truth, p))
    assert figures.average_precision == pytest.approx(average_precision_score(truth, p))
    assert figures.brier == pytest.approx(brier_score_loss(truth, p))


def test_every_point_kept_is_scikit_learns_and_little_is_lost(drawn):
    truth, p = drawn
    figures = curve_figures(truth, p)
    precision, recall, _ = precision_recall_curve(truth, p)
    alarms, rate, _ = roc_curve(truth, p, drop_intermediate=False)
    kept = [
        (figures.recall, figures.precision, recall[::-1], precision[::-1]),
        (figures.false_positive_rate, figures.true_positive_rate, alarms, rate),
    ]
    for x, y, all_x, all_y in kept:
        every = set(zip(np.round(all_x, 4), np.round(all_y, 4), strict=True))
        points = list(zip(x, y, strict=True))
        assert len(points) <= MOST_POINTS
        assert set(points) <= every
        assert points[-1] == (round(all_x[-1], 4), round(all_y[-1], 4))
    area = np.trapezoid(figures.true_positive_rate, figures.false_positive_rate)
    assert area == pytest.approx(figures.roc_auc, abs=0.005)
    steps = np.sum(np.diff(figures.recall) * np.array(figures.precision[1:]))
    assert steps == pytest.approx(figures.average_precision, abs=0.02)


def test_reliability_is_scikit_learns_with_the_number_of_faces(drawn):
    truth, p = drawn
    p = p + 1e-5  # scikit-learn closes its bins on the other side
    figures = curve_figures(truth, p)
    observed, predicted = calibration_curve(truth, p, n_bins=10)
    assert [each.observed for each in figures.bins] == pytest.approx(observed, abs=1e-4)
    assert [each.predicted for each in figures.bins] == pytest.approx(predicted, abs=1e-4)
    assert sum(each.faces for each in figures.bins) == len(truth)
    gaps = [each.faces * abs(each.observed - each.predicted) for each in figures.bins]
    assert figures.calibration_error == pytest.approx(sum(gaps) / len(truth), abs=1e-4)


@pytest.mark.parametrize("step", [0, 1, 35, 50, 99, 100])
def test_counts_at_each_threshold_are_those_of_deciding_by_it(drawn, step):
    truth, p = drawn
    said = p >= step / 100
    counts = curve_figures(truth, p).counts_at(step)
    (rejections, alarms), (misses, hits) = confusion_matrix(truth, said, labels=[False, True])
    assert (counts.hits, counts.false_alarms) == (hits, alarms)
    assert (counts.misses, counts.rejections) == (misses, rejections)
    assert counts.f1 == pytest.approx(f1_score(truth, said, zero_division=0))


def test_what_every_face_shows_has_counts_but_no_curve():
    figures = curve_figures(np.ones(20, dtype=bool), np.full(20, 0.7))
    assert figures.roc_auc is None and not figures.precision and not figures.enough
    assert figures.counts_at(70).recall == 1.0
    assert figures.counts_at(71).precision is None


def _sample(number, emotion, units):
    return Sample(number, Path(), "", f"S{number}", emotion, units)


def test_each_split_has_its_own_and_what_is_not_coded_counts_for_nothing():
    samples = [
        _sample(1, "positive", {12: True}),
        _sample(2, "negative", {12: False}),
        _sample(3, None, {12: True}),
        _sample(4, "surprise", None),
    ]
    said = Outputs.empty(4)
    said.emotion[:] = [0.2, 0.7, 0.1]
    said.units[:, MODEL_ACTION_UNITS.index(12)] = [0.9, 0.1, 0.8, 0.5]
    curves = run_curves(samples, said, {1: "test", 2: "test", 3: "test", 4: "validation"})
    assert curves.test.units.keys() == {12}
    assert (curves.test.units[12].faces, curves.test.units[12].positives) == (3, 2)
    assert curves.test.emotions.keys() == set(EMOTIONS)
    assert curves.test.emotions["positive"].faces == 2
    assert not curves.validation.units
    assert curves.to_choose_by[0] == "validation"
    assert RunCurves.from_json(curves.to_json()) == curves
