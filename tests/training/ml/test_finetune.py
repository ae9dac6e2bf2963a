"""Fine-tuned blocks start as good as frozen ones, and the artefact carries them."""

import dataclasses
import shutil

import numpy as np
import pytest

from inference.ml.experts import Expert, mixture_weights
from inference.ml.predictor import Predictor
from training.ml import ensemble, mixture
from training.ml.config import ConfigError, TrainingConfig
from training.ml.extraction import TrunkFiles
from training.ml.progress import Watch
from training.ml.train import train

CONFIG = TrainingConfig(
    input_size=64, augmented_copies=1, max_epochs=3, dense_units=8, folds=3,
    fine_tune="block5", fine_tune_epochs=2, test_share=0.25,
)  # fmt: skip


@pytest.fixture(scope="module")
def samples(samples):
    """Six subjects: convolutions are slow."""
    return samples[:18]


@pytest.fixture(scope="module")
def run(samples, vgg16_weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tuning")

    def start(config=CONFIG, on_progress=lambda progress: None, checkpoints="checkpoints"):
        return train(
            config, samples, TrunkFiles(vgg16_weights, folder / "features"),
            models_root=folder / "models", watch=Watch(on_progress),
            checkpoint_root=folder / checkpoints,
        )  # fmt: skip

    start.folder = folder
    return start


class Killed(BaseException):
    pass


@pytest.fixture(scope="module")
def killed(run):
    """The folder of what a training leaves that is killed between the folds of its tuning."""

    def kill(progress):
        if progress.stage == "tuning 2 of 3" and progress.epoch:
            raise Killed

    with pytest.raises(Killed):
        run(on_progress=kill, checkpoints="killed")
    return run.folder / "killed"


@pytest.fixture
def prefer_tuned(monkeypatch):
    _prefer_tuned(monkeypatch)


def _prefer_tuned(monkeypatch):
    """The colour patches are too easy for the mixture to need a fourth expert."""
    chosen = ensemble.choose_mixture

    def choose(experts, emotions, units):
        weights = {name: float(name == Expert.TUNED) for name in experts}
        return dataclasses.replace(
            chosen(experts, emotions, units), emotion_weights=weights, unit_weights=weights
        )

    monkeypatch.setattr(ensemble, "choose_mixture", choose)


@pytest.fixture(scope="module")
def tuned(run):
    """`tuned(block)`: the training that prefers that block, and its stages; each is run once."""
    done = {}

    def get(block):
        if block not in done:
            stages = []
            with pytest.MonkeyPatch.context() as monkeypatch:
                _prefer_tuned(monkeypatch)
                config = dataclasses.replace(CONFIG, fine_tune=block)
                done[block] = run(config, lambda p: stages.append(p.stage)), stages
        return done[block]

    return get


def test_blocks_that_nobody_prefers_are_left_behind(run, killed, monkeypatch):
    shutil.copytree(killed, run.folder / "left")
    monkeypatch.setattr(mixture.Mixture, "leaves_out", lambda self, expert: True)
    result = run(checkpoints="left")
    predictor = Predictor.load(result.artifact_dir)
    weights = mixture_weights(predictor.manifest.extra, "emotion")
    assert list(weights) == ["appearance", "dense", "landmarks"]  # as the JSON sorts them
    assert "tuned" not in predictor.heads.input


@pytest.mark.parametrize("block", ["block5", "block4"])
def test_artefact_reads_test_faces_as_the_training_did(tuned, samples, block):
    result, stages = tuned(block)
    assert {"maps", "tuning 1 of 3", "tuning 3 of 3"} <= set(stages)
    predictor = Predictor.load(result.artifact_dir)
    tested = [sample for sample in samples if result.split[sample.id] == "test"]
    predictions = predictor.predict([sample.path for sample in tested])
    assert result.metrics.test.emotion.accuracy == pytest.approx(
        np.mean([p.emotion == s.emotion for p, s in zip(predictions, tested, strict=True)])
    )
    features = predictor.features([tested[0].path])
    assert features.tuned.shape == (1, 18)
    assert features.tuned[0, :3].sum() == pytest.approx(1, abs=0.01)


@pytest.mark.usefixtures("prefer_tuned")
def test_killed_between_folds_it_goes_on_to_the_same_weights(run, tuned, killed):
    whole, _ = tuned("block5")
    shutil.copytree(killed, run.folder / "resumed")
    stages = []

    def hear(progress):
        if not progress.found:  # what a checkpoint holds is told too
            stages.append((progress.stage, progress.epoch))

    again = run(on_progress=hear, checkpoints="resumed")
    assert ("tuning 1 of 3", 1) not in stages
    assert ("tuning 2 of 3", 1) in stages
    one, two = (
        [*p.extractor.trunk.get_weights(), *p.heads.get_weights()]
        for p in (Predictor.load(r.artifact_dir) for r in (whole, again))
    )
    for first, second in zip(one, two, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    "values",
    [{"fine_tune": "block9"}, {"fine_tune": "block5", "recipe": "published"},
     {"fine_tune": "block5", "trunk": "resnet50"}],
)  # fmt: skip
def test_what_cannot_be_tuned_is_refused(values):
    with pytest.raises(ConfigError, match="fine_tune"):
        TrainingConfig.from_json(values)
