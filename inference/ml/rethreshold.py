"""A model with other thresholds: the same network and readings, decided on anew."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import MODEL_ACTION_UNITS
from inference.ml.artifact import (
    load_manifest,
    load_projection,
    load_readings,
    network_path,
    write_artifact,
)


def decided_anew(
    units: NDArray[np.floating], present: NDArray[np.bool_], thresholds: Mapping[int, float]
) -> NDArray[np.bool_]:
    """Return decisions with some units decided on by another threshold.

    Parameters
    ----------
    units, present
        (n, 15) probabilities and decisions, in the order of `facs.MODEL_ACTION_UNITS`.
    thresholds
        Action unit -> the probability from which on it is present; others stay as decided.

    Examples
    --------
    >>> units, present = np.full((1, 15), 0.4), np.zeros((1, 15), dtype=bool)
    >>> decided_anew(units, present, {12: 0.35})[0].nonzero()[0] == MODEL_ACTION_UNITS.index(12)
    array([ True])
    """
    decided = present.copy()
    for au, threshold in thresholds.items():
        column = MODEL_ACTION_UNITS.index(au)
        # In double precision, as a predictor decides: 0.35 in single precision is below 0.35.
        decided[:, column] = units[:, column].astype(np.float64) >= threshold
    return decided


def with_thresholds(
    models_root: Path, folder: Path, thresholds: Mapping[int, float], parent: str
) -> tuple[Path, str]:
    """Write the artefact of a model with other thresholds; the network is copied as it is.

    Parameters
    ----------
    models_root, folder
        The folder of all artefacts, and that of the model.
    thresholds
        Those that change, by action unit.
    parent
        The sha256 of the model, which the new manifest names.

    Returns
    -------
    Path, str
        The new folder and its sha256.

    Raises
    ------
    ArtifactError
        The model's own artefact is incomplete or was changed.
    """
    manifest, readings = load_manifest(folder, parent), load_readings(folder)
    changed = {str(au): threshold for au, threshold in thresholds.items()}
    # The figures of the parent are not those of its thresholds: the run that asked has them.
    anew = replace(
        manifest,
        thresholds=manifest.thresholds | changed,
        metrics={},
        int8=_not_compared(manifest.int8),
        extra=manifest.extra | {"parent": parent, "thresholds_changed": changed},
    )
    present = decided_anew(readings.units, readings.present, thresholds)
    return write_artifact(
        models_root,
        anew,
        lambda path: _copy(network_path(folder), path),
        replace(readings, present=present),
        load_projection(folder, manifest),
    )


def _not_compared(int8: Mapping[str, Any]) -> dict[str, Any]:
    """Return a trunk in int8 without its comparison, which was by the thresholds of before."""
    return {**int8, "comparison": None, "is_default": False} if int8 else {}


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
