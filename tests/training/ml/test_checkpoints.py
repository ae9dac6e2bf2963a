"""What was fitted is found again, by the same training only, and not for ever."""

import os
import time

import numpy as np
import pytest

from training.ml.checkpoints import Checkpoints, Keeping

WEIGHTS = [np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(3, np.float32)]
HISTORY = {"loss": [1.0, 0.5]}


def test_weights_and_losses_come_back(tmp_path):
    Checkpoints(Keeping(tmp_path), "data", 1).save("fold 1 of 5", WEIGHTS, HISTORY)
    weights, history = Checkpoints(Keeping(tmp_path), "data", 1).load("fold 1 of 5")
    assert history == HISTORY
    for got, saved in zip(weights, WEIGHTS, strict=True):
        np.testing.assert_array_equal(got, saved)


def test_another_training_finds_nothing(tmp_path):
    Checkpoints(Keeping(tmp_path), "data", 1).save("fold 1 of 5", WEIGHTS, HISTORY)
    assert Checkpoints(Keeping(tmp_path), "data", 2).load("fold 1 of 5") is None
    assert Checkpoints(Keeping(tmp_path), "data", 1).load("fold 2 of 5") is None


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip file at all"])
def test_a_damaged_file_counts_for_nothing(tmp_path, content):
    kept = Checkpoints(Keeping(tmp_path), "data")
    kept.save("fold 1 of 5", WEIGHTS, HISTORY)
    (kept.folder / "fold 1 of 5.npz").write_bytes(content)
    assert kept.load("fold 1 of 5") is None


def test_old_ones_are_forgotten(tmp_path):
    old, new = Checkpoints(Keeping(tmp_path), "old"), Checkpoints(Keeping(tmp_path), "new")
    for kept in (old, new):
        kept.save("fold 1 of 5", WEIGHTS, HISTORY)
    long_ago = time.time() - 30 * 24 * 3600
    os.utime(old.folder, (long_ago, long_ago))
    Checkpoints.forget_old(tmp_path)
    assert old.load("fold 1 of 5") is None
    assert new.load("fold 1 of 5") is not None


def test_without_a_place_nothing_is_kept():
    kept = Checkpoints(Keeping(), "data")
    kept.save("fold 1 of 5", WEIGHTS, HISTORY)
    assert kept.load("fold 1 of 5") is None
