"""Figures against numbers worked out by hand."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.facs.picture_quality import Quality
from inference.ml.predictions import Prediction
from training.ml.compare_recipes import absent_classes, measure
from training.ml.dataset import NothingToLearn, Sample, check_learnable
from training.ml.evaluate import evaluate, figures


def pair(number, truth, predicted, *, au12=False, says12=False, subject=None, gender="female"):
    present = dict.fromkeys(MODEL_ACTION_UNITS, False)
    sample = Sample(
        number, None, str(number), subject or f"S{number:03d}", truth, present | {12: au12},
        {"gender": gender},
    )  # fmt: skip
    said = dict.fromkeys(MODEL_ACTION_UNITS, False) | {12: says12}
    chances = {au: float(present) for au, present in said.items()}
    return sample, Prediction(predicted, {}, chances, said, Quality.GOOD)


def test_emotion_figures():
    pairs = [
        pair(0, "negative", "negative"),
        pair(1, "negative", "negative"),
        pair(2, "negative", "positive"),
        pair(3, "positive", "positive"),
        pair(4, None, "surprise"),  # not coded: counts nowhere
    ]
    got = figures(pairs).emotion
    assert got.accuracy == 0.75
    assert got.majority_accuracy == 0.75
    assert got.confusion_matrix == ((2, 1, 0), (0, 1, 0), (0, 0, 0))
    assert got.per_class["negative"].f1 == pytest.approx(0.8)
    assert got.per_class["positive"].f1 == pytest.approx(2 / 3)
    # Surprise is neither among the truths nor read where there is one: no part of the mean.
    assert got.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)


def test_rare_units_are_named_and_not_counted():
    pairs = [pair(n, "negative", "negative", au12=n < 5, says12=n < 4) for n in range(20)]
    got = figures(pairs).action_units
    assert 12 not in got.left_out
    assert len(got.left_out) == 14
    assert got.per_au[12].f1 == pytest.approx(8 / 9)
    assert got.macro_f1 == pytest.approx(8 / 9)
    fewer = figures(pairs[1:]).action_units
    assert 12 in fewer.left_out
    assert fewer.macro_f1 is None


def test_faces_without_labels_give_no_figures():
    sample, prediction = pair(0, None, "negative")
    bare = Sample(0, None, "0", "S000", None, None)
    assert figures([(sample, prediction)]).emotion is None
    assert figures([(bare, prediction)]).action_units is None


def test_a_group_served_less_well_is_flagged_and_a_small_one_named():
    pairs = []
    for number in range(80):
        woman = number < 40
        predicted = "negative" if woman or number % 4 == 0 else "positive"
        gender = "female" if woman else "male"
        pairs.append(pair(number, "negative", predicted, subject=f"S{number // 2}", gender=gender))
    pairs.append(pair(99, "negative", "negative", gender="other"))
    samples, predictions = zip(*pairs, strict=True)
    result, _ = evaluate(samples, predictions, {sample.id: "test" for sample in samples})
    bias = [flag for flag in result.flags if flag.kind == "bias"]
    assert [flag.subject for flag in bias] == ["male"]
    assert "25%" in bias[0].message
    small = [flag for flag in result.flags if flag.kind == "sample_size"]
    assert "gender other (1 face of 1 subject)" in small[0].message


#: Pairs of (truth, prediction); few and of few classes, so that some are often absent.
LABELS = st.lists(
    st.sampled_from(EMOTIONS), min_size=1, max_size=3, unique=True
).flatmap(
    lambda true: st.lists(
        st.tuples(st.sampled_from(true), st.sampled_from(EMOTIONS)), min_size=1, max_size=12
    )
)  # fmt: skip


@settings(deadline=None, max_examples=25)
@given(labels=LABELS, units=st.lists(st.tuples(st.booleans(), st.booleans()), max_size=12))
def test_every_figure_is_scikit_learns_whatever_class_is_absent(labels, units):
    units = [*units, *[(False, False)] * len(labels)][: len(labels)]
    pairs = [
        pair(n, truth, said, au12=unit[0], says12=unit[1])
        for n, ((truth, said), unit) in enumerate(zip(labels, units, strict=True))
    ]
    truth, said = map(list, zip(*labels, strict=True))
    found = figures(pairs)
    got, unit = found.emotion, found.action_units.per_au[12]
    assert got.macro_f1 == pytest.approx(
        metrics.f1_score(truth, said, average="macro", zero_division=0)
    )
    assert got.accuracy == pytest.approx(metrics.accuracy_score(truth, said))
    recalls = metrics.recall_score(
        truth, said, average="macro", labels=sorted(set(truth)), zero_division=0
    )
    assert got.balanced_accuracy == pytest.approx(recalls)
    assert list(got.absent.truth) == [name for name in EMOTIONS if name not in truth]
    assert list(got.absent.predictions) == [name for name in EMOTIONS if name not in said]
    true12, said12 = map(list, zip(*units, strict=True))
    assert unit.f1 == pytest.approx(metrics.f1_score(true12, said12, zero_division=0))


@settings(deadline=None, max_examples=20)
@given(labels=LABELS)
def test_comparisons_are_scikit_learns_too_on_all_faces_and_on_each_draw(labels):
    pairs = [pair(n, truth, said) for n, (truth, said) in enumerate(labels)]
    samples, predictions = map(list, zip(*pairs, strict=True))
    truth, said = map(np.array, zip(*labels, strict=True))
    measured = measure(samples, [predictions])
    macro = metrics.f1_score(truth, said, average="macro", zero_division=0)
    assert measured.point["emotion macro F1"] == pytest.approx(macro)
    assert measured.point["emotion accuracy"] == pytest.approx((truth == said).mean())
    weights = np.random.default_rng(0).multinomial(
        len(samples), np.full(len(samples), 1 / len(samples)), size=2000
    )
    for draw in range(5):
        order = sorted(range(len(samples)), key=lambda n: samples[n].subject)
        rows = np.repeat(order, weights[draw])
        expected = metrics.f1_score(truth[rows], said[rows], average="macro", zero_division=0)
        assert measured.draws["emotion macro F1"][draw] == pytest.approx(expected)
    absent = absent_classes(samples, [predictions])
    assert absent == figures(pairs).emotion.absent


def test_a_class_that_is_read_but_never_true_counts_nought_in_macro_f1():
    pairs = [pair(0, "negative", "negative"), pair(1, "negative", "surprise")]
    got = figures(pairs).emotion
    assert got.macro_f1 == pytest.approx((2 / 3 + 0) / 2)
    assert got.absent.truth == ("positive", "surprise")
    assert got.absent.predictions == ("positive",)


def test_absent_classes_and_a_single_class_are_flagged_by_name():
    pairs = [pair(n, "negative", "surprise" if n else "negative") for n in range(6)]
    samples, predictions = zip(*pairs, strict=True)
    result, _ = evaluate(samples, predictions, {sample.id: "test" for sample in samples})
    told = [flag.message for flag in result.flags if flag.kind == "absent"]
    assert told[0].startswith("Every labelled face is negative")
    assert "No face is labelled positive, so it can't be judged" in told[1]
    assert "No face is labelled surprise, but the model answers it" in told[2]


def test_labels_that_all_say_the_same_are_refused_in_words():
    one_class = [pair(n, "negative", "negative")[0] for n in range(6)]
    with pytest.raises(NothingToLearn, match="Label faces that differ"):
        check_learnable(one_class)
    check_learnable([*one_class, pair(7, "positive", "negative")[0]])
    check_learnable([*one_class, pair(7, "negative", "negative", au12=True)[0]])


def test_a_unit_that_is_read_worse_than_by_a_constant_is_flagged():
    """AU12 is on half of the faces and found on one in ten of them: F1 0.18 against 0.67."""
    pairs = [
        pair(n, "negative", "negative", au12=n % 2 == 0, says12=n % 20 == 0, subject=f"S{n % 20}")
        for n in range(100)
    ]
    samples, predictions = zip(*pairs, strict=True)
    split = {sample.id: "test" for sample in samples}
    (flag,) = [
        f for f in evaluate(samples, predictions, split)[0].flags if f.kind == "below_baseline"
    ]
    assert flag.subject == "AU12"
    assert "against 0.67" in flag.message
    found = [dataclasses.replace(p, au_present=s.action_units) for s, p in pairs]
    flags = evaluate(samples, found, split)[0].flags
    assert not [flag for flag in flags if flag.kind == "below_baseline"]
