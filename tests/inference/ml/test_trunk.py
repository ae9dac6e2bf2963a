"""Other trunks of keras.applications are one value of the configuration."""

import dataclasses

import numpy as np
import pytest

from inference.ml.predictor import Predictor
from inference.ml.preprocessing import normalise
from inference.ml.trunk import TRUNKS, build_trunk, pooling_window, trunk_weights
from inference.ml.weights import WeightsUnavailable
from training.ml.config import TrainingConfig
from training.ml.extraction import TrunkFiles
from training.ml.progress import Watch
from training.ml.train import train


@pytest.fixture(scope="module")
def keras():
    import keras  # so late since to collect tests shouldn't take TensorFlow's seconds

    return keras


@pytest.fixture(scope="module")
def mobilenet(keras, tmp_path_factory):
    """MobileNetV2 with random weights: ImageNet's can't be had on every machine."""
    keras.utils.set_random_seed(1)
    base = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(64, 64, 3))
    folder = tmp_path_factory.mktemp("weights")
    base.save_weights(folder / "mobilenet_v2_imagenet_notop.weights.h5")
    return folder, base


def test_pixels_come_as_the_network_wants_them(keras, mobilenet):
    folder, base = mobilenet
    weights = trunk_weights("mobilenet_v2", folder)
    trunk = build_trunk("mobilenet_v2", weights, 64, (("last", 1),))
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3)).astype(np.uint8)
    wanted = keras.applications.mobilenet_v2.preprocess_input(images.astype(np.float32))
    expected = base.predict(wanted, verbose=0).mean(axis=(1, 2))
    got = trunk.predict(normalise(images), verbose=0)
    np.testing.assert_allclose(got, expected, atol=1e-4)


def test_a_training_with_it_predicts_from_its_artefact(mobilenet, samples, tmp_path):
    config = TrainingConfig(
        trunk="mobilenet_v2", input_size=64, augmented_copies=0, max_epochs=3, folds=3
    )
    result = train(
        config,
        samples,
        TrunkFiles(trunk_weights("mobilenet_v2", mobilenet[0]), tmp_path / "features"),
        models_root=tmp_path / "models",
        watch=Watch(),
    )  # fmt: skip
    (prediction,) = Predictor.load(result.artifact_dir).predict([samples[0].path])
    assert sum(prediction.emotion_probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_weights_that_cannot_be_had_are_explained(tmp_path, monkeypatch):
    def refuse(*address, **options):
        raise OSError("no network")

    monkeypatch.setattr("socket.create_connection", refuse)
    with pytest.raises(WeightsUnavailable, match=r"ResNet50\(include_top=False\)\.save_weights"):
        trunk_weights("resnet50", tmp_path)


@pytest.mark.parametrize("name", ["vgg19", "resnet50"])
def test_taps_are_layers_of_the_network(keras, name):
    base = getattr(keras.applications, TRUNKS[name].application)(
        weights=None, include_top=False, input_shape=(64, 64, 3)
    )
    middle, last = (base.get_layer(layer).output for layer in TRUNKS[name].layers.values())
    assert (middle.shape[1], last.shape[1]) == (4, 2)


def test_unknown_trunk_is_refused():
    with pytest.raises(ValueError, match="trunk must be one of vgg16, vgg19"):
        dataclasses.replace(TrainingConfig(), trunk="vgg11")


@pytest.mark.parametrize("grid", [1, 2, 4])
@pytest.mark.parametrize("side", [*range(4, 15), 28])
def test_a_grid_covers_every_cell_alike_on_both_sides(side, grid):
    window, stride = pooling_window(side, grid)
    cells = [range(cell * stride, cell * stride + window) for cell in range(grid)]
    counts = np.bincount([place for cell in cells for place in cell], minlength=side)
    assert len(counts) == side
    assert counts.min() >= 1
    np.testing.assert_array_equal(counts, counts[::-1])
