"""The worked examples that Gwet prints for his own package, irrCAC (its README)."""

import numpy as np
import pytest

from tests.annotations.agreement.formulas import (
    cohen_kappa,
    gwet_ac1,
    krippendorff_alpha,
    percent_agreement,
)

NAN = float("nan")


def test_two_abstractors_and_three_categories():
    """irrCAC, cont3x3abstractors: pa .89, kappa .7964094, AC1 .8493305, alpha .7972585."""
    counts = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
    ratings = [
        (row, column)
        for row, line in enumerate(counts)
        for column, times in enumerate(line)
        for _ in range(times)
    ]
    assert percent_agreement(ratings) == pytest.approx(0.89)
    assert cohen_kappa(ratings) == pytest.approx(0.7964094, abs=5e-8)
    assert gwet_ac1(ratings) == pytest.approx(0.8493305, abs=5e-8)
    assert krippendorff_alpha(ratings) == pytest.approx(0.7972585, abs=5e-8)


def test_four_raters_with_missing_ratings():
    """irrCAC, cac.raw4raters: pa .8181818, AC1 .77544, alpha .74342."""
    raters = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, NAN],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 3],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
    ratings = np.array(raters).T
    assert percent_agreement(ratings) == pytest.approx(0.8181818, abs=5e-8)
    assert gwet_ac1(ratings) == pytest.approx(0.77544, abs=5e-6)
    assert krippendorff_alpha(ratings) == pytest.approx(0.74342, abs=5e-6)


def test_six_raters_and_fifteen_patients():
    """irrCAC, distrib.6raters: pa .5511111, AC1 .4448007, alpha .4204384."""
    votes = [
        (0, 0, 0, 6, 0), (0, 3, 0, 0, 3), (0, 1, 4, 0, 1), (0, 0, 0, 0, 6), (0, 3, 0, 3, 0),
        (2, 0, 4, 0, 0), (0, 0, 4, 0, 2), (2, 0, 3, 1, 0), (2, 0, 0, 4, 0), (0, 0, 0, 0, 6),
        (1, 0, 0, 5, 0), (1, 1, 0, 4, 0), (0, 3, 3, 0, 0), (1, 0, 0, 5, 0), (0, 2, 0, 3, 1),
    ]  # fmt: skip
    ratings = [np.repeat(np.arange(5.0), line) for line in votes]
    assert percent_agreement(ratings) == pytest.approx(0.5511111, abs=5e-8)
    assert gwet_ac1(ratings) == pytest.approx(0.4448007, abs=5e-8)
    assert krippendorff_alpha(ratings) == pytest.approx(0.4204384, abs=5e-8)
