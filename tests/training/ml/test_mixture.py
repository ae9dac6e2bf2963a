"""Experts are mixed, calibrated and thresholded by faces that they were not fitted to."""

import dataclasses

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.facs.picture_quality import Quality
from annotations.measures.support import FEWEST_TO_USE
from inference.ml.experts import Expert
from inference.ml.features import Features, References
from training.ml.calibration import calibration_error, fit_platt, fit_temperature, heated
from training.ml.config import TrainingConfig
from training.ml.heads import build_heads, mix_heads
from training.ml.linear import fit_linear
from training.ml.mixture import Experts, plain_mixture
from training.ml.mixture_choice import choose_mixture, cross_chosen, cross_fitted
from training.ml.probabilities import Outputs, outputs_of
from training.ml.thresholds import choose_thresholds

FACES = 300


@pytest.fixture
def generator():
    return np.random.default_rng(8)


@pytest.fixture
def truth(generator):
    emotions = generator.integers(0, len(EMOTIONS), FACES)
    units = (generator.random((FACES, len(MODEL_ACTION_UNITS))) < 0.3).astype(np.float32)
    return emotions, units


def expert(truth, generator, skill):
    """Says the truth with `skill`, else anything."""
    emotions, units = truth
    logits = generator.normal(0, 1, (FACES, len(EMOTIONS)))
    logits[np.arange(FACES), emotions] += skill
    z = generator.normal(0, 1, units.shape) + skill * (2 * units - 1)
    return Outputs(heated(np.exp(logits), 1.0), 1 / (1 + np.exp(-z)))


def test_the_better_expert_is_preferred_and_noise_left_out(truth, generator):
    good, noise = expert(truth, generator, 3.0), expert(truth, generator, 0.0)
    mixture = choose_mixture(Experts({"noise": noise, "good": good}), *truth)
    assert mixture.emotion_weights["good"] >= 0.75
    assert mixture.unit_weights["good"] >= 0.75


def test_landmarks_keep_a_quarter_of_the_action_units(truth, generator):
    """They hold on other pictures than those by which the mixture is chosen."""
    good, noise = expert(truth, generator, 3.0), expert(truth, generator, 0.0)
    mixture = choose_mixture(Experts({Expert.DENSE: good, Expert.LANDMARKS: noise}), *truth)
    assert mixture.unit_weights == {Expert.DENSE: 0.75, Expert.LANDMARKS: 0.25}
    assert mixture.emotion_weights[Expert.LANDMARKS] == 0


def test_thresholds_are_where_calibrated_probabilities_expect_the_best_f1(generator):
    """Near half of the best F1, whatever the units' base rates; and as good as any other."""
    p = generator.beta(0.4, 2.0, (4000, len(MODEL_ACTION_UNITS)))
    truth = (generator.random(p.shape) < p).astype(np.float32)
    chosen = choose_thresholds(truth, p)
    for column, au in enumerate(MODEL_ACTION_UNITS):
        own, *others = (
            f1_score(truth[:, column], p[:, column] >= at)
            for at in (chosen[str(au)], *np.arange(0.1, 0.8, 0.05))
        )
        assert own > max(others) - 0.02
        assert chosen[str(au)] == pytest.approx(own / 2, abs=0.04)
    truth[:, 3] = -1
    truth[: FEWEST_TO_USE - 1, 3] = 1
    assert str(MODEL_ACTION_UNITS[3]) not in choose_thresholds(truth, p)


def test_what_compares_counts_where_there_is_something_to_compare_with_alone(truth, generator):
    compared = np.arange(FACES) % 2 > 0
    weak, good = expert(truth, generator, 0.5), expert(truth, generator, 3.0)
    nothing = Outputs(np.full_like(good.emotion, 1 / 3), np.full_like(good.units, 0.5))
    change = Outputs(
        np.where(compared[:, None], good.emotion, nothing.emotion),
        np.where(compared[:, None], good.units, nothing.units),
    )
    experts = Experts({"face": weak, "change": change}, compared, frozenset({"change"}))
    mixture = choose_mixture(experts, *truth)
    assert mixture.unit_weights == {"face": 1.0}
    assert mixture.compared.unit_weights == {"change": 1.0}  # alone beside neutral frames
    medians = choose_mixture(dataclasses.replace(experts, beside_neutrals=False), *truth)
    assert medians.compared.unit_weights["change"] >= 0.75
    assert "face" in medians.compared.unit_weights
    assert mixture.compared.thresholds == mixture.thresholds
    alone = choose_mixture(Experts({"face": weak}), *truth)(Experts({"face": weak}))
    said = mixture(experts)
    np.testing.assert_array_equal(said.units[~compared], alone.units[~compared])
    none = Experts({"face": weak}, compared, frozenset({"change"}))
    assert choose_mixture(none, *truth).compared is None
    few = Experts(experts.readings, np.arange(FACES) < 3, experts.comparing)
    assert choose_mixture(few, *truth).compared is None


def test_heads_without_labels_keep_the_plain_mixture(truth, generator):
    experts = dict.fromkeys(("one", "two", "three"), expert(truth, generator, 1.0))
    nothing = np.full(FACES, -1), np.full((FACES, len(MODEL_ACTION_UNITS)), -1, np.float32)
    assert choose_mixture(Experts(experts), *nothing) == plain_mixture(experts)


def test_choices_for_a_fold_never_see_its_labels(truth, generator):
    emotions, units = truth
    experts = Experts({str(skill): expert(truth, generator, skill) for skill in (0.5, 2.0)})
    fold_of = np.arange(FACES) % 5
    mixtures = cross_chosen(experts, emotions, units, fold_of)
    before, present = cross_fitted(experts, mixtures, fold_of)
    other = fold_of == 2
    emotions, units = emotions.copy(), units.copy()
    emotions[other], units[other] = (emotions[other] + 1) % 3, 1 - units[other]
    after, still = cross_fitted(experts, cross_chosen(experts, emotions, units, fold_of), fold_of)
    np.testing.assert_array_equal(before.emotion[other], after.emotion[other])
    np.testing.assert_array_equal(before.units[other], after.units[other])
    np.testing.assert_array_equal(present[other], still[other])
    assert (before.units[~other] != after.units[~other]).any()


def test_temperature_undoes_overconfidence(generator):
    logits = generator.normal(0, 1.5, (4000, 3))
    honest = heated(np.exp(logits), 1.0)
    targets = np.array([generator.choice(3, p=row) for row in honest])
    temperature, _ = fit_temperature(heated(np.exp(3 * logits), 1.0), targets)
    assert temperature == pytest.approx(3, rel=0.15)
    loud, calm = heated(np.exp(3 * logits), 1.0), heated(np.exp(3 * logits), temperature)
    errors = [calibration_error(p.max(axis=1), p.argmax(axis=1) == targets) for p in (loud, calm)]
    assert errors[1] < 0.03 < 0.1 < errors[0]


def test_platt_scaling_finds_the_line(generator):
    z = generator.normal(-1, 2, 4000)
    targets = (generator.random(4000) < 1 / (1 + np.exp(-(0.5 * z - 1)))).astype(np.float32)
    slope, intercept = fit_platt(1 / (1 + np.exp(-z)), targets)
    assert (slope, intercept) == (pytest.approx(0.5, abs=0.06), pytest.approx(-1, abs=0.1))
    assert fit_platt(np.full(50, 0.2), np.zeros(50, np.float32)) == (1.0, 0.0)


def test_calibration_error_by_hand():
    confidence = np.array([0.95, 0.95, 0.55, 0.55])
    right = np.array([True, False, True, True])
    assert calibration_error(confidence, right) == pytest.approx(0.5 * 0.45 + 0.5 * 0.45)


def test_linear_expert_is_logistic_regression(truth, generator):
    emotions, units = truth
    x = generator.normal(0, 1, (FACES, 40)).astype(np.float32)
    x[:, 0] += emotions
    fitted = fit_linear(x, emotions, units, strength=20.0)
    scale = np.sqrt(x.var(axis=0) + 0.05 * x.var(axis=0).mean() + 1e-6) * np.sqrt(40)
    z = (x - x.mean(axis=0)) / scale
    sklearns = LogisticRegression(C=20.0, class_weight="balanced", max_iter=5000, tol=1e-8)
    sklearns.fit(z, emotions)
    np.testing.assert_allclose(fitted(x, None).emotion, sklearns.predict_proba(z), atol=2e-3)


@pytest.mark.parametrize("known", [[], [1], [0, 2]])
def test_linear_expert_does_without_classes(truth, generator, known):
    """Nothing coded, one class, two classes: never a class that no training face shows."""
    emotions = np.full(FACES, -1)
    if known:
        emotions[:200] = generator.choice(known, 200)
    x = generator.normal(0, 1, (FACES, 10)).astype(np.float32)
    said = fit_linear(x, emotions, np.full_like(truth[1], -1), 1.0)(x, None).emotion
    assert said.sum(axis=1) == pytest.approx(1)
    absent = [index for index in range(3) if known and index not in known]
    assert said[:, absent].max(initial=0) < 1e-6


def test_an_expert_that_counts_for_nothing_is_left_out_and_the_answers_stay(generator):
    strong, weak = (
        Outputs(generator.dirichlet(np.ones(3), FACES), generator.random((FACES, 15)))
        for _ in range(2)
    )
    both = {Expert.DENSE: strong, Expert.PRIOR: weak}
    whole = dataclasses.replace(
        plain_mixture(both),
        emotion_weights={Expert.DENSE: 1.0, Expert.PRIOR: 0.0},
        unit_weights={Expert.DENSE: 1.0, Expert.PRIOR: 0.0},
    )
    assert whole.leaves_out(Expert.PRIOR)
    assert not whole.leaves_out(Expert.DENSE)
    for mixture in (whole, dataclasses.replace(whole, compared=whole)):
        told, rest = mixture(Experts(both)), mixture.without(Expert.PRIOR)(Experts(both))
        np.testing.assert_array_equal(told.emotion, rest.emotion)
        np.testing.assert_array_equal(told.units, rest.units)
    weighed = dataclasses.replace(whole, compared=plain_mixture(both))
    assert not weighed.leaves_out(Expert.PRIOR)


def test_the_network_is_the_mixture(truth, generator):
    """What Keras computes and saves is what was chosen with NumPy, with and without a neutral."""
    emotions, units = truth
    found = (np.arange(FACES) % 7 > 0).astype(np.float32)[:, None]
    compared = found * (np.arange(FACES) % 3 > 0)[:, None].astype(np.float32)
    references = References(
        generator.normal(0, 1, (FACES, 30)).astype(np.float32) * compared,
        generator.normal(0, 1, (FACES, 12)).astype(np.float32) * compared,
        compared,
    )
    features = Features(
        generator.normal(0, 1, (FACES, 30)).astype(np.float32),
        generator.normal(0, 1, (FACES, 12)).astype(np.float32) * found,
        found,
        (Quality.GOOD,) * FACES,
        (None,) * FACES,
        references=references,
    )
    config = TrainingConfig(dense_units=8, geometry_units=4)
    members = [build_heads(config, features) for _ in range(2)]
    change = features.geometry - references.geometry
    linear = {
        Expert.APPEARANCE: fit_linear(features.appearance, emotions, units, 1.0),
        Expert.LANDMARKS: fit_linear(features.geometry, emotions, units, 1.0),
        Expert.LANDMARKS_CHANGE: fit_linear(change, emotions, units, 1.0),
    }
    answers = [outputs_of(member, features) for member in members]
    dense = Outputs(sum(a.emotion for a in answers) / 2, sum(a.units for a in answers) / 2)
    readings = {
        Expert.DENSE: dense,
        Expert.APPEARANCE: linear[Expert.APPEARANCE](features.appearance, None),
        Expert.LANDMARKS: linear[Expert.LANDMARKS](features.geometry, found),
        Expert.LANDMARKS_CHANGE: linear[Expert.LANDMARKS_CHANGE](change, compared),
    }
    experts = Experts(readings, compared[:, 0] > 0, frozenset({Expert.LANDMARKS_CHANGE}))
    mixture = choose_mixture(experts, emotions, units)
    assert mixture.compared.unit_weights[Expert.LANDMARKS_CHANGE] > 0
    heads = mix_heads(members, linear, mixture)
    network = outputs_of(heads, features)
    for row in (1, 3):  # with a neutral and without, one face by itself
        alone = outputs_of(heads, features[row : row + 1])
        np.testing.assert_allclose(alone.units[0], network.units[row], atol=1e-5)
    unknown = outputs_of(heads, dataclasses.replace(features, references=None))
    np.testing.assert_allclose(unknown.units[3], network.units[3], atol=1e-5)
    assert np.abs(unknown.units[1] - network.units[1]).max() > 0.01
    expected = mixture(experts)
    np.testing.assert_allclose(network.emotion, expected.emotion, atol=1e-4)
    np.testing.assert_allclose(network.units, expected.units, atol=1e-4)
