"""The metric of action units that a training's curves show."""

from __future__ import annotations

from typing import Any


def masked_f1() -> Any:
    """Return a Keras metric: micro F1 at 0.5 over the action units that are coded.

    2 TP / (2 TP + FP + FN), counted over all faces and units; targets of -1 are not coded.
    """
    import keras
    from keras import ops

    class MaskedF1(keras.metrics.Metric):  # type: ignore[misc]  # untyped
        def __init__(self) -> None:
            super().__init__(name="f1")
            self.right = self.add_variable((), "zeros", name="right")
            self.wrong = self.add_variable((), "zeros", name="wrong")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            coded = ops.cast(y_true >= 0, "float32")
            truth = ops.cast(y_true >= 0.5, "float32")
            said = ops.cast(y_pred >= 0.5, "float32")
            self.right.assign_add(ops.sum(coded * truth * said))
            self.wrong.assign_add(ops.sum(coded * ops.absolute(truth - said)))

        def result(self) -> Any:
            return 2 * self.right / ops.maximum(2 * self.right + self.wrong, 1.0)

    return MaskedF1()
