"""Cutting a face out of a picture, so that its eyes lie at a set place of the crop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image


@dataclass(frozen=True)
class Framing:
    """The place of the eyes in a crop, and how far apart they are, as shares of its side."""

    eyes_at: tuple[float, float]
    eye_distance: float


#: The rest is margin. On the demo's faces a dropped jaw (AU26, AU27) puts the chin 1.83 eye
#: distances below the eyes, and 2.02 at most; raised brows are 0.47 above them at most. The tight
#: crop reaches 1.89 below: all of the mouth, and the chin but for its tip on a face in four with
#: a dropped jaw. The wide one reaches 2.29, with more hair, neck and backdrop beside.
FRAMINGS = {"tight": Framing((0.5, 0.32), 0.36), "wide": Framing((0.5, 0.36), 0.28)}

#: What the expression prior sees: a square 2.3 eye distances wide, and its side in pixels.
PRIOR_FRAMING = Framing((0.5, 0.37), 1 / 2.3)
PRIOR_SIZE = 64


def corners_of(
    framing: Framing, middle: NDArray[np.float64], across: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return the corners of a crop, in pixels of the picture.

    Parameters
    ----------
    framing
        Where the eyes lie in it.
    middle, across
        (2,) the middle between the eyes, and the vector from the subject's right eye to the left.

    Returns
    -------
    NDArray
        (4, 2) clockwise from the upper left.
    """
    side = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) - framing.eyes_at  # in sides, from the eyes
    down = np.array([-across[1], across[0]])
    corners = middle + (side[:, :1] * across + side[:, 1:] * down) / framing.eye_distance
    return np.asarray(corners, dtype=np.float32)


def cut(
    image: NDArray[np.uint8],
    framing: Framing,
    middle: NDArray[np.float64],
    across: NDArray[np.float64],
    size: int,
) -> NDArray[np.uint8]:
    """Cut the crop out of a picture, the eyes level.

    Parameters
    ----------
    image
        (h, w, 3) RGB.
    framing, middle, across
        As `corners_of` takes them.
    size
        The crop's side, in pixels.

    Returns
    -------
    NDArray
        (size, size, 3). Beyond the picture its edge goes on: black wedges would be the strongest
        lines that the network sees.
    """
    scale = float(np.hypot(*across)) / (framing.eye_distance * size)
    factor = int(scale)
    picture = Image.fromarray(image)
    if factor > 1:  # sampling points alone would alias
        picture = picture.reduce(factor)
        middle, across, scale = middle / factor, across / factor, scale / factor
    picture, (left, top) = _with_edges(picture, corners_of(framing, middle, across))
    middle = middle + np.array([left, top])
    cos, sin = across / np.hypot(*across) * scale
    # PIL asks where each pixel of the crop comes from: x = a u + b v + c, y = d u + e v + f.
    u, v = (share * size for share in framing.eyes_at)
    c, f = middle[0] - cos * u + sin * v, middle[1] - sin * u - cos * v
    crop = picture.transform(
        (size, size), Image.Transform.AFFINE, (cos, -sin, c, sin, cos, f),
        Image.Resampling.BILINEAR,
    )  # fmt: skip
    return np.asarray(crop, dtype=np.uint8)


def _with_edges(
    picture: Image.Image, corners: NDArray[np.float32]
) -> tuple[Image.Image, tuple[int, int]]:
    """Return a picture whose edges go on as far as a crop reaches, and by how much it moved."""
    size = np.array(picture.size)
    before = np.ceil(np.maximum(-corners.min(axis=0), 0)).astype(int) + 1
    after = np.ceil(np.maximum(corners.max(axis=0) - size, 0)).astype(int) + 1
    if (before == 1).all() and (after == 1).all():
        return picture, (0, 0)
    sides = ((before[1], after[1]), (before[0], after[0]), (0, 0))
    continued = np.pad(np.asarray(picture), sides, mode="edge")
    return Image.fromarray(continued), (int(before[0]), int(before[1]))
