"""Eyes and the inside of the mouth, painted crisply in the picture.

The model's texture knows one state of both; these must change with lids and
lips, so they are drawn anew inside the moved openings, three times enlarged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from annotations.synthetic import landmarks

Array = NDArray[np.floating[Any]]
_ZOOM = 3


@dataclass(frozen=True)
class Eyes:
    """Looks of a person's eyes: grey levels 0..255, gaze in face units."""

    iris: float
    white: float
    gaze: tuple[float, float]
    share: float  # how much of the painted eye covers the model's


class _Pad:
    """A small enlarged drawing pad over a region of the picture."""

    def __init__(self, points: Array, margin: float) -> None:
        low = np.floor(points.min(axis=0) - margin).astype(int)
        high = np.ceil(points.max(axis=0) + margin).astype(int)
        self.left, self.top = int(low[0]), int(low[1])
        self.size = (int(high[0] - low[0]), int(high[1] - low[1]))
        self.big = (self.size[0] * _ZOOM, self.size[1] * _ZOOM)

    def new(self, level: float = 0) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        image = Image.new("L", self.big, int(np.clip(level, 0, 255)))
        return image, ImageDraw.Draw(image)

    def place(self, points: Array) -> list[float]:
        shifted = (points - [self.left, self.top]) * _ZOOM
        return [float(value) for value in shifted.ravel()]

    def circle(self, centre: Array, radius: float) -> list[float]:
        return self.place(np.array([centre - radius, centre + radius]))

    def shrink(self, image: Image.Image, blur: float) -> Array:
        soft = image.filter(ImageFilter.GaussianBlur(blur * _ZOOM))
        return np.asarray(soft.resize(self.size, Image.Resampling.BOX), np.float32)

    def blend(self, picture: Array, image: Array, mask: Array) -> None:
        """Blend in place, cut at the picture's borders."""
        height, width = picture.shape
        top, left = max(self.top, 0), max(self.left, 0)
        bottom = min(self.top + self.size[1], height)
        right = min(self.left + self.size[0], width)
        if bottom <= top or right <= left:
            return
        inner = np.s_[top - self.top : bottom - self.top, left - self.left : right - self.left]
        region = picture[top:bottom, left:right]
        region += (image[inner] - region) * mask[inner]


def _loop(points: Array, upper: tuple[int, ...], lower: tuple[int, ...]) -> Array:
    return np.concatenate([points[list(upper)], points[list(lower)][::-1][1:-1]])


def paint_eyes(
    picture: Array, points: Array, centres: tuple[Array, Array], scale: float, eyes: Eyes
) -> Array:
    """Paint both eyes into the picture.

    Parameters
    ----------
    picture
        (490, 640) grey levels, changed in place.
    points
        (>=468, 2) moved landmarks in picture pixels.
    centres
        The irises' places in picture pixels, which lids do not move.
    scale
        Pixels per face unit.
    eyes
        Their looks.

    Returns
    -------
    Array
        (490, 640) mask of what was painted, 0..1.
    """
    covered = np.zeros_like(picture)
    pairs = (
        (landmarks.RIGHT_EYE_UPPER, landmarks.RIGHT_EYE_LOWER),
        (landmarks.LEFT_EYE_UPPER, landmarks.LEFT_EYE_LOWER),
    )
    for (upper, lower), centre in zip(pairs, centres, strict=True):
        eye = _Eye(points[list(upper)], points[list(lower)], centre)
        _paint_eye(picture, covered, eye, scale, eyes)
    return covered


class _Eye(NamedTuple):
    """One eye's lids, from corner to corner, and its iris, in picture pixels."""

    upper: Array
    lower: Array
    centre: Array


def _paint_eye(picture: Array, covered: Array, eye: _Eye, scale: float, eyes: Eyes) -> None:
    upper, lower, centre = eye
    pad = _Pad(np.concatenate([upper, lower]), 8)
    image, draw = pad.new(eyes.white)
    radius = 0.098 * scale
    look = centre + np.array(eyes.gaze) * scale
    draw.ellipse(pad.circle(look, radius), fill=int(eyes.iris * 0.6))
    draw.ellipse(pad.circle(look, radius * 0.86), fill=int(eyes.iris))
    draw.ellipse(pad.circle(look, radius * 0.42), fill=10)
    glint = look + np.array([0.03, -0.035]) * scale
    draw.ellipse(pad.circle(glint, radius * 0.17), fill=235)
    # The upper lid and its lashes throw a shadow on the eyeball.
    lid = pad.place(upper + np.array([0, 0.012 * scale]))
    shade, shade_draw = pad.new(255)
    shade_draw.line(lid, fill=95, width=int(0.05 * scale * _ZOOM))
    ball = pad.shrink(image, 0.7) * pad.shrink(shade, 1.8) / 255
    mask_image, mask_draw = pad.new()
    mask_draw.polygon(pad.place(np.concatenate([upper, lower[::-1][1:-1]])), fill=255)
    mask = pad.shrink(mask_image, 0.8) / 255
    pad.blend(picture, ball, eyes.share * mask)
    pad.blend(covered, np.ones_like(ball), mask)
    lash, lash_draw = pad.new()
    lash_draw.line(pad.place(upper), fill=255, width=int(0.017 * scale * _ZOOM), joint="curve")
    lash_draw.line(pad.place(lower), fill=90, width=int(0.012 * scale * _ZOOM), joint="curve")
    pad.blend(picture, np.full_like(ball, 28), 0.75 * pad.shrink(lash, 0.7) / 255)


def paint_mouth(picture: Array, points: Array, scale: float, teeth: float) -> Array:
    """Paint the open mouth's inside; a mouth that is as good as closed stays as it is.

    Parameters
    ----------
    picture
        (490, 640) grey levels, changed in place.
    points
        (>=468, 2) moved landmarks in picture pixels.
    scale
        Pixels per face unit.
    teeth
        Grey level of the teeth.

    Returns
    -------
    Array
        (490, 640) mask of what was painted, 0..1.
    """
    covered = np.zeros_like(picture)
    upper = points[list(landmarks.MOUTH_INNER_UPPER)]
    lower = points[list(landmarks.MOUTH_INNER_LOWER)]
    gap = float(np.max(lower[:, 1] - upper[:, 1])) / scale
    if gap < 0.035:
        return covered
    pad = _Pad(np.concatenate([upper, lower]), 8)
    image, draw = pad.new(22)
    if gap > 0.26:
        _draw_tongue(pad, draw, lower, scale, gap)
    _draw_teeth(pad, draw, upper, scale, gap, teeth)
    mask_image, mask_draw = pad.new()
    loop = _loop(points, landmarks.MOUTH_INNER_UPPER, landmarks.MOUTH_INNER_LOWER)
    mask_draw.polygon(pad.place(loop), fill=255)
    shade, shade_draw = pad.new(255)
    shade_draw.line(pad.place(upper), fill=60, width=int(0.03 * scale * _ZOOM))
    shade_draw.line(pad.place(lower), fill=120, width=int(0.02 * scale * _ZOOM))
    inside = pad.shrink(image, 1.2) * pad.shrink(shade, 1.5) / 255
    mask = pad.shrink(mask_image, 0.8) / 255
    pad.blend(picture, inside, mask)
    pad.blend(covered, np.ones_like(mask), mask)
    return covered


def _draw_tongue(
    pad: _Pad, draw: ImageDraw.ImageDraw, lower: Array, scale: float, gap: float
) -> None:
    centre = lower[5] - [0, 0.05 * scale]
    half = np.array([0.20, 0.32 * gap]) * scale
    draw.ellipse(pad.place(np.array([centre - half, centre + half])), fill=52)


def _draw_teeth(
    pad: _Pad,
    draw: ImageDraw.ImageDraw,
    upper: Array,
    scale: float,
    gap: float,
    level: float,
) -> None:
    """Draw the upper row, hanging from behind the lip, darker towards the corners."""
    half = 0.45 * float(upper[-1, 0] - upper[0, 0])
    # A smile bares the teeth; a dropped jaw leaves them behind the upper lip.
    wide = 2.4 * gap < float(upper[-1, 0] - upper[0, 0]) / scale
    height = (float(np.clip(0.8 * gap, 0.1, 0.16)) if wide else 0.085) * scale
    bright = level * (1.0 if wide else 0.8)
    edges = np.linspace(-1, 1, 25)
    x = upper[5, 0] + half * edges
    roof = np.interp(x, upper[:, 0], upper[:, 1])
    floor = roof + height * (1 - 0.4 * edges**2) + 0.008 * scale * np.cos(edges * 12)
    for step in range(len(edges) - 1):
        # Gaps between teeth lie at every fourth step from the midline.
        seam = 0.82 if step % 4 == 0 else 1.0
        tone = bright * seam * (1 - 0.5 * abs(edges[step] + edges[step + 1]) / 2)
        corners = [
            [x[step], roof[step] - 3],
            [x[step + 1], roof[step + 1] - 3],
            [x[step + 1], floor[step + 1]],
            [x[step], floor[step]],
        ]
        draw.polygon(pad.place(np.array(corners)), fill=int(np.clip(tone, 0, 255)))
