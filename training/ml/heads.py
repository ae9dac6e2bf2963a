"""The two heads over VGG16's features and the landmarks, for one fit and for a whole mixture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from inference.ml.experts import Expert
from inference.ml.expression_prior import PRIOR_CLASSES
from inference.ml.features import Features
from training.ml.calibration import TINY
from training.ml.config import TrainingConfig
from training.ml.linear import VARIANCE_FLOOR, LinearExpert
from training.ml.mixture import Mixture
from training.ml.recipes import COMPARING, LINEAR_PARTS, RECIPES


def build_heads(config: TrainingConfig, features: Features) -> Any:
    """Build two heads over the trunk's features and the landmarks.

    Two branches, appearance and geometry, each standardised by the training features' own mean
    and variance, then dense (L1 + L2), batch norm and dropout; both heads see both branches. The
    layers' names are those by which `dense_heads` finds the weights.

    Parameters
    ----------
    config
        Units, dropout and regularisation.
    features
        Features of the training faces.

    Returns
    -------
    keras.Model
        `Features.inputs()` to {"emotion": (n, 3), "action_units": (n, 15)} probabilities.
    """
    import keras
    from keras import layers

    appearance = keras.Input((features.appearance.shape[1],), name="appearance")
    geometry = keras.Input((features.geometry.shape[1],), name="geometry")
    found = keras.Input((1,), name="found")
    with_face = features.geometry[features.found[:, 0] > 0]
    seen = _standardised(appearance, features.appearance)
    seen = _branch(config, seen, config.dense_units, "appearance")
    # Zero, the average face, where none was found.
    shape = layers.Multiply()([_standardised(geometry, with_face), found])
    shape = _branch(config, shape, config.geometry_units, "geometry")
    x = layers.Concatenate()([seen, shape]) if RECIPES[config.recipe].geometry else seen
    emotion = layers.Dense(len(EMOTIONS), activation="softmax", name="emotion")(x)
    units = layers.Dense(len(MODEL_ACTION_UNITS), activation="sigmoid", name="action_units")(x)
    inputs = {"appearance": appearance, "geometry": geometry, "found": found}
    return keras.Model(inputs, {"emotion": emotion, "action_units": units}, name="heads")


def _standardised(x: Any, values: NDArray[np.float32]) -> Any:
    """Return `x` minus the mean of `values`, over their deviation.

    A batch norm that never learns: other than Normalization it keeps both as weights, which a
    checkpoint holds.
    """
    from keras import layers

    layer = layers.BatchNormalization(
        center=False, scale=False, epsilon=0.0, trainable=False, name=f"{x.name}_standard"
    )
    standardised = layer(x)
    if len(values):  # else no face was found in any training picture
        variance = values.var(axis=0)
        layer.set_weights([values.mean(axis=0), variance + VARIANCE_FLOOR * variance.mean() + 1e-6])
    return standardised


def _branch(config: TrainingConfig, x: Any, units: int, name: str) -> Any:
    import keras
    from keras import layers

    x = layers.Dropout(config.input_dropout)(x)
    penalty = keras.regularizers.L1L2(config.l1, config.l2)
    x = layers.Dense(units, kernel_regularizer=penalty, name=f"{name}_dense")(x)
    # Keras's 0.99 settles after hundreds of steps; an epoch has about ten.
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-3, name=f"{name}_norm")(x)
    x = layers.Activation("relu")(x)
    return layers.Dropout(config.dropout)(x)


def mix_heads(
    members: Sequence[Any], linear: Mapping[Expert, LinearExpert], mixture: Mixture
) -> Any:
    """Build one network with two heads, like `build_heads`, from every part of a mixture.

    Parameters
    ----------
    members
        The dense heads of every fold; their mean is one expert.
    linear
        The linear experts, by name.
    mixture
        How they are weighted and calibrated.
    """
    import keras
    from keras import layers

    first = members[0]
    inputs = {
        name: keras.Input(first.input[name].shape[1:], name=name)
        for name in ("appearance", "geometry", "found")
    }
    if Expert.PRIOR in linear:
        inputs["prior"] = keras.Input((len(PRIOR_CLASSES),), name="prior")
    said = []
    for number, member in enumerate(members):
        member.name = f"member_{number + 1}"
        said.append(member({name: inputs[name] for name in member.input}))
    experts: dict[str, dict[str, Any]] = {
        Expert.DENSE: {name: _mean([answer[name] for answer in said]) for name in said[0]},
    }
    if not COMPARING.isdisjoint(linear):
        inputs |= _reference_inputs(inputs)
    for name, expert in linear.items():
        experts[name] = _linear(expert, *LINEAR_PARTS[name].sees(inputs))
    answers = _calibrated(experts, mixture)
    if mixture.compared is not None:
        others = _calibrated(experts, mixture.compared)
        compared = inputs["compared"]
        answers = {name: _either(compared, others[name], answers[name]) for name in others}
    named = {name: layers.Identity(name=name)(answer) for name, answer in answers.items()}
    return keras.Model(inputs, named, name="heads")


def _reference_inputs(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs for what faces are compared with (`inference.ml.features.References`)."""
    import keras

    like = {"reference_appearance": "appearance", "reference_geometry": "geometry"}
    given = {name: keras.Input(inputs[other].shape[1:], name=name) for name, other in like.items()}
    return given | {"compared": keras.Input((1,), name="compared")}


def _either(first: Any, one: Any, other: Any) -> Any:
    """Return `one` where `first` (n, 1) is 1, and `other` where it is 0."""
    return first * one + (1 - first) * other


def _calibrated(experts: Mapping[str, dict[str, Any]], mixture: Mixture) -> dict[str, Any]:
    """Build as layers what `Mixture.__call__` computes with NumPy."""
    from keras import layers, ops

    def weighted(head: str, weights: Mapping[str, float]) -> Any:
        return _weighted([experts[name][head] for name in weights], list(weights.values()))

    emotion = weighted("emotion", mixture.emotion_weights)
    emotion = ops.softmax(ops.log(ops.maximum(emotion, TINY)) / mixture.temperature)
    units = weighted("action_units", mixture.unit_weights)
    units = ops.clip(units, TINY, 1 - TINY)
    z = ops.log(units) - ops.log(1 - units)
    slopes, intercepts = np.array(mixture.slopes), np.array(mixture.intercepts)
    # slope * z + intercept, as (z - mean) / sqrt(variance)
    line = layers.Normalization(mean=-intercepts / slopes, variance=1 / slopes**2)
    return {"emotion": emotion, "action_units": layers.Activation("sigmoid")(line(z))}


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


def _mean(tensors: Sequence[Any]) -> Any:
    return _weighted(tensors, [1 / len(tensors)] * len(tensors))


def _weighted(tensors: Sequence[Any], weights: Sequence[float]) -> Any:
    total = tensors[0] * weights[0]
    for tensor, weight in zip(tensors[1:], weights[1:], strict=True):
        total = total + tensor * weight
    return total


def join(trunk: Any, heads: Any, prior: Any = None) -> Any:
    """Build the whole network, from normalised crops and what else its heads take to both answers.

    Parameters
    ----------
    trunk
        From `inference.ml.trunk.build_trunk`.
    heads
        From `mix_heads` or `build_heads`.
    prior
        From `inference.ml.expression_prior.build_prior`, for heads that take what it says.
    """
    import keras

    image = keras.Input(trunk.input_shape[1:], name="image")
    inputs = {"image": image} | {
        name: keras.Input(tensor.shape[1:], name=name)
        for name, tensor in heads.input.items()
        if name not in ("appearance", "prior")
    }
    given = inputs | {"appearance": trunk(image)}
    if "prior" in heads.input:
        inputs["grey"] = keras.Input(prior.input_shape[1:], name="grey")
        given["prior"] = prior(inputs["grey"])
    return keras.Model(
        inputs, heads({name: given[name] for name in heads.input}), name="facsweb_vgg16"
    )
