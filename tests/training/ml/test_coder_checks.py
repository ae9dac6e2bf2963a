"""Coders who rate a group differently at equal score are named, and those who stand apart."""

import dataclasses

import numpy as np
import pytest

from tests.benchmarks.bias_flags import draw
from training.ml.coder_checks import Coded, CoderChecks, check_coders

TARGETS = ("AU6", "AU12", "AU25")
COLUMNS = (3, 6, 12)


@pytest.fixture(scope="module")
def coded():
    """Five coders of all faces, each with a slip in twenty, and a model of some skill."""
    study, generator = draw(3), np.random.default_rng(1)
    truth = study.shown[:, COLUMNS]
    slips = generator.random((5, *truth.shape)) < 0.05
    scores = np.clip(truth * 0.5 + generator.random(truth.shape) * 0.5, 0, 1)
    return Coded(
        coders=("Ada", "Ben", "Cleo", "Dan", "Eve"),
        targets=TARGETS,
        subjects=study.subjects,
        said=np.where(slips, ~truth, truth).astype(float),
        scores=scores,
        groups=study.tables().groups,
    )


def test_coders_who_only_slip_are_not_named(coded):
    checks = check_coders(coded)
    assert checks.unequal == ()
    assert [row.is_far for row in checks.agreement] == [False] * 5
    assert CoderChecks.from_json(checks.to_json()) == checks


def test_a_coder_who_misses_a_unit_in_one_group_is_named_with_it(coded):
    (group,) = [group for group in coded.groups if group.name == "40-50"]
    said = coded.said.copy()
    inside = group.members[coded.subjects]
    said[1, inside, 2] *= np.random.default_rng(2).random(inside.sum()) < 0.3
    (found,) = check_coders(dataclasses.replace(coded, said=said)).unequal
    assert (found.coder, found.group, found.target) == ("Ben", "40-50", "AU25")
    assert found.difference < -0.2
    assert found.faces == inside.sum()


def test_a_group_that_shows_more_is_no_fault_of_the_coders(coded):
    """Where a group's faces show a unit more often, the model's scores say so too."""
    (group,) = [group for group in coded.groups if group.name == "male"]
    inside = group.members[coded.subjects]
    more = inside & (np.random.default_rng(4).random(len(inside)) < 0.5)
    said, scores = coded.said.copy(), coded.scores.copy()
    said[:, more, 1] = 1
    scores[more, 1] = 0.5 + scores[more, 1] / 2
    shares = [said[0, rows, 1].mean() for rows in (inside, ~inside)]
    assert shares[0] - shares[1] > 0.2
    assert check_coders(dataclasses.replace(coded, said=said, scores=scores)).unequal == ()


def test_a_coder_who_agrees_with_nobody_is_far_from_the_others(coded):
    said = coded.said.copy()
    said[4] = np.random.default_rng(3).random(said[4].shape) < 0.5
    first, *others = check_coders(dataclasses.replace(coded, said=said)).agreement
    assert (first.coder, first.is_far) == ("Eve", True)
    assert not any(row.is_far for row in others)
    three = dataclasses.replace(coded, said=said[2:], coders=coded.coders[2:])
    assert [row.distance for row in check_coders(three).agreement] == [None] * 3


def test_who_coded_little_is_not_judged(coded):
    said = coded.said.copy()
    said[:, 19:] = np.nan
    assert check_coders(dataclasses.replace(coded, said=said)) == CoderChecks()
