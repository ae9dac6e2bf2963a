"""Folds that another worker fits: the model is the same, whoever fits what, and whoever is gone."""

from __future__ import annotations

import pytest

from tests.training.ml.test_train import CONFIG
from training.ml.checkpoints import Keeping
from training.ml.extraction import TrunkFiles
from training.ml.help_to_train import help_to_train
from training.ml.progress import Watch
from training.ml.train import train

FOLDS = [f"fold {number} of 3" for number in (1, 2, 3)]


class Shared:
    """What two workers share, as one of them sees it; claims are kept as long as they are asked."""

    def __init__(self, who: str, claims: dict[str, str], kept: dict[str, bytes]) -> None:
        self.who, self.claims, self.kept = who, claims, kept
        self.asked = 0
        #: How often a claim of somebody who is gone is seen before it lapses.
        self.lapses_after = 3

    def ask(self) -> None:
        self.asked += 1

    def take(self, name: str) -> bool:
        return self.claims.setdefault(name, self.who) == self.who

    def is_taken(self, name: str) -> bool:
        if self.claims.get(name, self.who) == self.who:
            return False
        self.lapses_after -= 1
        if not self.lapses_after:
            del self.claims[name]
        return bool(self.lapses_after)

    def release(self, name: str) -> None:
        self.claims.pop(name, None)

    def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def put(self, name: str, data: bytes) -> None:
        self.kept[name] = data

    def clear(self) -> None:
        self.kept.clear()


@pytest.fixture(scope="module")
def features(tmp_path_factory):
    return tmp_path_factory.mktemp("features")


@pytest.fixture(scope="module")
def start(samples, vgg16_weights, prior_weights, features):
    """Train on a machine of its own; returns the version's sha256 and what was told."""

    def started(folder, shared=None):
        told = []
        result = train(
            CONFIG,
            samples,
            TrunkFiles(vgg16_weights, features, prior_weights),
            models_root=folder / "models",
            watch=Watch(told.append),
            keeping=Keeping(folder / "checkpoints", shared and (lambda name: shared)),
        )
        return result.artifact_sha256, told

    return started


@pytest.fixture(scope="module")
def alone(start, tmp_path_factory):
    return start(tmp_path_factory.mktemp("alone"))[0]


def found(told) -> set[str]:
    return {each.stage for each in told if each.found}


def test_what_helpers_have_fitted_is_taken_in(
    alone, start, samples, vgg16_weights, prior_weights, features, tmp_path
):
    claims, kept = {}, {}
    helper = Shared("a helper", claims, kept)
    files = TrunkFiles(vgg16_weights, features, prior_weights)
    beside = Keeping(tmp_path / "helper", lambda name: helper)
    assert help_to_train(CONFIG, samples, files, watch=Watch(), keeping=beside)
    assert (sorted(kept), claims) == (FOLDS, {})
    assert start(tmp_path, leader := Shared("leader", claims, kept))[0] == alone
    assert (leader.asked, kept) == (0, {}), "nothing was left to ask for, and nothing stays"


def test_the_folds_of_another_training_are_left_alone(samples, vgg16_weights, features, tmp_path):
    files = TrunkFiles(vgg16_weights, features)
    beside = Keeping(tmp_path, lambda name: None)
    assert not help_to_train(CONFIG, samples, files, watch=Watch(), keeping=beside)
    assert not [*tmp_path.iterdir()]


def test_some_are_fitted_here_and_some_elsewhere(alone, start, tmp_path):
    whole: dict[str, bytes] = {}

    class Keeps(Shared):
        def clear(self) -> None:
            whole.update(self.kept)

    start(tmp_path / "first", Keeps("leader", {}, {}))
    assert sorted(whole) == FOLDS

    class Comes(Shared):
        """The other worker keeps its fold while it is waited for."""

        def is_taken(self, name: str) -> bool:
            self.kept[name] = whole[name]
            return super().is_taken(name)

    shared = Comes("leader", {FOLDS[2]: "a helper"}, {})
    sha256, told = start(tmp_path / "second", shared)
    assert (sha256, found(told), shared.asked) == (alone, {FOLDS[2]}, 1)


def test_the_fold_of_a_helper_that_is_gone_is_fitted_here(alone, start, tmp_path):
    shared = Shared("leader", {FOLDS[1]: "a helper"}, {})
    sha256, told = start(tmp_path, shared)
    assert (sha256, found(told)) == (alone, set())
    assert shared.lapses_after == 0
