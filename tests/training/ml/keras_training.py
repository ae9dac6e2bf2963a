"""The training of the heads by Keras itself, which ours is held against."""

import keras
import numpy as np
from keras import ops


class Given(keras.layers.Layer):
    """A dropout whose draw is given: `kept` (m, d) is what it multiplies its input with."""

    kept = np.float32(1)

    def call(self, x, training=False):
        return x * self.kept if training else x


class MaskedF1(keras.metrics.Metric):
    """Micro F1 at 0.5 over the units that are coded: 2 TP / (2 TP + FP + FN)."""

    def __init__(self):
        super().__init__(name="f1")
        self.right = self.add_variable((), "zeros", name="right")
        self.wrong = self.add_variable((), "zeros", name="wrong")

    def update_state(self, y_true, y_pred, sample_weight=None):
        coded = ops.cast(y_true >= 0, "float32")
        truth = ops.cast(y_true >= 0.5, "float32")
        said = ops.cast(y_pred >= 0.5, "float32")
        self.right.assign_add(ops.sum(coded * truth * said))
        self.wrong.assign_add(ops.sum(coded * ops.absolute(truth - said)))

    def result(self):
        return 2 * self.right / ops.maximum(2 * self.right + self.wrong, 1.0)


def masked_binary_crossentropy(weights, smoothing):
    """The mean over the units that are coded on a face; a present one weighs `weights` (15,)."""

    def loss(targets, probabilities):
        coded = ops.cast(targets >= 0, "float32")
        truth = ops.clip(targets, 0, 1) * (1 - smoothing) + smoothing / 2
        p = ops.clip(probabilities, 1e-6, 1 - 1e-6)
        each = -(weights * truth * ops.log(p) + (1 - truth) * ops.log(1 - p))
        return ops.sum(each * coded, axis=-1) / ops.maximum(ops.sum(coded, axis=-1), 1.0)

    return loss


def schedule_of(config, steps):
    """Adam's rate by the step: warmed up over two epochs, then along a cosine."""
    return keras.optimizers.schedules.CosineDecay(
        config.learning_rate * 0.1,
        decay_steps=(config.max_epochs - 2) * steps,
        warmup_target=config.learning_rate,
        warmup_steps=2 * steps,
    )


def twin_of(network, config, steps, unit_weights):
    """The same network with the same weights, compiled, and its dropouts in their order."""

    def copied(layer):
        if isinstance(layer, keras.layers.Dropout):
            return Given(name=layer.name)
        return type(layer).from_config(layer.get_config())

    twin = keras.models.clone_model(network, clone_function=copied)
    twin.set_weights(network.get_weights())
    twin.compile(
        optimizer=keras.optimizers.Adam(schedule_of(config, steps)),
        loss={
            "emotion": keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing),
            "action_units": masked_binary_crossentropy(unit_weights, config.label_smoothing),
        },
        loss_weights={"emotion": 1.0, "action_units": config.au_loss_weight},
        weighted_metrics={
            "emotion": [keras.metrics.CategoricalAccuracy(name="accuracy")],
            "action_units": [MaskedF1()],
        },
        run_eagerly=True,
    )
    return twin, [layer for layer in twin.layers if isinstance(layer, Given)]
