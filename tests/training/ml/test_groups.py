"""Figures of groups against fairlearn's, and the test for harms against what was planted."""

import dataclasses
import warnings

import numpy as np
import pytest
from fairlearn import metrics as fair
from sklearn.metrics import accuracy_score, f1_score

from tests.benchmarks.bias_flags import draw, plant
from training.ml.against_champion import below_champion
from training.ml.disparities import disparities
from training.ml.fairness_figures import Fairness
from training.ml.group_flags import study_groups
from training.ml.group_rates import rates_of
from training.ml.group_tables import EMOTION, GroupTables
from training.ml.harm import find_harms

#: A unit on some 60 faces of each hundred, so that each group shows it often enough.
TARGET, COLUMN = "AU25", 12


@pytest.fixture(scope="module")
def study():
    return draw(7)


@pytest.fixture(scope="module")
def tables(study) -> GroupTables:
    return study.tables()


def frame(study, dimension, truth, said, **measures):
    tags = [sample.groups[dimension] for sample in study.samples]
    return fair.MetricFrame(metrics=measures, y_true=truth, y_pred=said, sensitive_features=tags)


@pytest.mark.parametrize("dimension", ["gender", "age_group", "ethnicity"])
def test_every_figure_of_a_group_is_fairlearns(study, tables, dimension):
    truth, said = study.shown[:, COLUMN], study.found[:, COLUMN]
    expected = frame(
        study, dimension, truth, said,
        f1=f1_score, accuracy=accuracy_score, true_positive_rate=fair.true_positive_rate,
        false_positive_rate=fair.false_positive_rate, selection_rate=fair.selection_rate,
    )  # fmt: skip
    of_emotion = frame(study, dimension, study.truth, study.said, accuracy=accuracy_score)
    rows = rates_of(tables, np.full(len(tables.groups), np.nan))
    judged = [row for row in rows if row.dimension == dimension and row.enough]
    assert len(judged) > 1
    for row in judged:
        by_target = {each.target: each.figures for each in row.targets}
        for name in expected.by_group.columns:
            wanted = expected.by_group.loc[row.group, name]
            assert by_target[TARGET][name].value == pytest.approx(wanted, abs=1e-4)
        wanted = of_emotion.by_group.loc[row.group, "accuracy"]
        assert by_target[EMOTION]["accuracy"].value == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("dimension", ["gender", "age_group", "ethnicity"])
def test_every_difference_is_fairlearns(study, tables, dimension):
    truth, said = study.shown[:, COLUMN], study.found[:, COLUMN]
    tags = [sample.groups[dimension] for sample in study.samples]
    rates = frame(
        study, dimension, truth, said, f1=f1_score, accuracy=accuracy_score,
        selection_rate=fair.selection_rate,
    )  # fmt: skip
    found = {
        each.name: each
        for each in disparities(tables)
        if each.dimension == dimension and each.target == TARGET
    }
    close = {"abs": 1e-4}
    parity = fair.demographic_parity_difference(truth, said, sensitive_features=tags)
    assert found["demographic_parity_difference"].difference.value == pytest.approx(parity, **close)
    odds = fair.equalized_odds_difference(truth, said, sensitive_features=tags)
    assert found["equalized_odds_difference"].difference.value == pytest.approx(odds, **close)
    for name, figure in (
        ("demographic_parity_difference", "selection_rate"),
        ("accuracy_difference", "accuracy"),
        ("f1_difference", "f1"),
    ):
        row = found[name]
        assert row.difference.value == pytest.approx(
            rates.difference(method="between_groups")[figure], **close
        )
        assert row.to_overall == pytest.approx(
            rates.difference(method="to_overall")[figure], **close
        )
        assert row.ratio == pytest.approx(rates.ratio(method="between_groups")[figure], **close)
        assert row.lowest == rates.by_group[figure].idxmin()
        assert row.difference.low <= row.difference.value <= row.difference.high


def test_calibration_is_the_mean_probability_less_the_share_that_came_true(study, tables):
    row = rates_of(tables, np.full(len(tables.groups), np.nan))[0]
    tags = np.array([sample.groups[row.dimension] == row.group for sample in study.samples])
    of_unit = {each.target: each.figures for each in row.targets}[TARGET]
    said, truth = study.found[tags, COLUMN].mean(), study.shown[tags, COLUMN].mean()
    assert of_unit["calibration"].value == pytest.approx(said - truth, abs=1e-4)


def test_what_too_few_faces_of_a_group_show_has_no_figure(tables):
    """AU11 is on one face in twenty: in a group of 38 faces nothing can be said of finding it."""
    (small,) = [
        row for row in rates_of(tables, np.full(len(tables.groups), np.nan)) if row.group == "other"
    ]
    of_unit = {each.target: each for each in small.targets}["AU11"]
    assert of_unit.positives < 10
    assert "f1" not in of_unit.figures
    assert "false_positive_rate" in of_unit.figures


def test_a_planted_harm_is_found_and_named_and_nothing_else_is(study):
    clean = find_harms(study.tables())
    assert clean.harms() == []
    spoilt = draw(7)
    (group,) = [g for g in clean_groups(spoilt) if g.name == "40-50"]
    plant(spoilt, group, COLUMN, "errs", 0.5)
    (harm,) = find_harms(spoilt.tables()).harms()
    assert (harm.group.name, harm.target) == ("40-50", TARGET)
    assert harm.low < harm.gap < harm.high < -0.05


def clean_groups(study):
    return study.tables().groups


def test_the_test_repeats_itself_and_its_intervals_widen_with_the_looks(tables):
    first, again = find_harms(tables, deals=200), find_harms(tables, deals=200)
    assert [gap.high for gap in first.gaps] == [gap.high for gap in again.gaps]
    few = dataclasses.replace(
        tables,
        targets=tables.targets[:4],
        tables=tables.tables[:, :4],
        confidence=tables.confidence[:, :5],
        groups=tables.groups[:2],
    )
    wide = {(gap.group.name, gap.target, gap.figure): gap.high - gap.low for gap in first.gaps}
    for gap in find_harms(few, deals=200).gaps:
        assert gap.high - gap.low < wide[gap.group.name, gap.target, gap.figure]


def test_a_small_group_is_said_to_hide_harm(study):
    tables = study.tables()
    test = find_harms(tables)
    least = dict(zip([g.name for g in tables.groups], test.smallest, strict=True))
    assert least["female"] < least["40-50"] < least["other"]
    measured, flags = study_groups(list(zip(study.samples, study.predictions(), strict=True)))
    (told,) = [flag for flag in flags if flag.kind == "sample_size"]
    assert f"7 subjects): {least['other'] * 100:.0f} points" in told.message
    assert "female" not in told.subject
    assert Fairness.from_json(measured.to_json()) == measured


def test_groups_without_labels_or_tags_say_nothing(study):
    bare = [
        dataclasses.replace(sample, emotion=None, action_units=None, groups={})
        for sample in study.samples
    ]
    pairs = list(zip(bare, study.predictions(), strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        measured, flags = study_groups(pairs)
        assert study_groups([]) == (Fairness(), [])
    assert measured.gaps == measured.disparities == ()
    assert not [flag for flag in flags if flag.kind == "bias"]


def test_a_unit_that_the_champion_reads_better_is_flagged(study):
    champions, ours = study.readings(), study.readings()
    samples = [
        dataclasses.replace(sample, sha256=digest)
        for sample, digest in zip(study.samples, champions.sha256, strict=True)
    ]
    assert below_champion(samples, ours, champions) == []
    ours.present[::3, COLUMN] = ~ours.present[::3, COLUMN]
    (flag,) = below_champion(samples, ours, champions)
    assert (flag.kind, flag.subject) == ("below_champion", TARGET)
    assert below_champion(study.samples, ours, champions) == []  # other pictures
