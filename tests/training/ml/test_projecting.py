"""The projection by which new faces are compared with a training's, against scikit-learn's PCA."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from inference.ml.projection import Projection, distances
from training.ml.projecting import fit_projection

FACES, WIDTH = 300, 2000


def _faces(seed: int, count: int = FACES) -> np.ndarray:
    """Features with four directions that matter, in noise of many more numbers than faces."""
    rng = np.random.default_rng(seed)
    plan = np.random.default_rng(0).normal(size=(4, WIDTH))
    return (rng.normal(size=(count, 4)) * [3, 2, 1.5, 1] @ plan + rng.normal(
        0, 4, size=(count, WIDTH)
    )).astype(np.float32)  # fmt: skip


def _names(prefix: str, count: int = FACES) -> list[str]:
    return [f"{prefix}{number:063d}" for number in range(count)]


@pytest.fixture(scope="module")
def fitted() -> Projection:
    return fit_projection(_faces(1), _names("a"), _names("s"))


def test_the_scores_are_those_of_scikit_learn_but_for_their_scale(fitted):
    theirs = PCA(16, svd_solver="full").fit(_faces(1))
    for faces, names in ((_faces(1), _names("a")), (_faces(2), _names("b"))):
        mine, scores = fitted(faces, names).astype(float), theirs.transform(faces)
        for column in range(6):
            found = abs(np.corrcoef(mine[:, column], scores[:, column])[0, 1])
            assert found == pytest.approx(1, abs=1e-4)


def test_new_faces_spread_as_wide_as_those_that_it_was_fitted_to(fitted):
    theirs = PCA(16, svd_solver="full").fit(_faces(1))
    bare = [theirs.transform(_faces(seed)).std(axis=0) for seed in (1, 2)]
    assert (bare[1] / bare[0])[4:].mean() < 0.6  # what a plain PCA would take for a difference
    own, new = fitted(_faces(1), _names("a")), fitted(_faces(2), _names("b"))
    assert own.astype(float).std(axis=0) == pytest.approx(np.ones(17), abs=0.05)
    assert new.astype(float).std(axis=0).mean() == pytest.approx(1, abs=0.08)
    assert distances(new).mean() == pytest.approx(distances(own).mean(), abs=0.08)
    assert distances(fitted(_faces(3) * 2, _names("b"))).mean() > 1.5


def test_the_same_faces_give_the_same_bytes_and_they_are_read_back(fitted, tmp_path):
    again = fit_projection(_faces(1), _names("a"), _names("s"))
    for name, each in (("one", fitted), ("two", again)):
        each.save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    read = Projection.load(tmp_path / "one")
    np.testing.assert_array_equal(read(_faces(1), _names("a")), fitted(_faces(1), _names("a")))


@pytest.mark.parametrize("faces", [2, 15, 40])
def test_few_faces_give_fewer_numbers(faces):
    found = fit_projection(_faces(1, faces), _names("a", faces), _names("s", faces))
    numbers = found(_faces(2), _names("b"))
    assert numbers.shape == (FACES, max(1, faces // 10) + 1)
    assert np.isfinite(numbers).all()


def test_few_new_faces_are_called_unlike_and_faces_of_another_kind_are(fitted):
    own = fitted.beyond_limit(fitted(_faces(1), _names("a")), _names("a"))
    assert np.mean(own > 1) <= 0.05, "as far as when their subjects were left out"
    new = [
        np.mean(fitted.beyond_limit(fitted(_faces(seed), _names("b")), _names("b")) > 1)
        for seed in range(2, 10)
    ]
    assert 0.02 < np.mean(new) < 0.075
    other = fitted(_faces(3) * 1.5, _names("b"))
    assert np.mean(fitted.beyond_limit(other, _names("b")) > 1) > 0.9


def _people(seed: int, count: int, each: int = 5) -> tuple[np.ndarray, list[str]]:
    """Faces of people each of whom is like themselves, more than like the others; and whose."""
    rng = np.random.default_rng(seed)
    own = np.repeat(np.arange(count), each)
    looks = rng.normal(0, 4, size=(count, WIDTH))[own]  # each person's, in no common direction
    faces = _faces(seed, count * each) * 0.6 + looks
    return faces.astype(np.float32), [f"s{number}" for number in own]


def test_new_people_s_alarms_are_as_promised_though_one_person_s_faces_go_together():
    shares = []
    for seed in range(8):
        faces, own = _people(seed, 60)
        found = fit_projection(faces, _names("a", len(faces)), own)
        new, names = _people(1000 + seed, 30)[0], _names("b", 150)
        shares.append(float(np.mean(found.beyond_limit(found(new, names), names) > 1)))
    assert 0.015 < np.mean(shares) < 0.06, shares
    assert np.std(shares) > 0.01, "30 people alone say little"


def test_faces_of_few_people_have_no_limit():
    found = fit_projection(_faces(1, 60), _names("a", 60), _names("s", 12) * 5)
    assert found.beyond_limit(found(_faces(2), _names("b")), _names("b")) is None
