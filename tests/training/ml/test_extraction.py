"""One pass of the trunk serves recipes of one framing; what is kept is what each would make."""

import dataclasses
import os
import time

import numpy as np
import pytest

from inference.ml.conversion import light_trunk
from inference.ml.extractor import FeatureExtractor
from inference.ml.feature_cache import FeatureCache, prune
from inference.ml.trunk import build_trunk, tap_names
from training.ml.config import TrainingConfig
from training.ml.ensemble import fit_single
from training.ml.extraction import Pictures, extract, extractor_for, recipe_trunk
from training.ml.material import Material
from training.ml.probabilities import outputs_of
from training.ml.progress import Cancelled, Watch
from training.ml.recipes import RECIPES

SIZE = 64
#: A batch, and one more.
FACES = 17


def config(recipe):
    # In fp32 graphs of other taps say the same bit by bit; test_bf16.py has what bf16 says.
    chosen = {"recipe": recipe, "input_size": SIZE, "framing": "wide", "precision": "fp32"}
    return TrainingConfig.from_json(chosen)


@pytest.fixture(scope="module")
def pictures(samples):
    return Pictures(samples[:FACES], config("default"))


def run(recipe, pictures, weights, cache, watch=None):
    """(features of pictures and copies, how many of each had to be computed)."""
    told = {}
    watch = watch or Watch(lambda progress: told.update({progress.stage: progress.total}))
    chosen = config(recipe)
    extractor = extractor_for(chosen, recipe_trunk(chosen, weights), cache)
    return extract(chosen, pictures, extractor, watch), tuple(told.values())


def test_second_recipe_finds_all_and_gets_what_its_own_trunk_would_give(
    pictures, vgg16_weights, tmp_path
):
    whole, computed = run("default", pictures, vgg16_weights, tmp_path)
    assert computed == (FACES, FACES)
    found, computed = run("published", pictures, vgg16_weights, tmp_path)
    assert computed == (0, 0)
    for recipe, features in (("default", whole), ("published", found)):
        taps = RECIPES[recipe].taps
        own = light_trunk(build_trunk("vgg16", vgg16_weights, SIZE, taps))
        alone = FeatureExtractor(lambda own=own: own, tap_names(taps), None)
        expected = extract(config(recipe), pictures, alone, Watch())
        for one, other in zip(features, expected, strict=True):
            for name in ("appearance", "geometry", "found"):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
            assert one.quality == other.quality


def test_heads_are_the_same_by_the_light_trunk_as_by_keras_s(pictures, vgg16_weights, tmp_path):
    """To a hundredth of a probability, after 40 epochs that make much of little differences."""
    chosen = dataclasses.replace(config("default"), dense_units=16, batch_size=16)
    trunk, answers = recipe_trunk(chosen, vgg16_weights), []
    light = extractor_for(chosen, trunk, tmp_path)
    for extractor in (light, FeatureExtractor(lambda: trunk.model, light.taps, None)):
        plain, copies = extract(chosen, pictures, extractor, Watch())
        material = Material(pictures.samples, plain, copies, trunk.first_tap)
        answers.append(outputs_of(fit_single(chosen, material, Watch()), plain))
    one, other = answers
    assert np.abs(one.emotion - other.emotion).max() < 0.01
    assert np.abs(one.units - other.units).max() < 0.01
    assert one.units.std() > 0.05  # they learnt something


def test_a_pass_that_was_stopped_goes_on(pictures, vgg16_weights, tmp_path):
    asked = []
    stop = Watch(should_cancel=lambda: asked.append(1) or len(asked) > 1)
    with pytest.raises(Cancelled):
        run("default", pictures, vgg16_weights, tmp_path, stop)
    _, computed = run("published", pictures, vgg16_weights, tmp_path)
    assert computed == (1, FACES)  # the first batch of 16 was kept


def test_what_is_kept_of_a_picture_is_added_to(tmp_path):
    cache, one = FeatureCache(tmp_path, "trunk"), np.ones((1, 2), dtype=np.float16)
    cache.write("face", {"middle4": one, "last2": one})
    cache.write("face", {"last1": one, "last2": 2 * one})
    kept = cache.read("face", ["middle4", "last1", "last2"])
    assert [array.tolist() for array in kept.values()] == [[[1, 1]], [[1, 1]], [[2, 2]]]
    assert cache.read("face", ["middle2"]) is None
    assert FeatureCache(tmp_path, "other").read("face", ["last1"]) is None
    path = next(tmp_path.rglob("face.npz"))
    path.write_bytes(path.read_bytes()[:-40])  # a disk that was full
    assert cache.read("face", ["last1"]) is None


def test_what_was_not_used_for_longest_goes_first(tmp_path):
    cache, one = FeatureCache(tmp_path, "trunk"), np.ones((1, 500), dtype=np.float16)
    hour_ago = time.time() - 3700
    for number, name in enumerate(("old", "older", "oldest")):
        cache.write(name, {"last1": one})
        os.utime(cache.folder / f"{name}.npz", (hour_ago - number,) * 2)
    cut_off = cache.folder / "killed.7.part"
    cut_off.write_bytes(b"x")
    os.utime(cut_off, (hour_ago,) * 2)
    assert cache.read("oldest", ["last1"]) is not None  # used: now it is the newest
    size = (cache.folder / "old.npz").stat().st_size
    assert prune(tmp_path, 2 * size) == size + 1
    assert {path.stem for path in cache.folder.iterdir()} == {"old", "oldest"}
    assert prune(tmp_path, 0) == 2 * size
    assert not list(tmp_path.iterdir())
