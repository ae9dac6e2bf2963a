"""What leaves instead of a photograph."""

import io

import numpy as np
import pytest
from PIL import Image

from annotations.formats.deidentify import pixelated

SIDE, SQUARES = 240, 12


def _photograph() -> bytes:
    """Noise, so that each pixel differs from its neighbours."""
    pixels = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def _pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def test_a_pixelated_face_is_a_mosaic_of_twelve_squares_of_one_colour_each():
    shown = _pixels(pixelated(_photograph(), None))
    assert shown.shape == (SIDE, SIDE, 3)
    square = SIDE // SQUARES
    blocks = shown.reshape(SQUARES, square, SQUARES, square, 3).swapaxes(1, 2)
    assert (blocks == blocks[:, :, :1, :1]).all()  # no shading within a square
    means = _pixels(_photograph()).reshape(SQUARES, square, SQUARES, square, 3).mean(axis=(1, 3))
    assert np.abs(blocks[:, :, 0, 0] - means).max() <= 1


@pytest.mark.parametrize("box", [(60, 60, 180, 180), (-30, 100, 500, 900)])
def test_a_mosaic_covers_the_face_and_nothing_of_it_is_left(box):
    before, shown = _pixels(_photograph()), _pixels(pixelated(_photograph(), box))
    left, top, right, bottom = (min(max(edge, 0), SIDE) for edge in box)
    inside = shown[top:bottom, left:right]
    assert (inside != before[top:bottom, left:right]).any(axis=2).mean() > 0.95
    colours = {tuple(pixel) for row in inside for pixel in row}
    assert len(colours) <= (SQUARES + 1) * 40  # few squares; a photograph has thousands


def test_what_is_beside_the_face_stays_as_it_was():
    before, shown = _pixels(_photograph()), _pixels(pixelated(_photograph(), (100, 100, 140, 140)))
    assert (before[:80] == shown[:80]).all()
