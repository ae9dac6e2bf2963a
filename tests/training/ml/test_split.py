"""Nobody is in two folds, nor in the test set and a fold."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from training.ml.dataset import Sample
from training.ml.split import SplitError, folds_by_subject, hold_out, rotations


@st.composite
def labelled_faces(draw) -> list[Sample]:
    """Of 4 to 12 subjects with 1 to 6 faces each; anything may be coded or not."""
    faces = []
    for subject in range(draw(st.integers(4, 12))):
        for _ in range(draw(st.integers(1, 6))):
            units = draw(st.none() | st.sets(st.sampled_from(MODEL_ACTION_UNITS)))
            present = None if units is None else {au: au in units for au in MODEL_ACTION_UNITS}
            emotion = draw(st.none() | st.sampled_from(EMOTIONS))
            faces.append(Sample(len(faces), Path("x.png"), "", f"S{subject:03d}", emotion, present))
    return draw(st.permutations(faces))


def parts_of_subjects(samples, parts):
    seen = {}
    for sample, part in zip(samples, parts.tolist(), strict=True):
        seen.setdefault(sample.subject, set()).add(part)
    return seen


@settings(max_examples=40, deadline=None)
@given(samples=labelled_faces(), folds=st.integers(3, 4), seed=st.integers(0, 1000))
def test_no_subject_is_in_two_folds(samples, folds, seed):
    fold_of = folds_by_subject(samples, folds, seed)
    assert all(len(parts) == 1 for parts in parts_of_subjects(samples, fold_of).values())
    assert set(fold_of.tolist()) == set(range(folds))


@settings(max_examples=40, deadline=None)
@given(samples=labelled_faces(), share=st.floats(0.05, 0.5), seed=st.integers(0, 1000))
def test_no_subject_is_in_the_test_and_a_fold(samples, share, seed):
    held_out = hold_out(samples, share, seed)
    parts = parts_of_subjects(samples, held_out)
    assert all(len(part) == 1 for part in parts.values())
    left = sum(part == {False} for part in parts.values())
    assert 3 <= left < len(parts)  # three folds can be made of the rest


@settings(max_examples=10, deadline=None)
@given(samples=labelled_faces(), folds=st.integers(3, 4), seed=st.integers(0, 1000))
def test_who_is_read_neither_teaches_nor_stops(samples, folds, seed):
    fold_of = folds_by_subject(samples, folds, seed)
    for number, fold in enumerate(rotations(samples, fold_of, seed)):
        rows = np.concatenate([fold.fit, fold.stop, fold.read])
        assert sorted(rows) == list(range(len(samples)))
        people = [
            {samples[row].subject for row in part} for part in (fold.fit, fold.stop, fold.read)
        ]
        assert all(people)
        assert sum(map(len, people)) == len(set.union(*people))
        assert set(fold_of[fold.read]) == {number}


def test_most_of_the_others_teach():
    faces = [
        Sample(i, Path("x.png"), "", f"S{i // 2:03d}", EMOTIONS[i % 3], None) for i in range(240)
    ]
    for fold in rotations(faces, folds_by_subject(faces, 5)):
        assert (len(fold.fit), len(fold.stop), len(fold.read)) == (168, 24, 48)


def test_folds_have_like_shares_of_each_emotion(samples):
    fold_of = folds_by_subject(samples, 4)
    for fold in range(4):
        inside = [s.emotion for s, part in zip(samples, fold_of, strict=True) if part == fold]
        assert all(inside.count(emotion) == len(inside) / 3 for emotion in EMOTIONS)


def test_a_lumpy_label_is_spread(samples):
    """Surprise on every fourth subject only: each fold still gets some."""
    lumpy = [
        replace(s, emotion="surprise" if int(s.subject[1:]) % 4 == 0 else "negative")
        for s in samples
    ]
    fold_of = folds_by_subject(lumpy, 3)
    assert {f for s, f in zip(lumpy, fold_of, strict=True) if s.emotion == "surprise"} == {0, 1, 2}


def test_the_seed_decides(samples):
    same = [hold_out(samples, 0.3, seed=3) for _ in range(2)]
    np.testing.assert_array_equal(*same)
    assert any((hold_out(samples, 0.3, seed=s) != same[0]).any() for s in range(4, 9))


def test_a_share_of_nothing_holds_nothing_out(samples):
    assert not hold_out(samples, 0.0).any()


def test_too_few_subjects_are_refused(samples):
    with pytest.raises(SplitError, match="at least 3"):
        folds_by_subject(samples[:6], 3)
    with pytest.raises(SplitError, match="at least 4"):
        hold_out(samples[:9], 0.2)
