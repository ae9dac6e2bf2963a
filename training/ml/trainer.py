"""Training of several networks of one shape, fold after fold, by a step that is traced once.

The loop is our own because of its pace: on a few hundred cached features `keras.Model.fit` spends
most of its time on making a new iterator for each epoch and its validation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import MODEL_ACTION_UNITS
from training.ml.config import TrainingConfig
from training.ml.losses import masked_binary_crossentropy
from training.ml.unit_metric import masked_f1

#: Inputs, targets and sample weights, as Keras takes them.
Batch = tuple[Any, Any, Any]


@dataclass(frozen=True)
class Lessons:
    """The batches that a network learns from, and those that it is validated on.

    Attributes
    ----------
    epoch
        Returns the batches of an epoch, by its number from 1.
    validation
        Returns the batches to validate on.
    steps
        Batches in an epoch.
    unit_weights
        (15,) from `losses.positive_weights`.
    """

    epoch: Callable[[int], Iterable[Batch]]
    validation: Callable[[], Iterable[Batch]]
    steps: int
    unit_weights: NDArray[np.float32]


@dataclass(frozen=True)
class Pace:
    """The pace of a fit: when it stops, and which epochs may be kept.

    Attributes
    ----------
    epochs
        The most that a network is trained for.
    patience
        After so many epochs without a better validation loss, training stops.
    warm_up
        So many epochs first, of which none is kept: a validation loss that happens to be low before
        the rate is up and batch norm's means have settled would keep a network that learnt nothing.
        0: the start itself may be kept.
    """

    epochs: int
    patience: int
    warm_up: int = 0


class Trainer:
    """A compiled twin, which takes a network's weights, is trained, and gives them back.

    Keras traces the step of each model that it trains, which takes a second or two; of a twin it
    does so once for all folds. The networks themselves are never compiled, so what is saved of them
    holds no training code.
    """

    def __init__(self, config: TrainingConfig, twin: Any, schedule: Any, pace: Pace) -> None:
        """Prepare a network for training with Adam.

        Parameters
        ----------
        config
            Label smoothing, and the weight of the action units' loss.
        twin
            A Keras model with both heads, of the shape of those that are to be trained.
        schedule
            Adam's rate by the epoch, which may be a fraction.
        pace
            When training stops, and which epochs may be kept.
        """
        import keras

        self.model, self._pace = twin, pace
        self._unit_weights = keras.Variable(
            np.ones(len(MODEL_ACTION_UNITS)), dtype="float32", trainable=False
        )
        self._steps = keras.Variable(1.0, trainable=False)
        twin.compile(
            optimizer=keras.optimizers.Adam(_by_epoch(schedule, self._steps)),
            loss={
                "emotion": keras.losses.CategoricalCrossentropy(
                    label_smoothing=config.label_smoothing
                ),
                "action_units": masked_binary_crossentropy(
                    self._unit_weights, config.label_smoothing
                ),
            },
            loss_weights={"emotion": 1.0, "action_units": config.au_loss_weight},
            # Those of the curves; weighted, as a face without an emotion weighs nothing.
            weighted_metrics={
                "emotion": [keras.metrics.CategoricalAccuracy(name="accuracy")],
                "action_units": [masked_f1()],
            },
        )
        self._build_variables()

    def fit(
        self, network: Any, lessons: Lessons, on_epoch: Callable[[int, dict[str, float]], None]
    ) -> dict[str, list[float]]:
        """Train a network, and keep the weights with the best validation loss.

        Parameters
        ----------
        network
            A model of the twin's shape, from the same function; it is changed in place, or stays as
            it was where `on_epoch` raises.
        lessons
            What it learns from.
        on_epoch
            Called after each epoch with its number, from 1, and its losses; it may raise to stop.

        Returns
        -------
        dict
            Losses and metrics by epoch, by Keras's names, and "learning_rate".
        """
        twin, pace, waited = self.model, self._pace, 0
        self._begin(network, lessons)
        kept = twin.get_weights()
        best = np.inf if pace.warm_up else _losses(twin, lessons.validation())["loss"]
        history: dict[str, list[float]] = defaultdict(list)
        for epoch in range(1, pace.epochs + 1):
            losses = _losses(twin, lessons.epoch(epoch), learn=True)
            validated = _losses(twin, lessons.validation())
            losses |= {f"val_{name}": value for name, value in validated.items()}
            losses["learning_rate"] = float(twin.optimizer.learning_rate)
            waited = 0 if epoch <= pace.warm_up else waited + 1
            if waited and losses["val_loss"] < best:
                best, kept, waited = losses["val_loss"], twin.get_weights(), 0
            for name, value in losses.items():
                history[name].append(value)
            on_epoch(epoch, losses)
            if waited >= pace.patience:
                break
        twin.set_weights(kept)
        _copy(twin, network)
        return dict(history)

    def _begin(self, network: Any, lessons: Lessons) -> None:
        self._unit_weights.assign(lessons.unit_weights)
        self._steps.assign(lessons.steps)
        for variable in self.model.optimizer.variables:
            variable.assign(np.zeros(variable.shape))
        _copy(network, self.model)

    def _build_variables(self) -> None:
        """Create the variables of the optimizer and the losses, which the first step would create.

        That step would be traced twice.
        """
        import keras

        twin = self.model
        twin.optimizer.build(twin.trainable_variables)
        blank = keras.tree.map_structure(
            lambda tensor: np.zeros((1, *tensor.shape[1:]), dtype=np.float32), twin.input
        )
        said = twin(blank)
        twin.compute_loss(y=said, y_pred=said)
        twin.compute_metrics(blank, said, said)
        twin.reset_metrics()


def batches(rows: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    """Yield `rows` in pieces of at most `size`."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _losses(twin: Any, lessons: Iterable[Batch], *, learn: bool = False) -> dict[str, float]:
    """Return the mean losses and the metrics over some batches, by Keras's names."""
    twin.reset_metrics()
    step = twin.train_on_batch if learn else twin.test_on_batch
    for x, y, weight in lessons:
        said = step(x, y, weight, return_dict=True)  # the means of the batches so far
    return {name: float(value) for name, value in said.items()}


def _by_epoch(schedule: Any, steps: Any) -> Any:
    """Return a schedule by the step, of one by the epoch that has so many steps."""
    import keras
    from keras import ops

    class ByEpoch(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # untyped
        def __call__(self, step: Any) -> Any:
            return schedule(ops.cast(step, "float32") / steps)

    return ByEpoch()


def _copy(source: Any, target: Any) -> None:
    """Copy weights, running means, and the state of what draws at random."""
    for theirs, ours in zip(_state(source), _state(target), strict=True):
        ours.assign(theirs)


def _state(network: Any) -> list[Any]:
    """Return what each layer keeps; a compiled model's optimizer and metrics don't count."""
    return [variable for layer in network.layers for variable in layer.variables]
