"""Figures of confusion tables are scikit-learn's, for the sample and for every resample."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from annotations.measures import confusion
from annotations.measures.bootstrap import resampling_weights, weigh

answers = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40)


def table(truth, said, categories=3):
    return confusion.tables_by_subject(np.zeros(len(truth)), truth, said, categories)[0]


def same(ours, theirs, undefined=0.0):
    """scikit-learn puts a number where the counts leave a figure undefined."""
    assert theirs == pytest.approx(undefined if np.isnan(ours) else float(ours), abs=1e-12)


@given(answers)
def test_figures_of_three_classes_are_scikit_learns(pairs):
    truth, said = np.array(pairs).T
    counts, labels = table(truth, said), [0, 1, 2]
    assert counts.tolist() == metrics.confusion_matrix(truth, said, labels=labels).tolist()
    same(confusion.accuracy(counts), metrics.accuracy_score(truth, said))
    held = sorted({*truth, *said})
    same(
        confusion.macro_f1(counts),
        metrics.f1_score(truth, said, average="macro", labels=held, zero_division=0),
    )
    same(
        confusion.weighted_f1(counts),
        metrics.f1_score(truth, said, average="weighted", zero_division=0),
    )
    same(confusion.matthews(counts), metrics.matthews_corrcoef(truth, said))
    recalls = metrics.recall_score(
        truth, said, average=None, labels=sorted({*truth}), zero_division=0
    )
    same(confusion.balanced_accuracy(counts), np.mean(recalls))
    if len(held) > 1:
        same(confusion.kappa_of(counts), metrics.cohen_kappa_score(truth, said))


@given(answers)
def test_figures_of_one_class_are_scikit_learns(pairs):
    truth, said = np.array(pairs).T
    for label, counts in enumerate(confusion.one_against_rest(table(truth, said))):
        one, other = truth == label, said == label
        assert counts.tolist() == metrics.confusion_matrix(one, other, labels=[0, 1]).tolist()
        same(confusion.precision(counts), metrics.precision_score(one, other, zero_division=0))
        same(confusion.recall(counts), metrics.recall_score(one, other, zero_division=0))
        same(confusion.f1(counts), metrics.f1_score(one, other, zero_division=0))
        same(
            confusion.specificity(counts),
            metrics.recall_score(one, other, pos_label=False, zero_division=0),
        )
        same(confusion.base_rate(counts), one.mean())
        same(confusion.selection_rate(counts), other.mean())


def test_skew_normalised_f1_is_the_f1_of_as_many_faces_of_either_kind():
    counts = np.array([[70.0, 20.0], [4.0, 6.0]])  # 90 without it, 10 that show it
    alike = np.array([[70.0, 20.0], [36.0, 54.0]])  # the latter nine times over
    assert confusion.skew_normalised_f1(counts) == pytest.approx(confusion.f1(alike))
    assert confusion.skew_normalised_f1(alike) == pytest.approx(confusion.f1(alike))


def test_what_no_face_shows_and_nobody_finds_is_undefined():
    counts = np.array([[9.0, 0.0], [0.0, 0.0]])
    undefined = {name for name, figure in confusion.BINARY.items() if np.isnan(figure(counts))}
    assert undefined == {
        "precision", "recall", "f1", "skew_normalised_f1", "matthews", "kappa",
    }  # fmt: skip


def test_a_resample_has_the_figures_of_its_faces():
    generator = np.random.default_rng(5)
    subjects = np.repeat(np.arange(8), 4)
    truth, said = generator.integers(0, 3, (2, 32))
    tables = confusion.tables_by_subject(subjects, truth, said, 3)
    weights = resampling_weights(8, resamples=20)
    together = confusion.macro_f1(weigh(weights, tables))
    for drawn, figure in zip(weights, together, strict=True):
        rows = np.repeat(np.arange(32), drawn[subjects].astype(int))
        assert figure == pytest.approx(float(confusion.macro_f1(table(truth[rows], said[rows]))))


def test_micro_f1_adds_the_units_up():
    tables = np.array([[[5.0, 1.0], [2.0, 3.0]], [[8.0, 0.0], [1.0, 2.0]]])
    assert float(confusion.micro_f1(tables)) == pytest.approx(2 * 5 / (2 * 5 + 1 + 3))


def test_units_weighted_by_their_positives_are_scikit_learns():
    generator = np.random.default_rng(3)
    truth, said = generator.integers(0, 2, size=(2, 50, 4))
    tables = np.stack([confusion.table_of(truth[:, u], said[:, u], 2) for u in range(4)])
    expected = metrics.f1_score(truth, said, average="weighted", zero_division=0)
    assert float(confusion.weighted_unit_f1(tables)) == pytest.approx(expected)
