"""Ranking suspected label errors: pure functions on arrays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.queues.label_errors import (
    RULES,
    Labels,
    broken_rules,
    emotion_suspicion,
    suspicion,
    unit_suspicion,
)

NEGATIVE, POSITIVE, SURPRISE = range(3)


def labels(emotions, units=None, happy=None) -> Labels:
    """`units`: per face {au: presence}; what isn't named is absent."""
    table = np.zeros((len(emotions), len(MODEL_ACTION_UNITS)), dtype=int)
    for row, given_units in enumerate(units or []):
        for au, value in given_units.items():
            table[row, MODEL_ACTION_UNITS.index(au)] = value
    return Labels(np.array(emotions), table, np.array(happy if happy else [False] * len(emotions)))


def simulated(seed: int, faces: int = 600, flipped: int = 30, sharpness: float = 3.0):
    """True classes, labels of which some are flipped, and noisy calibrated probabilities."""
    draw = np.random.default_rng(seed)
    true = draw.choice(3, faces, p=[0.55, 0.2, 0.25])
    logits = draw.normal(0, 1, (faces, 3)) + sharpness * np.eye(3)[true]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    wrong = draw.choice(faces, flipped, replace=False)
    shown = true.copy()
    shown[wrong] = (true[wrong] + draw.integers(1, 3, flipped)) % 3
    return shown, probabilities, set(wrong.tolist())


@pytest.mark.parametrize("seed", range(5))
def test_planted_errors_are_found(seed):
    shown, probabilities, wrong = simulated(seed)
    found = suspicion(shown, probabilities, np.zeros(len(shown)))
    first = set(np.argsort(-found.score)[: len(wrong)].tolist())
    assert len(first & wrong) / len(wrong) >= 0.7  # precision and recall alike at this number


def test_without_knowledge_nothing_is_found():
    shown, probabilities, wrong = simulated(1)
    mixed = np.random.default_rng(2).permutation(probabilities)
    found = suspicion(shown, mixed, np.zeros(len(shown)))
    first = set(np.argsort(-found.score)[: len(wrong)].tolist())
    assert len(first & wrong) / len(wrong) < 0.3


def test_the_confident_joint_is_that_of_the_paper():
    """Thresholds are the mean self-confidences: 0.8 of class 0 and 0.6 of class 1."""
    shown = np.array([0, 0, 1, 1, 1])
    first = np.array([0.9, 0.7, 0.3, 0.85, 0.05])
    found = suspicion(shown, np.stack([first, 1 - first], axis=1), np.zeros(5))
    assert found.confident.tolist() == [False, False, False, True, False]
    assert found.score[3] == pytest.approx(0.7)
    assert found.likelier[3] == 0


def test_what_is_not_coded_or_not_read_is_not_judged():
    chances = np.array([[0.1, 0.9], [0.1, 0.9], [np.nan, np.nan]])
    found = suspicion(np.array([0, -1, 0]), chances, np.zeros(3))
    assert found.doubted.tolist() == [True, False, False]
    assert np.isnan(found.score[1:]).all()


@pytest.mark.parametrize(
    ("number", "emotion", "units", "happy"),
    [
        (0, NEGATIVE, {27: 1}, False),
        (1, POSITIVE, {17: 1, 12: 1}, False),
        (2, NEGATIVE, {6: 1, 12: 1}, False),
        (3, POSITIVE, {4: 1, 12: 1}, False),
        (4, POSITIVE, {6: 1}, True),
        (5, SURPRISE, {25: 1}, False),
    ],
)
def test_each_rule_by_itself(number, emotion, units, happy):
    broken = broken_rules(labels([emotion], [units], [happy]))[0]
    assert np.flatnonzero(broken).tolist() == [number]


def test_usual_codings_break_no_rule():
    usual = labels(
        [SURPRISE, NEGATIVE, POSITIVE, -1],
        [{1: 1, 2: 1, 25: 1, 27: 1}, {4: 1, 17: 1}, {6: 1, 12: 1, 25: 1}, {27: 1}],
        [False, False, True, False],
    )
    assert not broken_rules(usual).any()


def test_an_uncoded_unit_breaks_no_rule():
    unknown = labels([POSITIVE], [dict.fromkeys(MODEL_ACTION_UNITS, -1)], [True])
    assert not broken_rules(unknown).any()


def test_rules_tip_a_close_call():
    close = np.array([[0.46, 0.54, 0.0]] * 2)
    both = labels([POSITIVE, POSITIVE], [{12: 1}, {12: 1, 17: 1}])
    found = emotion_suspicion(both, close)
    assert found.score[1] - found.score[0] == pytest.approx(0.2)
    assert emotion_suspicion(both, close, rules=False).score[1] == found.score[0]
    assert found.doubted.tolist() == [False, True]


def test_units_are_judged_by_their_own_rules():
    both = labels([NEGATIVE, SURPRISE], [{27: 1}, {1: 1, 2: 1, 27: 1}])
    found = unit_suspicion(both, 27, np.array([0.6, 0.6]))
    assert found.score[0] - found.score[1] == pytest.approx(0.2)
    assert {rule.au for rule in RULES} <= set(MODEL_ACTION_UNITS)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 2), *[st.floats(0.01, 1)] * 3), min_size=1, max_size=30))
def test_scores_are_margins(rows):
    shown = np.array([row[0] for row in rows])
    chances = np.array([row[1:] for row in rows])
    chances /= chances.sum(axis=1, keepdims=True)
    found = suspicion(shown, chances, np.zeros(len(rows)))
    known = shown >= 0
    assert np.isnan(found.score[~known]).all()
    assert (np.abs(found.score[known]) <= 1).all()
    right = known & (chances.argmax(axis=1) == shown)
    assert (found.score[right] <= 0).all()
    assert len(EMOTIONS) == chances.shape[1]
