"""Comparisons: each figure is scikit-learn's, each test is statsmodels', differences are paired."""

import numpy as np
import pytest
from scipy.stats import chi2
from sklearn.metrics import accuracy_score, f1_score
from statsmodels.stats.contingency_tables import mcnemar as published

from annotations.facs import MODEL_ACTION_UNITS
from annotations.measures.bootstrap import SEED, resampling_weights
from training.ml.compared import ALIKE, HIGHER, LOWER, TOO_FEW, ComparisonFigures
from training.ml.comparison import MOST_MOVED, compare, moves
from training.ml.guard import falls, judge_first
from training.ml.mcnemar import mcnemar
from training.ml.metrics import Metrics
from training.ml.paired import Readings, resampled, tables_of

UNITS = len(MODEL_ACTION_UNITS)


def readings(
    *skills: float, faces: int = 240, subjects: int = 40, unit: dict[int, float] | None = None
) -> Readings:
    """Coders who are right with these probabilities; of some units the last one with others."""
    draw = np.random.default_rng(1)
    own = np.arange(faces) % subjects
    emotion = draw.integers(0, 3, faces)
    units = (draw.random((faces, UNITS)) < 0.4).astype(int)
    said, found = [], []
    for at, skill in enumerate(skills):
        right = draw.random(faces) < skill
        said.append(np.where(right, emotion, (emotion + 1) % 3))
        chances = np.full(UNITS, skill)
        if unit and at == len(skills) - 1:
            for number, chance in unit.items():
                chances[MODEL_ACTION_UNITS.index(number)] = chance
        found.append(np.where(draw.random((faces, UNITS)) < chances, units, 1 - units))
    return Readings(
        faces=np.arange(faces) + 1,
        subjects=own + 100,
        groups={"gender": np.where(own % 2, "female", "male")},
        true_emotion=emotion,
        emotion=np.stack(said),
        true_units=units,
        units=np.stack(found),
    )


def row(found: ComparisonFigures, name: str):
    return next(
        each for each in (*found.overall, *found.classes, *found.units) if each.name == name
    )


def test_figures_and_resamples_are_scikit_learns():
    given = readings(0.9, 0.7)
    found, rows = compare(given), given.rows
    weights = resampling_weights(40, resamples=200, seed=SEED)[:3]
    values, _ = resampled(tables_of(given), [])
    for at, weight in enumerate(weights):
        heavy = weight[rows]
        for coder in (0, 1):
            said = given.emotion[coder]
            units = [
                f1_score(given.true_units[:, au], given.units[coder, :, au], sample_weight=heavy)
                for au in range(UNITS)
            ]
            expected = [
                accuracy_score(given.true_emotion, said, sample_weight=heavy),
                f1_score(given.true_emotion, said, average="macro", sample_weight=heavy),
                np.mean(units),
                *f1_score(given.true_emotion, said, average=None, sample_weight=heavy),
                *units,
            ]
            assert values[at, coder] == pytest.approx(np.array(expected))
    accuracy = row(found, "emotion_accuracy")
    assert accuracy.differences[0].value == pytest.approx(
        accuracy.figures[1].value - accuracy.figures[0].value
    )
    own = values[1:, 1, 0] - values[1:, 0, 0]
    ends = np.quantile(own, [0.025, 0.975])
    assert [accuracy.differences[0].low, accuracy.differences[0].high] == pytest.approx(ends)


def test_a_unit_never_found_has_the_interval_of_the_subjects_who_show_it():
    given = readings(0.9, 0.9)
    given.true_units[:, 0] = given.subjects < 107  # seven subjects
    given.units[0, :, 0], given.units[1, :, 0] = 0, given.true_units[:, 0]
    never, always = row(compare(given), f"au:{MODEL_ACTION_UNITS[0]}").figures
    assert (never.value, never.low, round(never.high, 2)) == (0, 0, 0.41)  # Clopper & Pearson
    assert (always.value, round(always.low, 2), always.high) == (1, 0.59, 1)


def test_words_follow_the_interval():
    better, worse = compare(readings(0.7, 0.95)), compare(readings(0.95, 0.7))
    assert row(better, "emotion_macro_f1").verdict(1) == HIGHER
    assert row(worse, "au_macro_f1").verdict(1) == LOWER
    given = readings(0.8, 0.8)
    alike = compare(given)
    assert row(alike, "emotion_accuracy").verdict(1) == ALIKE
    same = Readings(**{**given.__dict__, "emotion": given.emotion[[0, 0]]})
    difference = row(compare(same), "emotion_accuracy").differences[0]
    assert (difference.value, difference.low, difference.high) == (0, 0, 0)
    few = compare(readings(0.9, 0.2, faces=16, subjects=4))
    assert {each.verdict(1) for each in (*few.overall, *few.classes, *few.units)} == {TOO_FEW}
    assert few.mcnemar[0].p_by_subject is None
    assert not falls(few)


def test_what_one_of_them_did_not_code_counts_for_nobody():
    given = readings(0.9, 0.9, 0.9)
    given.emotion[2, :100] = -1
    given.units[1, :, MODEL_ACTION_UNITS.index(12)] = -1
    found = compare(given)
    assert row(found, "emotion_accuracy").faces == 140
    assert row(found, "au:6").faces == 240
    assert "au:12" not in {each.name for each in found.units}
    none = compare(Readings(**{**given.__dict__, "emotion": np.full((3, 240), -1)}))
    assert [each.name for each in none.overall] == ["au_macro_f1"]
    assert (none.classes, none.mcnemar) == ((), ())


def test_stored_figures_are_read_as_they_were():
    found = compare(readings(0.9, 0.8, 0.7))
    assert ComparisonFigures.from_json(found.to_json()) == found
    assert [len(each.differences) for each in found.overall] == [2, 2, 2]
    assert len(found.mcnemar) == 2


def test_mcnemar_is_the_published_one():
    """The approval ratings of Agresti (2002), Categorical Data Analysis, table 10.1; few faces."""
    for table in ([[794, 150], [86, 570]], [[20, 9], [2, 4]]):
        first, other = (np.repeat(each, np.ravel(table)) for each in ([1, 1, 0, 0], [1, 0, 1, 0]))
        faces = np.arange(len(first))
        found = mcnemar(first == 1, other == 1, faces)
        exact = table[0][1] + table[1][0] < 25
        assert found.exact is exact
        assert found.p_value == pytest.approx(published(table, exact=exact).pvalue)
        # Every face twice tells nothing new of as many subjects.
        twice = mcnemar(*(np.tile(each == 1, 2) for each in (first, other)), np.tile(faces, 2))
        assert twice.p_value < found.p_value
        assert twice.p_by_subject == pytest.approx(found.p_by_subject)


#: Pairs of each cluster, and in how many only the first, and only the other, says yes. Patients of
#: 29 psychiatrists (Petryshen; Durkalski et al. 2003, Statistics in Medicine 22), and the glands of
#: 21 patients by PET and SPECT (Obuchowski 1998, Statistics in Medicine 17); both as in R's
#: clust.bin.pair 0.1.2, whose tests quote the chi-squares of Yang, Sun & Hardin (2010).
PSYCHIATRISTS = (
    "76764658473676546543544232231",
    "01110333100100000031120000000",
    "42321302242432131200021220011",
    8.43,
)
GLANDS = (
    "333134322132322333212",
    "000000001000000000000",
    "210010000000002001000",
    3.13,
)


@pytest.mark.parametrize("example", [PSYCHIATRISTS, GLANDS])
def test_mcnemar_by_subject_is_the_published_one(example):
    subjects, first, other = [], [], []
    for subject, (pairs, only_first, only_other) in enumerate(zip(*example[:3], strict=True)):
        b, c = int(only_first), int(only_other)
        subjects += [subject] * int(pairs)
        first += [True] * b + [False] * (int(pairs) - b)
        other += [False] * b + [True] * c + [False] * (int(pairs) - b - c)
    found = mcnemar(*(np.array(each) for each in (first, other, subjects)))
    assert chi2.isf(found.p_by_subject, 1) == pytest.approx(example[3], abs=0.005)


def test_the_worst_group_is_each_coders_own():
    given = readings(0.95, 0.95)
    men = given.groups["gender"] == "male"
    given.emotion[1, men] = (given.true_emotion[men] + 1) % 3
    found = compare(given)
    accuracy = found.worst["gender"][0]
    by_group = {group.group: group.rows[0] for group in found.groups["gender"]}
    assert accuracy.figures[1].value == by_group["male"].figures[1].value == 0
    assert accuracy.figures[0].value == min(each.figures[0].value for each in by_group.values())
    told = {(fall.name, fall.dimension) for fall in falls(found)}
    assert ("emotion_accuracy", "gender") in told


def test_a_fall_of_one_unit_is_named_alone():
    found = compare(readings(0.95, 0.95, unit={12: 0.55}))
    (fall,) = [each for each in falls(found) if each.name.startswith("au:")]
    assert fall.name == "au:12"
    assert fall.words.startswith("AU12 falls from 0.9")
    assert fall.difference.high < 0
    assert not falls(compare(readings(0.9, 0.9)))


def test_moved_faces_are_bounded_and_counted():
    given = readings(1.0, 1.0, faces=900)
    given.emotion[1, 5] = (given.true_emotion[5] + 1) % 3
    given.units[0, :600, 0] = 1 - given.true_units[:600, 0]
    given.units[0, 599, :3] = 1 - given.true_units[599, :3]
    (found,) = moves(given)
    assert (found.emotion_worse.total, found.emotion_worse.faces) == (1, (6,))
    assert found.emotion_better.total == found.units_worse.total == 0
    assert (found.units_better.total, len(found.units_better.faces)) == (600, MOST_MOVED)
    assert found.units_better.faces[:2] == (600, 1), "the greatest change first"


def _metrics(emotion_low: float, au_low: float | None = None) -> Metrics:
    per_class = {"negative": {"support": 60}, "positive": {"support": 40}}
    test = {
        "emotion": {
            "per_class": per_class,
            "intervals": {"macro_f1": {"value": 0.9, "low": emotion_low, "high": 0.95}},
        }
    }
    if au_low is not None:
        test["action_units"] = {
            "per_au": {"12": {"base_rate": 0.25, "counted": True},
                       "11": {"base_rate": 0.9, "counted": False}},
            "intervals": {"macro_f1": {"value": 0.6, "low": au_low, "high": 0.7}},
        }  # fmt: skip
    return Metrics.from_json({"test": test})


def test_a_first_model_must_beat_constant_answers():
    """Always the majority: F1 2 * .6 / 1.6 = .75 over two classes. Always AU12: 2 * .25 / 1.25."""
    assert judge_first(_metrics(0.376, 0.41)).passes
    assert not judge_first(_metrics(0.374, 0.41)).passes
    told = judge_first(_metrics(0.5, 0.4))
    assert not told.passes
    assert "AU macro F1 0.60 (0.40 to 0.70) against 0.40" in told.words
    assert judge_first(_metrics(0.5)).passes, "emotions alone"
    assert not judge_first(Metrics()).passes
