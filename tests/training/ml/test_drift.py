"""Two-sample tests by subject, and F1 without labels, against other implementations."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import f1_score

from tests.benchmarks.drift import Shift, bent, draw, projected
from training.ml.cbpe import f1_by_chance
from training.ml.drift import adjusted, drift, evened
from training.ml.drift_figures import Drift, ShiftTest
from training.ml.seen import Seen
from training.ml.two_samples import by_subject, compare, difference


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_with_one_face_each_the_statistic_is_welchs_t_and_p_scipys_permutation():
    first, second = rng().normal(size=(30, 1)), rng(2).normal(0.5, 1, size=(40, 1))
    names = np.char.zfill(np.arange(70).astype(str), 2)
    clusters = by_subject(names, np.concatenate([first, second]))
    t = difference(clusters, (np.arange(70) < 30).astype(float)[None])[0, 0]
    expected = stats.ttest_ind(first, second, equal_var=False).statistic[0]
    # Never less than the standard error of independent faces, of which the pooled sample tells.
    assert 0.85 * abs(expected) < abs(t) <= abs(expected) + 1e-9
    mine = compare(
        by_subject(np.arange(30).astype(str), first),
        by_subject(np.arange(40).astype(str), second),
        permutations=1999,
    )
    theirs = stats.permutation_test(
        (first[:, 0], second[:, 0]),
        lambda x, y, axis: np.abs(stats.ttest_ind(x, y, axis=axis, equal_var=False).statistic),
        vectorized=True, n_resamples=1999, alternative="greater", rng=rng(),
    )  # fmt: skip
    assert mine.p == pytest.approx(theirs.pvalue, abs=0.03)


def test_shuffling_subjects_does_not_take_faces_for_people():
    """One person's fifty faces are no proof that new faces differ, fifty people's are."""
    before = by_subject(np.repeat(np.arange(60), 4).astype(str), rng().random((240, 1)) < 0.3)
    one = np.vstack([np.ones((50, 1)), rng(2).random((20, 1)) < 0.3])
    owners = np.r_[np.zeros(50), np.arange(1, 21)].astype(int).astype(str)
    assert compare(before, by_subject(owners, one)).p > 0.05
    assert compare(before, by_subject(np.arange(70).astype(str), one)).p < 0.01


def test_rare_things_that_a_few_people_lack_by_chance_are_no_difference():
    before = by_subject(np.repeat(np.arange(120), 4).astype(str), rng().random((480, 1)) < 0.1)
    after = by_subject(np.arange(15).astype(str), np.zeros((15, 1)))
    assert compare(before, after).p > 0.05


def test_corrected_p_values_are_holms():
    p = [0.01, 0.04, 0.03, 0.005, None]
    found = [test.adjusted for test in adjusted([ShiftTest("units", each) for each in p])]
    assert found == [pytest.approx(0.03), pytest.approx(0.06), pytest.approx(0.06), 0.02, None]


def test_given_the_truth_the_estimate_is_scikit_learns_f1():
    seen = draw(rng(), 60, 4.5)
    truth, said = seen.truth[:, 3:], seen.said[:, 3:]
    found = f1_by_chance(seen.subjects, truth, said)
    expected = f1_score(truth, said, average=None, zero_division=0)
    assert [each.value for each in found.each] == pytest.approx(list(expected))


def test_calibrated_probabilities_estimate_f1_and_bent_ones_do_not():
    gaps = {}
    for name, slope in (("calibrated", 1.0), ("too sure", 2.0)):
        seen = bent(draw(rng(3), 150, 4.5), slope, 0.0, rng(4))
        estimated = f1_by_chance(seen.subjects, seen.units, seen.present).macro
        measured = f1_by_chance(seen.subjects, seen.truth[:, 3:], seen.present).macro
        gaps[name] = estimated.value - measured.value
        if name == "calibrated":
            assert estimated.low < measured.value < estimated.high
    assert abs(gaps["calibrated"]) < 0.02
    assert gaps["too sure"] > 0.05


def test_drift_finds_what_was_shifted_and_only_that():
    before = draw(rng(1), 123, 4.5)
    found = drift(before, draw(rng(2), 60, 4.5, Shift(unfit=0.5)), permutations=299)
    assert [test.name for test in found.unlike] == ["quality"]
    assert Drift.from_json(found.to_json()) == found
    assert {line.name for line in found.performance} >= {"emotion_macro_f1", "au_macro_f1", "AU12"}


def test_what_the_network_sees_is_compared_where_it_is_kept():
    before = draw(rng(1), 123, 4.5)
    before, after = projected(before, draw(rng(2), 60, 4.5, Shift(embedding=3.0)))
    found = drift(before, after, permutations=299)
    assert [test.name for test in found.unlike] == ["embedding"]
    (distance,) = found.unlike[0].columns
    assert distance.before == pytest.approx(1, abs=0.1)
    assert distance.after > 1.2
    told = {side: replace(before, embedding=before.embedding[:, :0]) for side in (1, 2)}
    (unmade,) = (test for test in drift(*told.values()).tests if test.name == "embedding")
    assert unmade.p is None and "Train again" in unmade.reason


def test_one_person_with_most_of_the_faces_is_no_drift():
    before, after = draw(rng(1), 123, 4.5), draw(rng(11), 20, 1.0, more_of_one=40)
    assert not drift(before, after, permutations=299).unlike
    assert np.unique(evened(after).subjects, return_counts=True)[1].max() == 2


def test_few_new_subjects_are_too_few_to_say():
    found = drift(draw(rng(1), 123, 4.5), draw(rng(2), 9, 4.5))
    assert "of 9 subjects" in found.too_few
    assert (found.tests, found.performance) == ((), ())
    nobody = draw(rng(2), 1, 1.0)
    empty = Seen(**{name: value[:0] for name, value in vars(nobody).items()})
    assert "0 new faces" in drift(draw(rng(1), 123, 4.5), empty).too_few
