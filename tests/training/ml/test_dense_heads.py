"""The heads' training by hand is Keras's: losses, weights and running means, step by step."""

import dataclasses

import numpy as np
import pytest

from annotations.facs.picture_quality import Quality
from inference.ml.features import Features
from training.ml.adam import Rate
from training.ml.config import TrainingConfig
from training.ml.dense_heads import DenseHeads, dropped
from training.ml.heads import build_heads
from training.ml.losses import Loss
from training.ml.material import Targets
from training.ml.trainer import Pace, Trainer

pytestmark = pytest.mark.training
FACES, STEPS, EACH_EPOCH = 24, 8, 2
#: Strong, so that what they add shows within a few steps.
CONFIG = TrainingConfig(
    dense_units=12, geometry_units=6, l1=1e-3, l2=1e-2, learning_rate=5e-3, max_epochs=10
)


@pytest.fixture(scope="module")
def features():
    draw = np.random.default_rng(0)
    return Features(
        draw.normal(2, 3, (FACES, 40)).astype(np.float32),
        draw.normal(-1, 0.5, (FACES, 20)).astype(np.float32),
        (draw.random((FACES, 1)) > 0.2).astype(np.float32),
        (Quality.GOOD,) * FACES,
        (None,) * FACES,
    )


@pytest.fixture(scope="module")
def targets():
    """Some faces have no emotion, and some units aren't coded."""
    draw = np.random.default_rng(1)
    emotions = draw.integers(-1, 3, FACES)
    units = draw.integers(-1, 2, (FACES, 15)).astype(np.float32)
    return Targets(emotions, units, np.array([0.5, 1.0, 2.0]))


def _standardised(heads, features, rows):
    found = {"appearance": 1, "geometry": features.found[rows]}
    return {
        name: (getattr(features, name)[rows] - standard.mean) * standard.scale * found[name]
        for name, standard in heads.branches.items()
    }


@pytest.mark.parametrize("recipe", ["default", "published"])
def test_steps_with_dropout_come_to_the_weights_that_keras_comes_to(features, targets, recipe):
    import keras

    from tests.training.ml.keras_training import twin_of

    config = dataclasses.replace(CONFIG, recipe=recipe)
    keras.utils.set_random_seed(3)
    network = build_heads(config, features)
    heads = DenseHeads(network)
    unit_weights = np.linspace(1, 3, 15).astype(np.float32)
    twin, dropouts = twin_of(network, config, EACH_EPOCH, unit_weights)
    assert len(dropouts) == 2 * len(heads.branches)
    rate = Rate(config.learning_rate, 2, config.max_epochs)
    pace = Pace(config.max_epochs, 3, rate)
    ours = Trainer(config, heads, pace, np.random.Generator(np.random.SFC64(4)))
    same = np.random.Generator(np.random.SFC64(4))
    widths = {"appearance": config.dense_units, "geometry": config.geometry_units}
    draw = np.random.default_rng(2)
    for step in range(STEPS):
        rows = draw.permutation(FACES)[: 16 if step % 3 else 7]
        inputs = _standardised(heads, features, rows)
        shapes = [x.shape for x in inputs.values()]
        entries = [dropped(shape, config.input_dropout, same) for shape in shapes]
        inner = [dropped((len(rows), widths[name]), config.dropout, same) for name in inputs]
        kept = dict(zip(inputs, zip(entries, inner, strict=True), strict=True))
        for layer in dropouts:
            # A layer of inputs is as wide as its branch's input, one of activations as its units.
            layer.kept = _kept_by(layer, kept, config)
        x = {name: array[rows] for name, array in features.inputs().items() if name in twin.input}
        y, weights = targets(rows)
        twin.reset_metrics()
        theirs = twin.train_on_batch(x, y, weights, return_dict=True)
        loss = Loss.of((y, weights), unit_weights, config)
        before = heads.penalty(config)
        mine = ours.learn([(inputs, loss)], EACH_EPOCH)
        for name in ("emotion_loss", "action_units_loss", "emotion_accuracy", "action_units_f1"):
            assert mine[name] == pytest.approx(theirs[name], abs=2e-5), (step, name)
        whole = mine["emotion_loss"] + config.au_loss_weight * mine["action_units_loss"] + before
        assert whole == pytest.approx(theirs["loss"], rel=1e-4)
    _assert_same(heads, network, twin)
    told = twin.test_on_batch(x, y, weights, return_dict=True)
    assert ours.losses_on([(_standardised(heads, features, rows), loss)]) == pytest.approx(
        {name: float(value) for name, value in told.items()}, abs=1e-4
    )


def _kept_by(layer, kept, config):
    width = layer.output.shape[1]
    for entry, inner in kept.values():
        if entry.shape[1] == width:
            return entry.astype(np.float32) / (1 - config.input_dropout)
        if inner.shape[1] == width:
            return inner.astype(np.float32) / (1 - config.dropout)
    raise AssertionError(width)


def _assert_same(heads, network, twin):
    """A bias before batch norm does nothing: Keras's wanders by rounding, and its mean follows."""
    first = network.get_weights()
    heads.write_to(network)
    moved = 0.0
    for name in heads.branches:
        ours, theirs = (model.get_layer(f"{name}_norm").get_weights() for model in (network, twin))
        kernel, bias = twin.get_layer(f"{name}_dense").get_weights()
        own_kernel, own_bias = network.get_layer(f"{name}_dense").get_weights()
        np.testing.assert_allclose(own_kernel, kernel, atol=2e-5)
        np.testing.assert_allclose(ours[2] - own_bias, theirs[2] - bias, atol=2e-4)
        for index in (0, 1, 3):
            np.testing.assert_allclose(ours[index], theirs[index], atol=2e-4)
    for name in ("emotion", "action_units"):
        for mine, its in zip(
            *(m.get_layer(name).get_weights() for m in (network, twin)), strict=True
        ):
            np.testing.assert_allclose(mine, its, atol=2e-5)
    moved = max(np.abs(a - b).max() for a, b in zip(first, network.get_weights(), strict=True))
    assert moved > 0.02


def test_the_network_answers_what_the_arrays_answer(features):
    network = build_heads(CONFIG, features)
    heads = DenseHeads(network)
    theirs = network(features.inputs_of(network), training=False)
    emotion, units = heads.read(_standardised(heads, features, np.arange(FACES)))
    np.testing.assert_allclose(emotion, theirs["emotion"], atol=1e-6)
    np.testing.assert_allclose(units, theirs["action_units"], atol=1e-6)


def test_the_rate_is_keras_s():
    from tests.training.ml.keras_training import schedule_of

    rate, theirs = Rate(CONFIG.learning_rate, 2, CONFIG.max_epochs), schedule_of(CONFIG, 4)
    for step in range(45):
        assert rate(step / 4) == pytest.approx(float(theirs(step)), abs=1e-8)


def test_dropout_keeps_the_share_that_is_asked_for():
    kept = dropped((1000, 301), 0.3, np.random.Generator(np.random.SFC64(0)))
    assert kept.mean() == pytest.approx(0.7, abs=0.005)
    assert kept.mean(axis=0).std() < 0.03  # no column more than another
