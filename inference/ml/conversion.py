"""Conversion of Keras models to graphs of the light runtime, in processes that have TensorFlow.

OpenVINO's converter counts its uses by a service on the internet unless that is forbidden; nothing
leaves a machine with people's faces unasked, so its counter is replaced by its own stand-in.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

from inference.ml.precision import Precision
from inference.ml.runtime import Light
from inference.ml.trunk import tap_widths


def converted(model: Any) -> Any:
    """Return a Keras model as an `openvino.Model`.

    Parameters
    ----------
    model
        A functional model. Its inputs and outputs keep their names.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    with warnings.catch_warnings():
        # Keras wonders about the structure in which the converter hands over a single input.
        warnings.simplefilter("ignore")
        return openvino.convert_model(model)


def light_trunk(trunk: Any, precision: Precision = Precision.FP32) -> Light:
    """Turn a Keras trunk into one of the light runtime, which says the same in less time.

    It needs TensorFlow for the turning. `tests/inference/ml/test_runtime.py` holds both to 1e-4 of
    the largest feature, in fp32.

    Parameters
    ----------
    trunk
        From `inference.ml.trunk.build_trunk`.
    precision
        As `inference.ml.runtime.Network` takes it.
    """
    return Light(converted(trunk), trunk.input_shape[1:], tap_widths(trunk), precision)
