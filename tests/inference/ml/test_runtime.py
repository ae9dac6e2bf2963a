"""The light runtime says what Keras says, and no face depends on those asked with it."""

import threading
import time
from contextlib import closing

import numpy as np
import pytest

from inference.ml.conversion import converted, light_trunk
from inference.ml.extractor import FeatureExtractor
from inference.ml.feature_cache import FeatureCache
from inference.ml.framing import PRIOR_SIZE
from inference.ml.preprocessing import normalise, prepare
from inference.ml.runtime import Light, streams
from inference.ml.side_by_side import _AHEAD, Ahead
from inference.ml.trunk import TRUNKS, build_trunk, tap_names, tap_widths

SIZE = 64
#: Of the largest feature: what another order of the same additions may change.
CLOSE = 1e-4


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(4).integers(0, 256, (5, 100, 100, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def trunk(vgg16_weights):
    return build_trunk("vgg16", vgg16_weights, SIZE)


@pytest.fixture(scope="module")
def light(trunk) -> Light:
    return light_trunk(trunk)


def test_a_light_trunk_says_what_keras_says(trunk, light, pictures):
    images = normalise(pictures[:, :SIZE, :SIZE])
    theirs, ours = trunk.predict_on_batch(images), light.predict_on_batch(images)
    assert np.abs(ours - theirs).max() < CLOSE * np.abs(theirs).max()
    assert tap_widths(light) == tap_widths(trunk)
    for place in range(len(images)):  # bit by bit the same, alone and among others
        assert (light.one(images[place, None])[0] == ours[place]).all()


@pytest.mark.parametrize("name", sorted(set(TRUNKS) - {"vgg16", "vgg19"}))
def test_so_do_trunks_of_other_kinds(name, pictures):
    from inference.ml.trunk import _base

    base = _base(TRUNKS[name], SIZE, None)  # with weights by chance
    images = normalise(pictures[:1, :SIZE, :SIZE]) / 127.5
    theirs = base.predict_on_batch(images)
    ours = light_of(base).one(images)
    assert np.abs(ours - theirs).max() < CLOSE * np.abs(theirs).max()


def light_of(model) -> Light:
    return Light(converted(model), model.input_shape[1:])


def test_features_are_the_same_by_either(trunk, light, pictures, tmp_path):
    faces = [prepare(picture, SIZE) for picture in pictures]
    keys = [f"{place:064}" for place in range(len(faces))]
    theirs = FeatureExtractor(lambda: trunk, tap_names((("middle", 4), ("last", 2))), None)
    ours = FeatureExtractor(lambda: light, theirs.taps, FeatureCache(tmp_path, "0123456789abcdef"))
    told = []
    seen = ours.features(keys, faces.__getitem__, lambda *share: told.append(share))
    expected = theirs.features([None] * len(faces), faces.__getitem__)
    # Kept as half precision, of which a step is 1/1024.
    assert np.abs(seen.appearance - expected.appearance).max() < 2e-3 * expected.appearance.max()
    assert told == [(0, 5), (5, 5)]
    again = ours.features(keys, lambda _: pytest.fail("it is kept"))
    assert (again.appearance == seen.appearance).all()


def test_the_prior_says_the_same_without_a_full_batch(prior_weights, pictures):
    from inference.ml.expression_prior import build_prior

    prior = build_prior(prior_weights)
    grey = pictures[:, :PRIOR_SIZE, :PRIOR_SIZE, :1].astype(np.float32)
    theirs = prior.predict_on_batch(grey)
    assert np.abs(light_of(prior).predict_on_batch(grey) - theirs).max() < 1e-3


def test_work_ahead_is_bounded_in_order_and_raises_in_its_turn():
    begun, gate = [], threading.Event()

    def work(thing: int) -> int:
        begun.append(thing)
        gate.wait(30)
        if thing == 3:
            raise ValueError("the third")
        return 10 * thing

    with closing(Ahead(work, range(1000))) as results:
        taker = threading.Thread(target=lambda: next(results), daemon=True)
        taker.start()
        while len(begun) < streams():
            time.sleep(0.01)
        gate.set()
        taker.join(30)
        assert [next(results), next(results)] == [10, 20]
        with pytest.raises(ValueError, match="the third"):
            next(results)
    assert len(begun) <= 4 + _AHEAD * streams() + 1
