"""Which epoch of a fit is kept."""

import numpy as np
import pytest

from training.ml.config import TrainingConfig
from training.ml.trainer import Lessons, Pace, Trainer


@pytest.fixture
def taught():
    """A network of two inputs, and lessons that spoil it: they say the opposite of validation."""
    import keras

    def network():
        x = keras.Input((2,), name="x")
        answers = {
            "emotion": keras.layers.Dense(3, "softmax", name="emotion")(x),
            "action_units": keras.layers.Dense(15, "sigmoid", name="action_units")(x),
        }
        return keras.Model({"x": x}, answers)

    x = {"x": np.eye(2, dtype=np.float32)}
    weight = {name: np.ones(2, dtype=np.float32) for name in ("emotion", "action_units")}

    def batch(first):
        emotion = np.eye(3, dtype=np.float32)[[first, 2]]
        units = np.full((2, 15), float(first), dtype=np.float32)
        return [(x, {"emotion": emotion, "action_units": units}, weight)]

    lessons = Lessons(lambda _: batch(0), lambda: batch(1), 1, np.ones(15, dtype=np.float32))
    return network, lessons


@pytest.mark.parametrize(("warm_up", "kept"), [(0, None), (1, 2), (3, 4)])
def test_no_epoch_of_the_warm_up_is_kept(taught, warm_up, kept):
    """The loss only grows here, so the first that may be kept is; without a warm-up the start."""
    make, lessons = taught
    network, seen = make(), []
    before = network.get_weights()
    trainer = Trainer(TrainingConfig(), make(), lambda _: 0.05, Pace(9, 2, warm_up))
    history = trainer.fit(network, lessons, lambda *_: seen.append(trainer.model.get_weights()))
    assert np.all(np.diff(history["val_loss"]) > 0)
    assert len(seen) == (kept or 0) + 2  # patience
    expected = before if kept is None else seen[kept - 1]
    for mine, theirs in zip(network.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)
