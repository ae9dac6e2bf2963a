"""Nobody is in two splits."""

from collections import defaultdict
from dataclasses import replace

import pytest

from training.ml.split import SplitError, split_by_subject


def test_no_subject_is_in_two_splits(samples):
    split = split_by_subject(samples, seed=1)
    seen = defaultdict(set)
    for sample in samples:
        seen[sample.subject].add(split[sample.id])
    assert all(len(splits) == 1 for splits in seen.values())
    assert set(split.values()) == {"train", "validation", "test"}


def test_the_seed_decides(samples):
    assert split_by_subject(samples, seed=1) == split_by_subject(samples, seed=1)
    assert split_by_subject(samples, seed=1) != split_by_subject(samples, seed=2)


def test_a_lumpy_label_is_spread(samples):
    """Surprise on every fourth subject only: each split still gets some."""
    lumpy = [
        replace(s, emotion="surprise" if int(s.subject[1:]) % 4 == 0 else "negative")
        for s in samples
    ]
    split = split_by_subject(lumpy, seed=0)
    assert {split[s.id] for s in lumpy if s.emotion == "surprise"} == set(split.values())


def test_too_few_subjects_are_refused(samples):
    with pytest.raises(SplitError, match="2 subjects"):
        split_by_subject([s for s in samples if s.subject in {"S000", "S001"}])


def test_a_class_missing_from_training_is_named(samples):
    """Three subjects, a class each: whoever trains, the others' classes are missing."""
    classes = {"S000": "negative", "S001": "positive", "S002": "surprise"}
    few = [replace(s, emotion=classes[s.subject]) for s in samples if s.subject in classes]
    with pytest.raises(SplitError, match="No training subject shows"):
        split_by_subject(few)
