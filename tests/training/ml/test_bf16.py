"""bf16: what learns from it is asked in it, and in fp32 where a processor hasn't got it."""

import dataclasses

import numpy as np
import pytest

from inference.ml import predictor_parts
from inference.ml.artifact import load_manifest
from inference.ml.asked_in import asked
from inference.ml.conversion import light_trunk
from inference.ml.precision import Int8, Precision
from inference.ml.predictor import Predictor
from inference.ml.preprocessing import normalise
from inference.ml.rethreshold import with_thresholds
from inference.ml.runtime import multiplies_bf16
from inference.ml.trunk import build_trunk
from training.ml import extraction
from training.ml.config import ConfigError, TrainingConfig
from training.ml.extraction import TrunkFiles, recipe_trunk
from training.ml.progress import Watch
from training.ml.train import train

#: A step of bf16, which keeps eight bits: what a rounding changes, of the largest feature.
STEP = 2**-8
CONFIG = TrainingConfig(
    input_size=64, augmented_copies=1, max_epochs=4, dense_units=16, batch_size=16, folds=3,
    test_share=0.2,
)  # fmt: skip


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("features")


def trained(config, samples, weights, cache, folder):
    return train(config, samples, TrunkFiles(weights, cache), models_root=folder, watch=Watch())


@pytest.fixture(scope="module")
def result(samples, vgg16_weights, cache, tmp_path_factory):
    """A training as it is by default, on a processor that has bf16."""
    if not multiplies_bf16():
        pytest.skip("This processor has no bf16: everything is asked in fp32 here.")
    return trained(CONFIG, samples, vgg16_weights, cache, tmp_path_factory.mktemp("models"))


@pytest.fixture
def elsewhere(monkeypatch):
    """A processor without bf16, to which this one can't be turned."""
    for module in (predictor_parts, extraction):
        monkeypatch.setattr(module, "multiplies_bf16", lambda: False)


def held_out_of(result, samples):
    return [sample for sample in samples if result.split[sample.id] == "test"]


def test_what_learnt_in_bf16_is_asked_in_it(result, samples, cache, tmp_path):
    manifest = load_manifest(result.artifact_dir)
    assert manifest.precision == Precision.BF16
    assert manifest.trunk_fingerprint.endswith("-bf16")
    predictor = Predictor.load(result.artifact_dir, cache)
    assert predictor.precision == Precision.BF16
    faces = held_out_of(result, samples)
    digests = [sample.sha256 for sample in faces]
    kept = predictor.features([tmp_path / "gone.png"] * len(faces), digests)
    fresh = Predictor.load(result.artifact_dir).features([sample.path for sample in faces])
    # The training's graph is tapped for other recipes, too, and rounds in other places.
    furthest = np.abs(kept.appearance - fresh.appearance).max()
    assert furthest <= STEP * np.abs(kept.appearance).max()
    known = next(sample for sample in samples if sample not in faces)
    assert predictor.precision_of(known.sha256) == Precision.BF16


def test_fp32_and_other_processors_say_nearly_the_same(result, samples, cache, monkeypatch):
    paths = [sample.path for sample in held_out_of(result, samples)]
    own = Predictor.load(result.artifact_dir, cache)
    exact = Predictor.load(result.artifact_dir, cache, exact=True)
    monkeypatch.setattr(predictor_parts, "multiplies_bf16", lambda: False)
    other = Predictor.load(result.artifact_dir, cache)
    assert exact.precision == other.precision == Precision.FP32
    # Their features are kept apart from those in bf16, and together with those of fp32 models.
    folders = [each.extractor.cache.folder for each in (own, exact, other)]
    assert folders[0] != folders[1] == folders[2]
    features = [each.features(paths).appearance for each in (own, exact, other)]
    np.testing.assert_array_equal(features[1], features[2])
    assert (features[0] != features[1]).any()
    difference = np.abs(features[0] - features[1]).max()
    assert difference < 8 * STEP * np.abs(features[1]).max()
    for one, two in zip(own.predict(paths), other.predict(paths), strict=True):
        assert one.emotion == two.emotion
        for name, probability in one.emotion_probabilities.items():
            assert abs(probability - two.emotion_probabilities[name]) < 0.02


def test_int8_is_held_against_what_the_model_learnt_in(result):
    int8 = Int8.from_json(load_manifest(result.artifact_dir).int8)
    assert int8.comparison.learnt_in == "bf16"
    told = asked(load_manifest(result.artifact_dir).to_json())
    assert told.precision == Precision.BF16  # of 12 subjects nothing is shown
    assert "int8 was compared with bf16 on 36 faces of 12 subjects" in told.why
    assert "asks it in fp32" in told.why


def test_other_thresholds_are_asked_in_bf16_too(result, tmp_path):
    folder, _ = with_thresholds(tmp_path, result.artifact_dir, {12: 0.4}, result.artifact_sha256)
    assert Predictor.load(folder).precision == Precision.BF16
    assert asked(load_manifest(folder).to_json()).precision == Precision.BF16


def test_one_is_asked_in_fp32_where_the_settings_say_so(result):
    told = asked(load_manifest(result.artifact_dir).to_json(), exact=True)
    assert told.precision == Precision.FP32
    assert "PREDICTION_PRECISION" in told.why and "it learnt from a trunk in bf16" in told.why


def test_a_graph_of_the_same_taps_says_the_same_bit_by_bit(vgg16_weights):
    images = normalise(np.random.default_rng(1).integers(0, 256, (3, 64, 64, 3)).astype(np.uint8))
    precision = Precision.BF16 if multiplies_bf16() else Precision.FP32
    one, other = (light_trunk(build_trunk("vgg16", vgg16_weights, 64), precision) for _ in range(2))
    together = one.predict_on_batch(images)
    np.testing.assert_array_equal(together, other.predict_on_batch(images))
    for place in range(len(images)):
        np.testing.assert_array_equal(one.one(images[place, None])[0], together[place])


@pytest.mark.usefixtures("elsewhere")
def test_elsewhere_a_training_learns_in_fp32(samples, vgg16_weights, cache, tmp_path):
    result = trained(CONFIG, samples, vgg16_weights, cache, tmp_path)
    manifest = load_manifest(result.artifact_dir)
    assert (manifest.precision, manifest.config["precision"]) == ("fp32", "bf16")
    assert "-" not in manifest.trunk_fingerprint
    assert Int8.from_json(manifest.int8).comparison.learnt_in == "fp32"
    assert Predictor.load(result.artifact_dir).precision == Precision.FP32
    fp32 = dataclasses.replace(CONFIG, precision="fp32")
    assert recipe_trunk(fp32, vgg16_weights).fingerprint == manifest.trunk_fingerprint


def test_a_precision_that_nothing_learns_in_is_refused():
    with pytest.raises(ConfigError, match="precision must be bf16 or fp32, not 'int8'"):
        TrainingConfig(precision="int8")
