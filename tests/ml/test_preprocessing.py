"""One picture in many encodings is one array."""

import io

import numpy as np
import pytest
from PIL import Image

from inference.ml.preprocessing import load_face, normalise, preprocess

RAMP = np.add.outer(np.arange(60), np.arange(90)).astype(np.uint8)


def encoded(picture: Image.Image, **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, options.pop("format", "PNG"), **options)
    return buffer.getvalue()


def rotated_by_exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 270 degrees
    return encoded(Image.fromarray(np.rot90(RAMP)), exif=exif.tobytes())


TWINS = {
    "rgb": lambda: encoded(Image.fromarray(np.dstack([RAMP] * 3))),
    "16-bit": lambda: encoded(Image.fromarray(RAMP.astype(np.uint16) * 257)),
    "grey with alpha": lambda: encoded(Image.fromarray(RAMP).convert("LA")),
    "rgba": lambda: encoded(Image.fromarray(RAMP).convert("RGBA")),
    "turned by EXIF": rotated_by_exif,
}


@pytest.mark.parametrize("name", TWINS)
def test_twin_gives_the_same_array(name):
    expected = load_face(encoded(Image.fromarray(RAMP)))
    assert expected.shape == (60, 90, 3)
    np.testing.assert_array_equal(load_face(TWINS[name]()), expected)


def test_shape_and_range_are_vgg16s():
    array = preprocess(load_face(encoded(Image.fromarray(RAMP))), 64)
    assert array.shape == (64, 64, 3)
    assert array.dtype == np.float32


def test_normalising_is_kerass_own():
    from keras.applications.vgg16 import preprocess_input

    images = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3)).astype(np.uint8)
    np.testing.assert_allclose(normalise(images), preprocess_input(images.astype("float32")))


def test_unreadable_picture_raises():
    with pytest.raises(OSError, match="identify"):
        load_face(b"<html>")
