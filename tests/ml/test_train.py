"""A small but real training: learns, is deterministic, can be stopped, writes what loads."""

import json

import numpy as np
import pytest

from annotations.facs import MODEL_ACTION_UNITS
from inference.ml.artifact import ArtifactError, load_manifest
from inference.ml.predictor import Predictor
from training.ml.config import TrainingConfig
from training.ml.progress import Cancelled
from training.ml.train import train

CONFIG = TrainingConfig(
    input_size=64, augmented_copies=1, max_epochs=15, dense_units=16, batch_size=16
)


@pytest.fixture(scope="module")
def run(samples, vgg16_weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")

    def start(name="models", on_progress=lambda progress: None, should_cancel=lambda: False):
        return train(
            CONFIG,
            samples,
            weights=vgg16_weights,
            cache_dir=folder / "features",
            models_root=folder / name,
            on_progress=on_progress,
            should_cancel=should_cancel,
        )

    start.folder = folder
    return start


@pytest.fixture(scope="module")
def result(run):
    return run()


def test_it_learns_what_is_plain_to_see(result):
    test = result.metrics["test"]
    assert test["emotion"]["accuracy"] > 0.9
    assert json.loads(json.dumps(result.metrics)) == result.metrics


def test_the_artefact_alone_predicts_the_same(result, samples):
    predictor = Predictor.load(result.artifact_dir)
    paths = [sample.path for sample in samples[:9]]
    batch = predictor.predict(paths)
    for path, together in zip(paths, batch, strict=True):
        (alone,) = predictor.predict([path])
        assert alone.emotion == together.emotion
        np.testing.assert_allclose(
            list(alone.au_probabilities.values()),
            list(together.au_probabilities.values()),
            atol=1e-5,
        )
    right = [p.emotion == s.emotion for p, s in zip(batch, samples, strict=False)]
    assert sum(right) >= 8
    assert tuple(batch[0].au_present) == MODEL_ACTION_UNITS


def test_the_same_again_is_the_same_network(run, result, samples):
    again = Predictor.load(run("again").artifact_dir)
    first = Predictor.load(result.artifact_dir)
    one, two = (p.predict([samples[0].path])[0] for p in (first, again))
    assert one.au_probabilities == pytest.approx(two.au_probabilities, abs=1e-5)


def test_progress_is_told_stage_by_stage(run):
    told = []
    run("told", on_progress=told.append)
    stages = list(dict.fromkeys(progress.stage for progress in told))
    assert stages == ["features", "augmented features", "heads", "evaluate", "artifact"]
    assert any("val_loss" in progress.losses for progress in told)


def test_cancelling_leaves_no_model(run):
    epochs = []

    def note(progress):
        if progress.stage == "heads":
            epochs.append(progress.epoch)

    with pytest.raises(Cancelled):
        run("cancelled", on_progress=note, should_cancel=lambda: len(epochs) >= 2)
    assert len(epochs) == 2
    assert not list(run.folder.glob("cancelled/*"))


def test_a_changed_artefact_is_refused(run):
    folder = run("changed").artifact_dir
    manifest = folder / "manifest.json"
    whole = manifest.read_text()

    content = json.loads(whole)
    content["action_units"].reverse()
    manifest.write_text(json.dumps(content))
    with pytest.raises(ArtifactError, match="order"):
        load_manifest(folder)

    manifest.write_text(whole[:100])
    with pytest.raises(ArtifactError, match="malformed"):
        load_manifest(folder)

    manifest.write_text(whole)
    with (folder / "network.keras").open("ab") as network:
        network.write(b"x")
    with pytest.raises(ArtifactError, match="changed"):
        load_manifest(folder)

    manifest.unlink()
    with pytest.raises(ArtifactError, match=r"manifest\.json"):
        load_manifest(folder)
