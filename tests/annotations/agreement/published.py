"""Agreement by published packages: scikit-learn, irrCAC, krippendorff and pingouin.

Tables have the shape (things coded, coders), NaN where a coder did not code it. Several coders'
kappa, Wexler ratio and ICC are means over pairs, each as heavy as what it coded in common. NaN
where the data leave a figure undefined, for which each package has a way of its own.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import combinations

import krippendorff
import numpy as np
import pandas as pd
import pingouin
from irrCAC.raw import CAC
from sklearn.metrics import cohen_kappa_score, f1_score

NAN = float("nan")


def nominal_figures(table: np.ndarray, categories: int) -> dict[str, float]:
    """Agreement, kappa, AC1 and alpha of categories 0 to `categories` - 1; of two, Wexler's too."""
    table = np.asarray(table, dtype=float)
    rated = (~np.isnan(table)).sum(axis=1)
    if not (rated >= 2).any():
        return {}
    figures = {"alpha": _alpha(table[rated >= 2]), "kappa": _over_pairs(table, _kappa)}
    if (rated >= 1).sum() > 1:  # of a single line irrCAC's variance divides by nothing
        figures |= _gwet(table, categories)
    if categories == 2:
        figures["wexler"] = _over_pairs(table, _wexler)
    return figures


def _gwet(table: np.ndarray, categories: int) -> dict[str, float]:
    """irrCAC takes the table as it is: what one coder rated counts towards the shares."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas, about irrCAC's own lines
        coefficient = CAC(pd.DataFrame(table), categories=list(range(categories)), digits=15)
        ac1 = coefficient.gwet()["est"]["coefficient_value"]
    return {"agreement": float(coefficient.pa), "ac1": float(ac1)}


def icc(tables: list[np.ndarray]) -> float:
    """ICC(2,1), for which McGraw & Wong (1996) and pingouin say ICC(A,1), of the tables' lines."""
    return _over_pairs(np.vstack(tables), _icc)


def fewest_graded(tables: list[np.ndarray]) -> int:
    """Lines that a pair graded, of the pair with the fewest: pingouin refuses fewer than 5."""
    table = np.vstack(tables)
    counts = [
        int((~np.isnan(table[:, pair])).all(axis=1).sum())
        for pair in map(list, combinations(range(table.shape[1]), 2))
    ]
    return min((count for count in counts if count), default=0)


def _over_pairs(table: np.ndarray, figure: Callable[[np.ndarray], float]) -> float:
    values, weights = [], []
    for pair in combinations(range(table.shape[1]), 2):
        both = table[:, list(pair)]
        both = both[~np.isnan(both).any(axis=1)]
        value = figure(both) if len(both) else NAN
        if not np.isnan(value):
            values.append(value)
            weights.append(len(both))
    return float(np.average(values, weights=weights)) if values else NAN


def _kappa(both: np.ndarray) -> float:
    if len(np.unique(both)) == 1:  # chance agreement is 1: nothing over nothing
        return NAN
    return float(cohen_kappa_score(both[:, 0], both[:, 1]))


def _wexler(both: np.ndarray) -> float:
    """Dice's coefficient, which is F1 with one coder in the place of the truth."""
    return float(f1_score(both[:, 0], both[:, 1], zero_division=NAN))


def _alpha(table: np.ndarray) -> float:
    if len(np.unique(table[~np.isnan(table)])) == 1:
        return NAN
    return float(krippendorff.alpha(table.T, level_of_measurement="nominal"))


def _icc(both: np.ndarray) -> float:
    if len(np.unique(both)) == 1:
        return NAN
    lines = [
        (thing, coder, score) for thing, line in enumerate(both) for coder, score in enumerate(line)
    ]
    long = pd.DataFrame(lines, columns=["thing", "coder", "score"])
    with warnings.catch_warnings(), np.errstate(all="ignore"):  # its intervals may divide by zero
        warnings.simplefilter("ignore")
        table = pingouin.intraclass_corr(long, targets="thing", raters="coder", ratings="score")
    return float(table.set_index("Type").loc["ICC(A,1)", "ICC"])
