"""A small but real training: learns, is deterministic, can be stopped, writes what loads."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from annotations.facs import MODEL_ACTION_UNITS
from inference.ml.artifact import load_manifest
from inference.ml.artifact_files import ArtifactError
from inference.ml.explain import explain
from inference.ml.predictor import Predictor
from inference.ml.trunk import tap_names
from training.ml import ensemble
from training.ml.checkpoints import Keeping
from training.ml.config import ConfigError, TrainingConfig
from training.ml.extraction import TrunkFiles
from training.ml.metrics import Metrics
from training.ml.mixture import plain_mixture
from training.ml.progress import Cancelled, Watch
from training.ml.recipes import RECIPES
from training.ml.train import train

CONFIG = TrainingConfig(
    input_size=64, augmented_copies=1, max_epochs=15, dense_units=16, batch_size=16, folds=3
)


@pytest.fixture(scope="module")
def run(samples, vgg16_weights, prior_weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")

    def start(
        name="models", on_progress=lambda progress: None, should_cancel=lambda: False,
        config=CONFIG, checkpoints=None,
    ):  # fmt: skip
        return train(
            config,
            samples,
            TrunkFiles(vgg16_weights, folder / "features", prior_weights),
            models_root=folder / name,
            watch=Watch(on_progress, should_cancel),
            keeping=Keeping(folder / checkpoints if checkpoints else None),
        )

    start.folder = folder
    return start


@pytest.fixture(scope="module")
def told():
    """The progress of the training of `result`."""
    return []


@pytest.fixture(scope="module")
def result(run, told):
    return run(on_progress=told.append)


def test_it_learns_what_is_plain_to_see(result):
    assert result.metrics.test.emotion.accuracy > 0.9
    stored = result.metrics.to_json()
    assert json.loads(json.dumps(stored)) == stored
    assert Metrics.from_json(stored) == result.metrics


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


def test_what_a_training_kept_of_a_picture_is_what_its_model_sees(run, result, samples, tmp_path):
    paths = [sample.path for sample in samples[:3]]
    digests = [sample.sha256 for sample in samples[:3]]
    fresh = Predictor.load(result.artifact_dir, tmp_path / "features")
    seen = fresh.features(paths, digests)
    keeping = Predictor.load(result.artifact_dir, run.folder / "features")
    kept = keeping.features([tmp_path / "gone.png"] * 3, digests)  # nobody looks again
    np.testing.assert_array_equal(kept.appearance, seen.appearance)
    # And the other way round: what a model keeps is what a training finds.
    taps = tap_names(RECIPES["default"].taps)
    for digest in digests:
        theirs, ours = (each.extractor.cache.read(digest, taps) for each in (keeping, fresh))
        for tap in taps:
            np.testing.assert_array_equal(theirs[tap], ours[tap])


def test_a_picture_of_the_training_is_answered_out_of_fold(result, samples):
    predictor = Predictor.load(result.artifact_dir)
    paths, digests = [samples[0].path], [samples[0].sha256]
    (known,) = predictor.predict(paths, sha256s=digests)
    (fresh,) = predictor.predict(paths)
    row = predictor.out_of_fold.rows()[samples[0].sha256]
    np.testing.assert_array_equal(
        list(known.au_probabilities.values()), predictor.out_of_fold.units[row]
    )
    assert known.au_probabilities != fresh.au_probabilities
    assert len(predictor.out_of_fold.sha256) == len(samples)


def test_it_tells_what_it_cannot_exclude_and_whether_a_face_is_like_those_it_knows(result, samples):
    predictor = Predictor.load(result.artifact_dir)
    digests = [sample.sha256 for sample in samples]
    features = predictor.features([sample.path for sample in samples])
    told = predictor.read(features, digests)
    # Each of twelve people shows every class: enough for sets, too few for a limit of 1 in 20.
    assert all(each.sets.coverage == 0.9 and each.emotion in each.sets.emotions for each in told)
    held = [s.emotion in each.sets.emotions for s, each in zip(samples, told, strict=True)]
    assert np.mean(held) >= 0.9
    assert predictor.distances(predictor.embeddings(features, digests), digests) is None
    assert result.metrics.promises.coverage == 0.9
    assert result.metrics.promises.alarm is None


def test_what_it_sees_of_a_training_face_is_shrunk_to_what_it_sees_of_others(result, samples):
    predictor = Predictor.load(result.artifact_dir)
    features = predictor.features([sample.path for sample in samples])
    known = predictor.embeddings(features, [sample.sha256 for sample in samples])
    fresh = predictor.embeddings(features, ["0" * 64] * len(samples))
    assert known.shape == fresh.shape
    within = known.shape[1] - 1
    assert within == min(16, len(samples) // 10)
    assert known[:, :within].astype(float).std(axis=0) == pytest.approx(np.ones(within), abs=0.01)
    assert (np.abs(known) <= np.abs(fresh))[:, :within].all()
    assert (known[:, within] > fresh[:, within]).all()  # more of a new face lies outside


def test_test_subjects_are_read_by_the_final_model(run, samples):
    config = dataclasses.replace(CONFIG, test_share=0.25)
    result = run("held-out", config=config)
    predictor = Predictor.load(result.artifact_dir)
    tested = [sample for sample in samples if result.split[sample.id] == "test"]
    assert 0 < len({sample.subject for sample in tested}) < 6
    assert not predictor.out_of_fold.rows().keys() & {sample.sha256 for sample in tested}
    predictions = predictor.predict([sample.path for sample in tested])
    assert result.metrics.test.emotion.accuracy == pytest.approx(
        np.mean([p.emotion == s.emotion for p, s in zip(predictions, tested, strict=True)])
    )
    assert not result.metrics.cross_validated


class Killed(BaseException):
    """What a test raises in place of a kill -9: nothing catches it."""


@pytest.mark.parametrize("epoch", [1, 20])
def test_a_killed_training_goes_on_to_the_same_weights(run, result, samples, epoch):
    """Killed in the first fold, when nothing is kept yet, and later.

    The former is a whole training, so the same again is the same network, too.
    """
    seen = []

    def kill(progress):
        seen.append(progress.epoch)
        if sum(number is not None for number in seen) == epoch:
            raise Killed

    with pytest.raises(Killed):
        run(f"killed-{epoch}", on_progress=kill, checkpoints=f"checkpoints-{epoch}")
    kept = list((run.folder / f"checkpoints-{epoch}").rglob("*.npz"))
    assert bool(kept) == (epoch > 15)

    told = []
    again = run(f"killed-{epoch}", on_progress=told.append, checkpoints=f"checkpoints-{epoch}")
    assert again.artifact_sha256 == result.artifact_sha256  # byte by byte: the same version
    first, second = (Predictor.load(r.artifact_dir) for r in (result, again))
    weights = [model.heads.graph.with_suffix(".bin").read_bytes() for model in (first, second)]
    assert weights[0] == weights[1]
    one, two = (p.predict([samples[0].path])[0] for p in (first, second))
    assert one.au_probabilities == pytest.approx(two.au_probabilities, abs=1e-5)
    epochs = sum(progress.epoch is not None and not progress.found for progress in told)
    assert epochs < 3 * CONFIG.max_epochs or not kept
    assert not list((run.folder / f"checkpoints-{epoch}").rglob("*.npz"))


@pytest.mark.usefixtures("result")
def test_progress_is_told_stage_by_stage(told):
    stages = list(dict.fromkeys(progress.stage for progress in told))
    folds = [f"fold {number} of 3" for number in (1, 2, 3)]
    rest = ["linear experts", "mixture", "int8", "evaluate", "artifact"]
    assert stages == ["features", "augmented features", *folds, *rest]
    curves = {"loss", "val_loss", "learning_rate", "val_emotion_accuracy", "val_action_units_f1"}
    assert any(curves <= progress.losses.keys() for progress in told)


def test_cancelling_leaves_no_model(run):
    epochs = []

    def note(progress):
        if progress.epoch is not None:
            epochs.append(progress.epoch)

    with pytest.raises(Cancelled):
        run("cancelled", on_progress=note, should_cancel=lambda: len(epochs) >= 2)
    assert len(epochs) == 2
    assert not list(run.folder.glob("cancelled/*"))


def test_a_changed_artefact_is_refused_and_one_of_before_is_read(result, samples, tmp_path):
    folder = shutil.copytree(result.artifact_dir, tmp_path / result.artifact_dir.name)
    manifest = folder / "manifest.json"
    whole = manifest.read_text()

    content = json.loads(whole)
    content["action_units"].reverse()
    manifest.write_text(json.dumps(content))
    with pytest.raises(ArtifactError, match="order"):
        load_manifest(folder)

    content = json.loads(whole)
    content["preprocessing_version"] -= 1
    manifest.write_text(json.dumps(content))
    with pytest.raises(ArtifactError, match=r"preprocessing.*Train again"):
        load_manifest(folder)

    manifest.write_text(whole[:100])
    with pytest.raises(ArtifactError, match="malformed"):
        load_manifest(folder)

    manifest.write_text(whole)
    with (folder / "network.keras").open("ab") as network:
        network.write(b"x")
    with pytest.raises(ArtifactError, match="changed"):
        load_manifest(folder)
    shutil.copy(result.artifact_dir / "network.keras", folder)

    shutil.copy(folder / "out_of_fold.npz", folder / "projection.npz")
    with pytest.raises(ArtifactError, match=r"projection\.npz was changed"):
        load_manifest(folder)

    # An artefact of before, which kept none.
    del (content := json.loads(whole))["projection_sha256"]
    manifest.write_text(json.dumps(content))
    (folder / "projection.npz").unlink()
    predictor = Predictor.load(folder)
    features = predictor.features([samples[0].path])
    assert predictor.embeddings(features, [samples[0].sha256]) is None
    assert predictor.read(features)

    manifest.unlink()
    with pytest.raises(ArtifactError, match=r"manifest\.json"):
        load_manifest(folder)


@pytest.fixture(scope="module")
def with_prior(run):
    """Every expert counts alike: what is chosen on these pictures leaves the prior out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ensemble, "choose_mixture", lambda said, *truth: plain_mixture(said.plain()))
        return run(name="with-prior", config=dataclasses.replace(CONFIG, prior="on"))


def test_a_model_with_the_prior_needs_nothing_but_its_artefact(with_prior, samples):
    """The prior is within the network, an expert of the mixture, and told in the manifest."""
    manifest = load_manifest(with_prior.artifact_dir)
    assert manifest.extra["mixture"]["emotion_weights"]["prior"] == 0.25
    assert "FER-2013" in manifest.extra["prior"]["licence"]
    predictor = Predictor.load(with_prior.artifact_dir)
    fresh = [sample.path.read_bytes() for sample in samples[:20]]
    told = predictor.predict(fresh)
    alone = [predictor.predict([source])[0] for source in fresh[:3]]
    for one, together in zip(alone, told, strict=False):
        assert one.au_probabilities == pytest.approx(together.au_probabilities, abs=1e-5)
        assert one.emotion_probabilities == pytest.approx(together.emotion_probabilities, abs=1e-5)
    assert predictor.features(fresh[:1]).prior.shape == (1, 7)
    assert explain(predictor, fresh[0], "au:12").prior_weight == 0.25


def test_a_model_without_the_prior_is_held_against_it_and_holds_none(result, samples):
    beside = result.metrics.yardstick.readers
    assert beside["prior"].accuracy_gain.low > 0  # noise in colours: the prior sees nothing in it
    assert beside["majority"].accuracy.value == pytest.approx(1 / 3)
    manifest = load_manifest(result.artifact_dir)
    assert "prior" not in manifest.extra
    assert "prior" not in manifest.extra["mixture"]["emotion_weights"]
    predictor = Predictor.load(result.artifact_dir)
    assert predictor.extractor.prior is None
    assert predictor.features([samples[0].path]).prior is None


def test_the_prior_on_without_its_weights_is_refused(samples, vgg16_weights, tmp_path):
    with pytest.raises(ConfigError, match="make weights"):
        train(
            dataclasses.replace(CONFIG, prior="on"),
            samples,
            TrunkFiles(vgg16_weights, tmp_path),
            models_root=tmp_path,
            watch=Watch(),
        )
