"""The two heads over VGG16's features and the landmarks, and how their losses weigh rare labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from inference.ml.features import Features
from training.ml.calibration import TINY
from training.ml.config import TrainingConfig
from training.ml.linear import VARIANCE_FLOOR, LinearExpert
from training.ml.mixture import Mixture
from training.ml.recipes import RECIPES


def build_heads(config: TrainingConfig, features: Features) -> Any:
    """A Keras model: a `Features`' inputs to {"emotion": (n, 3), "action_units": (n, 15)}.

    Two branches, appearance and geometry, each standardised by the training features' own mean
    and variance, then dense (L1 + L2), batch norm and dropout; both heads see both branches.
    """
    import keras
    from keras import layers

    appearance = keras.Input((features.appearance.shape[1],), name="appearance")
    geometry = keras.Input((features.geometry.shape[1],), name="geometry")
    found = keras.Input((1,), name="found")
    with_face = features.geometry[features.found[:, 0] > 0]
    seen = _branch(config, _standardised(features.appearance)(appearance), config.dense_units)
    # Zero, the average face, where none was found.
    shape = layers.Multiply()([_standardised(with_face)(geometry), found])
    shape = _branch(config, shape, config.geometry_units)
    x = layers.Concatenate()([seen, shape]) if RECIPES[config.recipe].geometry else seen
    emotion = layers.Dense(len(EMOTIONS), activation="softmax", name="emotion")(x)
    units = layers.Dense(len(MODEL_ACTION_UNITS), activation="sigmoid", name="action_units")(x)
    inputs = {"appearance": appearance, "geometry": geometry, "found": found}
    return keras.Model(inputs, {"emotion": emotion, "action_units": units}, name="heads")


def _standardised(values: NDArray[np.float32]) -> Any:
    from keras import layers

    if not len(values):  # no face was found in any training picture
        return layers.Normalization(mean=0.0, variance=1.0)
    variance = values.var(axis=0) + VARIANCE_FLOOR * values.var(axis=0).mean() + 1e-6
    return layers.Normalization(mean=values.mean(axis=0), variance=variance)


def _branch(config: TrainingConfig, x: Any, units: int) -> Any:
    import keras
    from keras import layers

    x = layers.Dropout(config.input_dropout)(x)
    x = layers.Dense(units, kernel_regularizer=keras.regularizers.L1L2(config.l1, config.l2))(x)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    return layers.Dropout(config.dropout)(x)


def mix_heads(
    members: Sequence[Any],
    appearance_expert: LinearExpert,
    geometry_expert: LinearExpert,
    mixture: Mixture,
) -> Any:
    """One network with two heads, as `build_heads` gives it, of every part of a mixture: the mean
    of the members (an expert each fold), and both linear experts; calibrated.

    The experts' order is that of the mixture's weights: members, appearance, geometry, and, where
    there is a fourth, a fine-tuned trunk's own readings.
    """
    import keras
    from keras import layers, ops

    first = members[0]
    inputs = {
        name: keras.Input(first.input[name].shape[1:], name=name)
        for name in ("appearance", "geometry", "found")
    }
    said = []
    for number, member in enumerate(members):
        member.name = f"member_{number + 1}"
        said.append(member(inputs))
    kinds = [
        {head: _mean([answer[head] for answer in said]) for head in ("emotion", "action_units")},
        _linear(appearance_expert, inputs["appearance"], None),
        _linear(geometry_expert, inputs["geometry"], inputs["found"]),
    ]
    if len(mixture.emotion_weights) > len(kinds):
        inputs["tuned"] = keras.Input((len(EMOTIONS) + len(MODEL_ACTION_UNITS),), name="tuned")
        kinds.append(_picked(inputs["tuned"]))
    emotion = _weighted([kind["emotion"] for kind in kinds], mixture.emotion_weights)
    emotion = ops.softmax(ops.log(ops.maximum(emotion, TINY)) / mixture.temperature)
    units = _weighted([kind["action_units"] for kind in kinds], mixture.unit_weights)
    units = ops.clip(units, TINY, 1 - TINY)
    z = ops.log(units) - ops.log(1 - units)
    slopes, intercepts = np.array(mixture.slopes), np.array(mixture.intercepts)
    # slope * z + intercept, as (z - mean) / sqrt(variance)
    line = layers.Normalization(mean=-intercepts / slopes, variance=1 / slopes**2)
    answers = {
        "emotion": layers.Identity(name="emotion")(emotion),
        "action_units": layers.Activation("sigmoid", name="action_units")(line(z)),
    }
    return keras.Model(inputs, answers, name="heads")


def _linear(expert: LinearExpert, x: Any, found: Any) -> dict[str, Any]:
    from keras import layers

    x = layers.Normalization(mean=expert.mean, variance=np.ones_like(expert.mean))(x)
    if found is not None:  # zero, the average face, where none was found
        x = layers.Multiply()([x, found])
    classes = len(EMOTIONS)
    answers = {}
    for name, columns, activation in (
        ("emotion", slice(None, classes), "softmax"),
        ("action_units", slice(classes, None), "sigmoid"),
    ):
        dense = layers.Dense(expert.kernel[:, columns].shape[1], activation=activation)
        answers[name] = dense(x)
        dense.set_weights([expert.kernel[:, columns], expert.bias[columns]])
    return answers


def _picked(readings: Any) -> dict[str, Any]:
    """Emotions and action units of joined readings (n, 18), by fixed matrices of 0 and 1."""
    from keras import layers

    every = np.eye(len(EMOTIONS) + len(MODEL_ACTION_UNITS), dtype=np.float32)
    answers = {}
    for name, columns in (
        ("emotion", every[:, : len(EMOTIONS)]),
        ("action_units", every[:, len(EMOTIONS) :]),
    ):
        pick = layers.Dense(columns.shape[1], use_bias=False, trainable=False)
        answers[name] = pick(readings)
        pick.set_weights([columns])
    return answers


def _mean(tensors: Sequence[Any]) -> Any:
    return _weighted(tensors, [1 / len(tensors)] * len(tensors))


def _weighted(tensors: Sequence[Any], weights: Sequence[float]) -> Any:
    total = tensors[0] * weights[0]
    for tensor, weight in zip(tensors[1:], weights[1:], strict=True):
        total = total + tensor * weight
    return total


def join(trunk: Any, heads: Any) -> Any:
    """The whole network, from normalised crops and landmarks to both answers."""
    import keras

    image = keras.Input(trunk.input_shape[1:], name="image")
    geometry = keras.Input(heads.input["geometry"].shape[1:], name="geometry")
    found = keras.Input((1,), name="found")
    inputs = {"image": image, "geometry": geometry, "found": found}
    seen = trunk(image)
    given = {"geometry": geometry, "found": found}
    if isinstance(seen, list):
        given |= {"appearance": seen[0], "tuned": seen[1]}
    else:
        given["appearance"] = seen
    return keras.Model(inputs, heads(given), name="facsweb_vgg16")


def class_weights(targets: NDArray[np.int64]) -> NDArray[np.float32]:
    """Weight of each emotion, inverse to the root of its share; mean weight over faces 1."""
    counts = np.array([(targets == index).sum() for index in range(len(EMOTIONS))], dtype=float)
    weights = np.where(counts > 0, 1 / np.sqrt(np.maximum(counts, 1)), 0)
    mean = (weights * counts).sum() / max(counts.sum(), 1)
    result: NDArray[np.float32] = (weights / max(mean, 1e-9)).astype(np.float32)
    return result


def positive_weights(targets: NDArray[np.float32], most: float) -> NDArray[np.float32]:
    """How much a present action unit weighs against an absent one: negatives / positives."""
    positives = (targets == 1).sum(axis=0)
    negatives = (targets == 0).sum(axis=0)
    ratio = np.sqrt(negatives / np.maximum(positives, 1))
    weights: NDArray[np.float32] = np.clip(ratio, 1, most).astype(np.float32)
    return weights


def masked_binary_crossentropy(
    weights: NDArray[np.float32], smoothing: float
) -> Callable[[Any, Any], Any]:
    """Mean over the coded action units of a face; targets of -1 count for nothing."""
    from keras import ops

    def loss(targets: Any, probabilities: Any) -> Any:
        coded = ops.cast(targets >= 0, "float32")
        truth = ops.clip(targets, 0, 1) * (1 - smoothing) + smoothing / 2
        p = ops.clip(probabilities, 1e-6, 1 - 1e-6)
        each = -(weights * truth * ops.log(p) + (1 - truth) * ops.log(1 - p))
        return ops.sum(each * coded, axis=-1) / ops.maximum(ops.sum(coded, axis=-1), 1.0)

    return loss


def compiled(config: TrainingConfig, heads: Any, unit_weights: Any, schedule: Any) -> Any:
    """A trainable view of `heads`, by Adam at a rate of `schedule`. They themselves stay
    uncompiled, so that what is saved holds no training code."""
    import keras

    trainer = keras.Model(heads.input, heads.output)
    trainer.compile(
        optimizer=keras.optimizers.Adam(schedule),
        loss={
            "emotion": keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing),
            "action_units": masked_binary_crossentropy(unit_weights, config.label_smoothing),
        },
        loss_weights={"emotion": 1.0, "action_units": config.au_loss_weight},
    )
    return trainer


def warmed_up(config: TrainingConfig, steps: int) -> Any:
    """A rate for `steps` an epoch: warmed up over two, then down along a cosine."""
    import keras

    return keras.optimizers.schedules.CosineDecay(
        config.learning_rate * 0.1,
        decay_steps=max(1, steps * (config.max_epochs - 2)),
        warmup_target=config.learning_rate,
        warmup_steps=2 * steps,
    )
