"""Conversion of Keras models to graphs of the light runtime, in processes that have TensorFlow.

OpenVINO's converter counts its uses by a service on the internet unless that is forbidden; nothing
leaves a machine with people's faces unasked, so its counter is replaced by its own stand-in.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any


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
