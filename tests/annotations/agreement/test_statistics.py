"""Agreement figures against published worked examples, and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score

from annotations.measures.bootstrap import (
    estimate,
    resampling_weights,
    stratified_weights,
    sum_by_subject,
    two_sample_weights,
)
from tests.annotations.agreement.formulas import (
    cohen_kappa,
    gwet_ac1,
    icc_2_1,
    krippendorff_alpha,
    light_kappa,
    percent_agreement,
    prevalence,
    wexler_ratio,
)

NAN = float("nan")


def table(counts) -> np.ndarray:
    """A square contingency table as ratings (n, 2)."""
    return np.array(
        [
            (row, column)
            for row, line in enumerate(counts)
            for column, count in enumerate(line)
            for _ in range(count)
        ],
        dtype=float,
    )


def test_icc_of_shrout_and_fleiss():
    """Shrout & Fleiss (1979), Psychological Bulletin 86, tables 2 and 4: ICC(2,1) = .29."""
    judges = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    assert icc_2_1(judges) == pytest.approx(0.29, abs=0.005)


def test_icc_leaves_out_what_is_not_complete():
    judges = [[9, 2], [6, 1], [8, 4], [7, 1], [10, 5], [6, 2]]
    assert icc_2_1([*judges, [NAN, 5]]) == pytest.approx(icc_2_1(judges))


def test_alpha_of_two_observers():
    """Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", example A: .095."""
    meg = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    owen = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert krippendorff_alpha(np.array([meg, owen]).T) == pytest.approx(0.095, abs=0.0005)


def test_alpha_of_four_observers_with_missing_ratings():
    """Krippendorff (2011), example C, nominal: .743."""
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
    assert krippendorff_alpha(np.array(observers).T) == pytest.approx(0.743, abs=0.0005)


def test_kappa_of_fifty_grant_proposals():
    """The textbook's table (20, 5; 10, 15): agreement .70, kappa .40. Formula: Cohen (1960)."""
    ratings = table([[20, 5], [10, 15]])
    assert percent_agreement(ratings) == pytest.approx(0.70)
    assert cohen_kappa(ratings) == pytest.approx(0.40)


def test_the_kappa_paradox():
    """118 of 125 agree, 5 and 2 differ, none is "no": kappa is below 0. AC1 by Gwet's formula
    (2008): pe = 2 pi (1 - pi) with pi = 243 / 250."""
    ratings = table([[118, 5], [2, 0]])
    chance = 2 * (243 / 250) * (7 / 250)
    assert percent_agreement(ratings) == pytest.approx(0.944)
    assert cohen_kappa(ratings) == pytest.approx(-0.0234, abs=0.00005)
    assert gwet_ac1(ratings) == pytest.approx((0.944 - chance) / (1 - chance))


def test_wexler_counts_what_both_scored_present():
    """FACS Investigator's Guide: twice the units on which both agree over all that both scored.
    Coders scored 4+5+23 and 4+23: 2 * 2 / 5."""
    scored = np.array([[1, 1], [1, 0], [1, 1], [0, 0], [0, 0]], dtype=float)
    assert wexler_ratio(scored) == pytest.approx(0.8)
    assert prevalence(scored) == pytest.approx(0.5)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=60))
def test_kappa_is_scikit_learns(pairs):
    ratings = np.array(pairs, dtype=float)
    kappa = cohen_kappa(ratings)
    if np.isnan(kappa):  # one category throughout: there scikit-learn divides by zero
        assert len(np.unique(ratings)) == 1
    else:
        assert kappa == pytest.approx(cohen_kappa_score(ratings[:, 0], ratings[:, 1]), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=60))
def test_wexler_is_f1(pairs):
    ratings = np.array(pairs, dtype=float)
    if ratings.any():
        expected = f1_score(ratings[:, 0], ratings[:, 1])
        assert wexler_ratio(ratings) == pytest.approx(expected)
    else:
        assert np.isnan(wexler_ratio(ratings))


def test_equal_coders_agree_wholly():
    ratings = np.repeat([[0.0], [1.0], [1.0], [0.0]], 3, axis=1)
    for figure in (percent_agreement, light_kappa, gwet_ac1, krippendorff_alpha, wexler_ratio):
        assert figure(ratings) == pytest.approx(1), figure.__name__
    assert icc_2_1(np.repeat([[1.0], [3.0], [5.0]], 2, axis=1)) == pytest.approx(1)


def test_what_the_data_leave_open_is_nan_without_a_warning():
    with np.errstate(all="raise"):
        for empty in (np.empty((0, 2)), np.array([[1, NAN], [NAN, 0]])):
            for figure in (percent_agreement, cohen_kappa, gwet_ac1, krippendorff_alpha, icc_2_1):
                assert np.isnan(figure(empty)), figure.__name__
        assert np.isnan(cohen_kappa(np.zeros((5, 2))))
        assert np.isnan(wexler_ratio(np.zeros((5, 2))))


def test_kappa_wants_two_coders():
    with pytest.raises(ValueError, match="two coders"):
        cohen_kappa(np.zeros((3, 3)))


def test_resamples_are_the_same_each_time_and_of_subjects():
    weights = resampling_weights(7, resamples=50)
    assert (weights == resampling_weights(7, resamples=50)).all()
    assert (weights[0] == 1).all()
    assert (weights.sum(axis=1) == 7).all()


def test_two_samples_are_drawn_as_a_loop_draws_them():
    generator, looped = np.random.default_rng(6), [[], []]
    for _ in range(40):
        for part, size in zip(looped, (5, 9), strict=True):
            drawn = generator.integers(size, size=size)
            part.append(np.bincount(drawn, minlength=size))
    for weights, expected in zip(
        two_sample_weights(5, 9, resamples=40, seed=6), looped, strict=True
    ):
        assert (weights[0] == 1).all()
        assert (weights[1:] == expected).all()


def test_each_stratum_is_drawn_among_its_own():
    strata = np.array([1, 0, 1, 1, 0])
    weights = stratified_weights(strata, resamples=30, seed=3)
    assert (weights[:, strata == 0] == resampling_weights(2, resamples=30, seed=3)).all()
    assert (weights[:, strata == 1] == resampling_weights(3, resamples=30, seed=4)).all()


def test_sums_are_of_each_subjects_rows():
    subjects, values = np.array(["B", "A", "B"]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert sum_by_subject(subjects, values).tolist() == [[3.0, 4.0], [6.0, 8.0]]
    assert sum_by_subject(np.array([], dtype=int), np.zeros((0, 2))).shape == (0, 2)


def test_the_interval_holds_the_figure_in_most_samples():
    """A share of 0.7 among 40 subjects: 95 % intervals should hold it about 95 % of the time."""
    draw, held = np.random.default_rng(4), 0
    for _ in range(100):
        subjects = (draw.random(40) < 0.7).astype(float)
        weights = resampling_weights(40, resamples=200, seed=int(draw.integers(1 << 30)))
        interval = estimate(weights @ subjects / weights.sum(axis=1), 40)
        held += interval.low <= 0.7 <= interval.high
    assert 88 <= held <= 100


def test_one_subject_gives_no_interval():
    assert not estimate(np.ones(11), 1).has_interval
    assert not estimate(np.array([0.5, *[NAN] * 10]), 9).has_interval
