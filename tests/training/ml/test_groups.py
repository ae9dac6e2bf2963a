"""Figures of groups against fairlearn's, and the test for harms against what was planted."""

import dataclasses
import warnings
from functools import cache, cached_property, partial

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics as fair
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, f1_score

from annotations.measures.support import FEWEST_TO_TRUST
from inference.ml.predictions import predictions_of
from tests.benchmarks.bias_flags import draw, plant
from training.ml.against_champion import below_champion
from training.ml.disparities import PARITY, disparities
from training.ml.fairness_figures import Disparity, Fairness, GroupRates
from training.ml.group_flags import study_groups
from training.ml.group_rates import rates_of
from training.ml.group_tables import EMOTION, GroupTables, tables_of
from training.ml.harm import find_harms

#: A unit on some 60 faces of each hundred, so that each group shows it often enough.
TARGET, COLUMN = "AU25", 12


@pytest.fixture(scope="module")
def study():
    return draw(7)


@pytest.fixture(scope="module")
def tables(study) -> GroupTables:
    return study.tables()


@dataclasses.dataclass
class Answers:
    """Truth, answers and probabilities (n, t) of every target, as scikit-learn takes them."""

    tables: GroupTables
    tags: pd.DataFrame
    truth: np.ndarray
    said: np.ndarray
    sure: np.ndarray
    right: np.ndarray
    surest: np.ndarray

    @cached_property
    def rates(self) -> tuple[GroupRates, ...]:
        return rates_of(self.tables, np.full(len(self.tables.groups), np.nan))

    @cached_property
    def differences(self) -> tuple[Disparity, ...]:
        return disparities(self.tables)

    def frame(self, dimension: str) -> fair.MetricFrame:
        """fairlearn's frame of every figure that a group has; its y are the faces' numbers."""

        def of(column, score):
            return lambda rows, _: score(self.truth[rows, column], self.said[rows, column])

        def calibration(came_true, sure):
            def measured(rows, _):
                true, said = calibration_curve(came_true[rows], sure[rows], n_bins=1)
                return said[0] - true[0]

            return measured

        measures = {
            (EMOTION, "accuracy"): lambda rows, _: self.right[rows].mean(),
            (EMOTION, "macro_f1"): lambda rows, _: f1_score(
                self.truth[rows, :3].argmax(1), self.said[rows, :3].argmax(1), average="macro"
            ),
            (EMOTION, "calibration"): calibration(self.right, self.surest),
        }
        for column, target in enumerate(self.tables.targets):
            measures |= {(target, name): of(column, score) for name, score in SCORES.items()}
            measures[target, "calibration"] = calibration(
                self.truth[:, column], self.sure[:, column]
            )
        rows = np.arange(len(self.truth))
        return fair.MetricFrame(
            metrics={" ".join(name): measure for name, measure in measures.items()},
            y_true=rows, y_pred=rows, sensitive_features=self.tags[dimension.split(" × ")],
        )  # fmt: skip


SCORES = {
    "f1": partial(f1_score, zero_division=0), "accuracy": accuracy_score,
    "true_positive_rate": fair.true_positive_rate,
    "false_positive_rate": fair.false_positive_rate, "selection_rate": fair.selection_rate,
}  # fmt: skip
DIMENSIONS = (
    "gender", "age_group", "ethnicity", "gender × age_group", "gender × ethnicity",
    "age_group × ethnicity",
)  # fmt: skip


@pytest.fixture(scope="module")
def frame_of(answers):
    return cache(answers.frame)


@pytest.fixture(scope="module")
def answers(study) -> Answers:
    """The study with doubt in what is said: it doesn't change an answer."""
    generator = np.random.default_rng(5)
    n = len(study.said)
    emotions = generator.uniform(0, 0.3, (n, 3))
    emotions[np.arange(n), study.said] = generator.uniform(0.4, 1, n)
    units = np.where(study.found, 0.5, 0) + generator.uniform(0, 0.5, study.found.shape)
    said = predictions_of(emotions, units, study.found, ["good"] * n)
    return Answers(
        tables=tables_of(list(zip(study.samples, said, strict=True))),
        tags=pd.DataFrame([sample.groups for sample in study.samples]),
        truth=np.concatenate([np.eye(3)[study.truth], study.shown], axis=1).astype(int),
        said=np.concatenate([np.eye(3)[study.said], study.found], axis=1).astype(int),
        sure=np.concatenate([emotions, units], axis=1),
        right=(study.said == study.truth).astype(int),
        surest=emotions.max(axis=1),
    )


def within(group: str) -> str | tuple[str, ...]:
    """Return a group's key in a frame."""
    return tuple(group.split(", ")) if ", " in group else group


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_figure_and_difference_is_fairlearns_and_scikit_learns(answers, frame_of, dimension):
    """Of every class and unit; what too few faces of a group count in is left out, not wrong."""
    frame = frame_of(dimension)
    judged = [row for row in answers.rates if row.dimension == dimension and row.enough]
    told: dict[str, dict[str, float]] = {}
    for row in judged:
        assert {each.target for each in row.targets} == {EMOTION, *answers.tables.targets}
        for each in row.targets:
            for name, interval in each.figures.items():
                key = f"{each.target} {name}"
                told.setdefault(key, {})[row.group] = frame.by_group.loc[within(row.group), key]
                assert interval.value == pytest.approx(told[key][row.group], abs=1e-4), key
                assert name == "calibration" or interval.low <= interval.value <= interval.high
    assert len(judged) > 1
    few = {key.split()[1] for key in set(frame.by_group.columns) - set(told)}
    assert few <= ({"f1", "true_positive_rate"} if "×" in dimension else set())
    found = [row for row in answers.differences if row.dimension == dimension]
    assert {row.target for row in found} == {EMOTION, *answers.tables.targets}
    for row in found:
        parts = [{**told.get(f"{row.target} {part}", {})} for part in PARITY[row.name]]
        _is_the_difference(row, max(parts, key=_spread))
        overall = [frame.overall[f"{row.target} {part}"] for part in PARITY[row.name]]
        worst = max(range(len(parts)), key=lambda place: _spread(parts[place]))
        furthest = max(abs(value - overall[worst]) for value in parts[worst].values())
        assert row.to_overall == pytest.approx(furthest, abs=2e-4)


def _spread(figures: dict[str, float]) -> float:
    return max(figures.values()) - min(figures.values()) if len(figures) > 1 else -1.0


def _is_the_difference(row: Disparity, figures: dict[str, float]) -> None:
    low, high = min(figures.values()), max(figures.values())
    assert row.difference.value == pytest.approx(high - low, abs=2e-4)
    assert figures[row.lowest] == low
    assert figures[row.highest] == high
    assert row.ratio == (pytest.approx(low / high, abs=2e-4) if high else None)
    assert row.difference.low <= row.difference.high


@pytest.mark.parametrize("dimension", DIMENSIONS[:3])
def test_differences_by_name_are_fairlearns_own(answers, frame_of, dimension):
    """Where every group has enough faces; fairlearn knows no fewest."""
    found = {
        (row.target, row.name): row for row in answers.differences if row.dimension == dimension
    }
    frame = frame_of(dimension)
    for column, target in enumerate(answers.tables.targets):
        given = (answers.truth[:, column], answers.said[:, column])
        shown = pd.Series(given[0]).groupby(answers.tags[dimension]).agg(["sum", "count"])
        if shown["sum"].min() < FEWEST_TO_TRUST:
            continue
        tags = answers.tags[dimension]
        for name, function in (
            ("demographic_parity_difference", fair.demographic_parity_difference),
            ("equalized_odds_difference", fair.equalized_odds_difference),
        ):
            wanted = function(*given, sensitive_features=tags)
            assert found[target, name].difference.value == pytest.approx(wanted, abs=1e-4)
        for name, figure in (("accuracy_difference", "accuracy"), ("f1_difference", "f1")):
            row, key = found[target, name], f"{target} {figure}"
            between, overall = (frame.difference(method=m)[key] for m in METHODS)
            assert row.difference.value == pytest.approx(between, abs=1e-4)
            assert row.to_overall == pytest.approx(overall, abs=1e-4)
            assert row.ratio == pytest.approx(frame.ratio(method=METHODS[0])[key], abs=1e-4)
            assert row.lowest == frame.by_group[key].idxmin()


METHODS = ("between_groups", "to_overall")


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
