"""Which epoch of a fit is kept, and what its curves say."""

import dataclasses
import threading

import numpy as np
import pytest
from sklearn.metrics import f1_score

from annotations.facs.picture_quality import Quality
from inference.ml.features import Features
from training.ml.config import TrainingConfig
from training.ml.dense_heads import DenseHeads
from training.ml.heads import build_heads
from training.ml.losses import Loss
from training.ml.side_by_side import SideBySide
from training.ml.trainer import Pace, Trainer

CONFIG = TrainingConfig(dense_units=4, geometry_units=2, input_dropout=0.0, dropout=0.0)


@dataclasses.dataclass
class Lessons:
    """Lessons that spoil a network: they say the opposite of validation."""

    steps = 1

    def epoch(self, number):
        return self._batch(0)

    def validation(self):
        return self._batch(1)

    def _batch(self, first):
        emotion = np.eye(3, dtype=np.float32)[[first, 2]]
        units = np.full((2, 15), float(first), dtype=np.float32)
        weights = {"emotion": np.ones(2, dtype=np.float32)}
        loss = Loss.of(
            ({"emotion": emotion, "action_units": units}, weights),
            np.ones(15, dtype=np.float32),
            CONFIG,
        )
        widths = {"appearance": 4, "geometry": 3}
        return [
            ({name: np.eye(2, width, dtype=np.float32) for name, width in widths.items()}, loss)
        ]


@pytest.fixture(scope="module")
def network():
    draw = np.random.default_rng(0)
    features = Features(
        draw.random((5, 4)).astype(np.float32),
        draw.random((5, 3)).astype(np.float32),
        np.ones((5, 1), dtype=np.float32),
        (Quality.GOOD,) * 5,
        (None,) * 5,
    )
    return build_heads(CONFIG, features)


@pytest.mark.parametrize(("warm_up", "kept"), [(0, None), (1, 2), (3, 4)])
def test_no_epoch_of_the_warm_up_is_kept(network, warm_up, kept):
    """The loss only grows here, so the first that may be kept is; without a warm-up the start."""
    heads, seen = DenseHeads(network), []
    before = heads.values.copy()
    pace = Pace(9, 2, lambda _: 0.05, warm_up)
    trainer = Trainer(CONFIG, heads, pace, np.random.default_rng(0))
    history = trainer.fit(Lessons(), lambda *_: seen.append(heads.values.copy()))
    assert np.all(np.diff(history["val_loss"]) > 0)
    assert len(seen) == (kept or 0) + 2  # patience
    np.testing.assert_array_equal(heads.values, before if kept is None else seen[kept - 1])


def test_f1_of_units_equals_scikit_learns_over_those_that_are_coded(network):
    draw = np.random.default_rng(0)
    units = draw.integers(-1, 2, (50, 15)).astype(np.float32)
    said = draw.random((50, 15)).astype(np.float32)
    truth = {"emotion": np.eye(3, dtype=np.float32)[draw.integers(0, 3, 50)], "action_units": units}
    weights = {"emotion": np.ones(50, dtype=np.float32)}
    loss = Loss.of((truth, weights), np.ones(15, dtype=np.float32), CONFIG)
    sums = sum(
        loss[rows].sums(truth["emotion"][rows], said[rows]) for rows in (slice(20), slice(20, 50))
    )
    coded = units >= 0
    assert sums[4] / (sums[4] + sums[5]) == pytest.approx(
        f1_score(units[coded] == 1, said[coded] >= 0.5)
    )


def test_fits_side_by_side_are_heard_in_order_and_stop_with_who_listens():
    told, both = [], threading.Barrier(2, timeout=60)

    def work(name, tell):
        both.wait()  # neither could pass alone
        for epoch in (1, 2):
            tell(epoch, {"loss": epoch})
        return name

    with SideBySide(2) as side:
        fits = [side.begin(lambda tell, name=name: work(name, tell)) for name in "ab"]
        heard = [fit.heard(lambda epoch, losses: told.append(epoch)) for fit in fits]
    assert (heard, told) == (["a", "b"], [1, 2, 1, 2])

    def endless(tell):
        while True:
            tell(1, {})

    with pytest.raises(KeyError), SideBySide(1) as side:
        side.begin(endless).heard(lambda *_: {}["stop"])
