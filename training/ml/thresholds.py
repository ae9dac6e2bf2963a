"""The probabilities from which action units count as present."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from annotations.facs import MODEL_ACTION_UNITS
from annotations.measures.support import FEWEST_TO_USE

_LOWEST, _HIGHEST = 0.06, 0.8


def choose_thresholds(
    truth: NDArray[np.float32], probabilities: NDArray[np.float64]
) -> dict[str, float]:
    """Choose each action unit's threshold by the F1 that calibrated probabilities let expect.

    Of n faces with probabilities p, those from a threshold on hold sum(p over them) present ones,
    and F1 is expected to be twice that over their number plus sum(p) (Lewis 1995, "Evaluating and
    optimizing autonomous text classification systems"; Lipton, Elkan & Narayanaswamy 2014, "Optimal
    thresholding of classifiers to maximize F1 measure"). It is smooth where F1 counted on few faces
    is ragged, so that a threshold doesn't hang on the few of them near it.

    Parameters
    ----------
    truth
        (n, 15) 0 or 1, -1 where not coded.
    probabilities
        (n, 15), calibrated, of faces that the model was not fitted to.

    Returns
    -------
    dict
        AU -> threshold, 0.06 to 0.8. One with fewer than FEWEST_TO_USE positives is left out: its
        probabilities can't be calibrated.
    """
    chosen = {}
    for column, au in enumerate(MODEL_ACTION_UNITS):
        coded = truth[:, column] >= 0
        if (truth[coded, column] == 1).sum() >= FEWEST_TO_USE:
            best = _best(probabilities[coded, column])
            chosen[str(au)] = float(np.round(np.clip(best, _LOWEST, _HIGHEST), 3))
    return chosen


def _best(probabilities: NDArray[np.float64]) -> float:
    """Return the threshold of the highest expected F1.

    It lies halfway between the last face that is told and the next: near half of that F1.

    >>> float(_best(np.array([0.9, 0.8, 0.3, 0.2])))
    0.55
    """
    p = np.sort(probabilities)[::-1]
    expected = 2 * np.cumsum(p) / (np.arange(1, len(p) + 1) + p.sum())
    last = int(expected.argmax())
    return float(p[last : last + 2].mean())
