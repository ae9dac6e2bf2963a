"""McNemar's test: are two coders right equally often on the same faces?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, chi2

from annotations.measures.bootstrap import sum_by_subject
from training.ml.compared import McNemar

#: With fewer discordant faces than this, the chi-square approximation is poor.
FEWEST_FOR_CHI_SQUARE = 25
_FEWEST_SUBJECTS = 5


def mcnemar(
    first: NDArray[np.bool_], other: NDArray[np.bool_], subjects: NDArray[np.int64]
) -> McNemar:
    """Compare how often two coders are right, by McNemar's test.

    The usual test (McNemar 1947, Psychometrika 12; Edwards 1948, Psychometrika 13, for the
    correction) takes faces for independent, which those of one subject aren't. So it stands beside
    the modified Obuchowski test of Yang, Sun & Hardin (2010), "A note on the tests for clustered
    matched-pair binary data", Biometrical Journal 52. With d the difference of right answers on one
    subject's n faces, of K subjects with N faces in all, and D the sum of d,

        (K - 1) / K * D^2 / (1/2 * sum of ((d - n * D / N)^2 + d^2))

    is chi-square with one degree of freedom. How often it is wrong: docs/comparing.md.

    Parameters
    ----------
    first, other
        (n,) whether each is right on a face.
    subjects
        (n,) each face's subject.
    """
    first_only, other_only = first & ~other, other & ~first
    b, c = int(first_only.sum()), int(other_only.sum())
    exact = b + c < FEWEST_FOR_CHI_SQUARE
    if b + c == 0:
        p_value = 1.0
    elif exact:
        p_value = float(binomtest(b, b + c, 0.5).pvalue)
    else:
        p_value = float(chi2.sf((abs(b - c) - 1) ** 2 / (b + c), 1))
    return McNemar(
        both=int((first & other).sum()),
        first_only=b,
        other_only=c,
        neither=int((~first & ~other).sum()),
        p_value=p_value,
        exact=exact,
        p_by_subject=_by_subject(first_only, other_only, subjects),
    )


def _by_subject(
    first_only: NDArray[np.bool_], other_only: NDArray[np.bool_], subjects: NDArray[np.int64]
) -> float | None:
    ahead, faces = sum_by_subject(
        subjects,
        np.stack([first_only.astype(int) - other_only.astype(int), np.ones(len(subjects))], axis=1),
    ).T
    count, total = len(faces), float(ahead.sum())
    if count < _FEWEST_SUBJECTS:
        return None
    spread = ((ahead - faces * total / faces.sum()) ** 2 + ahead**2).sum() / 2
    if not spread:
        return 1.0
    return float(chi2.sf((count - 1) / count * total**2 / spread, 1))
