"""The probabilities from which action units count as present."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from annotations.facs import MODEL_ACTION_UNITS
from annotations.measures.support import FEWEST_TO_USE

_CANDIDATES = np.arange(0.06, 0.81, 0.02)


def choose_thresholds(
    truth: NDArray[np.float32], probabilities: NDArray[np.float64]
) -> dict[str, float]:
    """Choose each action unit's threshold by F1.

    The middle of the best stretch is taken, since F1 on few faces is ragged.

    Parameters
    ----------
    truth
        (n, 15) 0 or 1, -1 where not coded.
    probabilities
        (n, 15), of faces that the model was not fitted to.

    Returns
    -------
    dict
        AU -> threshold. One with fewer than FEWEST_TO_USE positives is left out: there is nothing
        to choose by.
    """
    chosen = {}
    for column, au in enumerate(MODEL_ACTION_UNITS):
        coded = truth[:, column] >= 0
        present = truth[coded, column] == 1
        if present.sum() < FEWEST_TO_USE:
            continue
        scores = np.array([_f1(present, probabilities[coded, column] >= t) for t in _CANDIDATES])
        best = _CANDIDATES[scores >= scores.max() - 1e-9]
        chosen[str(au)] = float(np.round(np.median(best), 3))
    return chosen


def _f1(truth: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    hits = (truth & predicted).sum()
    return float(2 * hits / max(truth.sum() + predicted.sum(), 1))
