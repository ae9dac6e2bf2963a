"""Folds, bulges and shadows that each action unit makes on the skin.

Marks are drawn once on the model's canvas, where every face has the same
shape, so that they bend with the face when it is warped. Values are in units
of a face's own contrast (about 36 grey levels); coordinates as in `muscles`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from annotations.synthetic import face_model
from annotations.synthetic.muscles import Action

Array = NDArray[np.floating[Any]]
VARIANTS = 3  # differently wobbling sets of folds; a person has one
_WIDTHS = (1.8, 3.6)  # blur of fine and broad folds, working-canvas pixels


@dataclass(frozen=True)
class Fold:
    """A crease along points, with a lit ridge beside it at `ridge` (dx, dy)."""

    points: tuple[tuple[float, float], ...]
    depth: float
    ridge: tuple[float, float] = (0.0, 0.05)
    broad: bool = False


@dataclass(frozen=True)
class Patch:
    """A Gaussian of light (positive) or shadow (negative)."""

    x: float
    y: float
    sx: float
    sy: float
    amount: float


Mark = Fold | Patch
NASOLABIAL = ((0.34, 0.52), (0.43, 0.66), (0.51, 0.81), (0.55, 0.94), (0.56, 1.02))

MARKS: Mapping[int, tuple[Mark, ...]] = {
    1: (
        Fold(((0.0, -0.50), (0.18, -0.53), (0.36, -0.48)), 1.1, (0, -0.05)),
        Fold(((0.0, -0.61), (0.2, -0.645), (0.38, -0.59)), 1.0, (0, -0.05)),
        Fold(((0.0, -0.71), (0.18, -0.73), (0.32, -0.70)), 0.6, (0, -0.04)),
        Patch(0.24, -0.20, 0.14, 0.06, 0.35),
    ),
    2: (
        Fold(((0.48, -0.53), (0.66, -0.56), (0.86, -0.48)), 1.0, (0, -0.05)),
        Fold(((0.46, -0.64), (0.64, -0.66), (0.82, -0.58)), 0.9, (0, -0.05)),
        Patch(0.72, -0.20, 0.18, 0.06, 0.4),
    ),
    4: (
        Fold(((0.085, -0.46), (0.075, -0.36), (0.085, -0.24), (0.11, -0.17)), 2.2, (0.07, 0)),
        Fold(((0.15, -0.42), (0.16, -0.34)), 1.0, (0.05, 0)),
        Fold(((-0.10, -0.09), (0.0, -0.075), (0.10, -0.09)), 0.5, (0, -0.05)),
        Patch(0.20, -0.16, 0.13, 0.08, -0.75),
        Patch(0.0, -0.32, 0.04, 0.10, 0.15),
    ),
    5: (Fold(((0.30, -0.13), (0.5, -0.17), (0.70, -0.11)), 0.9, (0, -0.04)),),
    6: (
        Fold(((0.80, -0.02), (0.90, -0.07), (0.98, -0.12)), 1.2, (0, -0.04)),
        Fold(((0.81, 0.03), (0.92, 0.03), (1.01, 0.02)), 1.4, (0, 0.04)),
        Fold(((0.79, 0.08), (0.89, 0.13), (0.97, 0.18)), 1.1, (0, 0.04)),
        Fold(((0.28, 0.12), (0.42, 0.22), (0.60, 0.24), (0.78, 0.17)), 1.2, (0, 0.08), True),
        Patch(0.66, 0.36, 0.20, 0.10, 0.75),
        Patch(0.78, 0.66, 0.14, 0.16, -0.25),
    ),
    7: (
        Fold(((0.27, 0.06), (0.42, 0.115), (0.58, 0.115), (0.74, 0.05)), 1.7, (0, -0.035)),
        Patch(0.5, 0.085, 0.16, 0.02, 0.5),
        Fold(((0.28, -0.06), (0.45, -0.135), (0.62, -0.125), (0.74, -0.06)), 0.9, (0, -0.04)),
    ),
    9: (
        Fold(((0.08, 0.03), (0.14, 0.12), (0.22, 0.17)), 1.4, (0.02, 0.05)),
        Fold(((0.07, 0.13), (0.13, 0.22), (0.20, 0.27)), 1.3, (0.02, 0.05)),
        Fold(((-0.12, -0.04), (0.0, -0.02), (0.12, -0.04)), 1.4, (0, -0.05)),
        Fold(((0.30, 0.42), (0.39, 0.54), (0.45, 0.68)), 1.5, (0.05, 0), True),
        Patch(0.22, -0.14, 0.12, 0.07, -0.4),
    ),
    10: (
        Fold(((0.30, 0.44), (0.40, 0.56), (0.50, 0.72), (0.54, 0.84)), 1.6, (0.06, -0.01), True),
        Patch(0.2, 0.86, 0.16, 0.05, 0.3),
    ),
    11: (
        Fold(((0.35, 0.55), (0.43, 0.66), (0.50, 0.79), (0.53, 0.88)), 3.0, (0.06, -0.02), True),
        Patch(0.52, 0.62, 0.10, 0.09, 0.6),
        Patch(0.36, 0.76, 0.07, 0.08, -0.4),
    ),
    12: (
        Fold(NASOLABIAL, 1.5, (0.09, -0.03), True),
        Fold(((0.44, 0.99), (0.47, 1.05), (0.45, 1.12)), 1.2, (0.04, 0)),
        Patch(0.68, 0.56, 0.15, 0.15, 0.5),
        Patch(0.80, 0.86, 0.12, 0.18, -0.35),
    ),
    13: (Fold(NASOLABIAL, 1.0, (0.07, -0.02), True), Patch(0.62, 0.6, 0.16, 0.14, 0.5)),
    14: (
        Fold(((0.465, 0.96), (0.49, 1.02), (0.49, 1.09), (0.46, 1.15)), 2.4, (0.06, 0)),
        Patch(0.47, 1.06, 0.045, 0.07, -1.2),
        Patch(0.58, 1.05, 0.06, 0.12, 0.5),
    ),
    15: (
        Fold(((0.40, 1.06), (0.45, 1.14), (0.46, 1.23)), 2.2, (0.06, 0.01)),
        Patch(0.36, 1.20, 0.08, 0.06, -0.5),
        Patch(0.52, 1.20, 0.08, 0.09, 0.4),
    ),
    16: (
        Fold(((-0.22, 1.34), (0.0, 1.36), (0.22, 1.34)), 0.9, (0, 0.06)),
        Patch(0.0, 1.28, 0.2, 0.05, 0.3),
    ),
    17: (
        Fold(((-0.24, 1.41), (-0.12, 1.33), (0.12, 1.33), (0.24, 1.41)), 1.7, (0, 0.08), True),
        Patch(0.0, 1.47, 0.15, 0.07, 0.7),
        Patch(0.27, 1.50, 0.06, 0.09, -0.5),
        Patch(0.07, 1.55, 0.032, 0.020, -0.6),
        Patch(0.16, 1.49, 0.030, 0.022, -0.6),
        Patch(0.11, 1.43, 0.030, 0.018, -0.5),
    ),
    18: (Fold(((0.25, 0.93), (0.30, 1.0)), 1.0), Fold(((0.22, 1.25), (0.28, 1.17)), 0.9)),
    20: (
        Fold(((0.47, 0.98), (0.53, 1.07), (0.50, 1.17)), 1.3, (0.05, 0)),
        Fold(((-0.2, 1.35), (0.0, 1.36), (0.2, 1.35)), 0.7, (0, 0.06)),
    ),
    21: (),
    23: (
        Fold(((0.06, 0.87), (0.065, 0.95)), 0.9, (0.03, 0)),
        Fold(((0.14, 0.88), (0.15, 0.97)), 1.0, (0.03, 0)),
        Fold(((0.23, 0.90), (0.22, 0.99)), 1.0, (0.03, 0)),
        Fold(((0.08, 1.19), (0.08, 1.27)), 0.8, (0.03, 0)),
        Fold(((0.18, 1.17), (0.19, 1.25)), 0.9, (0.03, 0)),
        Fold(((0.38, 1.0), (0.42, 1.06), (0.39, 1.12)), 1.0, (0.04, 0)),
    ),
    24: (
        Fold(
            ((-0.40, 1.065), (-0.2, 1.055), (0.0, 1.06), (0.2, 1.055), (0.40, 1.065)), 1.6, (0, 0.0)
        ),
        Patch(0.20, 0.93, 0.18, 0.035, 0.9),
        Patch(0.16, 1.23, 0.18, 0.045, 0.65),
        Patch(0.0, 1.31, 0.2, 0.03, -0.5),
        Patch(0.47, 1.06, 0.05, 0.10, 0.4),
    ),
    25: (),
    26: (Patch(0.62, 1.0, 0.12, 0.22, -0.25), Patch(0.0, 1.34, 0.18, 0.04, -0.3)),
    27: (
        Patch(0.64, 0.92, 0.13, 0.28, -0.55),
        Fold(((0.36, 0.60), (0.46, 0.80), (0.50, 1.0), (0.46, 1.20)), 1.2, (0.06, 0), True),
        Patch(0.0, 1.34, 0.2, 0.04, -0.35),
    ),
    28: (Patch(0.15, 0.92, 0.18, 0.03, 0.5), Patch(0.15, 1.24, 0.18, 0.03, 0.5)),
}


def _grid() -> tuple[Array, Array]:
    """Return face-unit coordinates x, y of every working-canvas pixel."""
    model = face_model.load()
    rows, columns = np.mgrid[0 : model.size, 0 : model.size].astype(np.float32)
    return (columns - model.origin[0]) / model.scale, (rows - model.origin[1]) / model.scale


def _mirrored(mark: Mark, side: int) -> Mark:
    if isinstance(mark, Patch):
        return Patch(side * mark.x, mark.y, mark.sx, mark.sy, mark.amount)
    points = tuple((side * x, y) for x, y in mark.points)
    return Fold(points, mark.depth, (side * mark.ridge[0], mark.ridge[1]), mark.broad)


def _draw_fold(image: Array, points: Array, depth: float) -> None:
    """Add a line that fades at its ends, about three pixels wide."""
    model = face_model.load()
    pixels = points * model.scale + model.origin
    steps = 24
    along = np.linspace(0, len(pixels) - 1, steps + 1)
    knots = np.arange(len(pixels))
    line = np.stack([np.interp(along, knots, pixels[:, axis]) for axis in (0, 1)], axis=1)
    stroke = Image.new("F", (model.size, model.size))
    draw = ImageDraw.Draw(stroke)
    for index in range(steps):
        fade = float(np.sin(np.pi * (index + 0.7) / (steps + 0.4)) ** 0.7)
        draw.line([*line[index], *line[index + 1]], fill=depth * fade, width=3)
    image += np.asarray(stroke)


def _paint(marks: tuple[Mark, ...], side: int, rng: np.random.Generator) -> Array:
    """Paint all marks of one side, each a little off its place for this variant."""
    x, y = _grid()
    total = np.zeros_like(x)
    creases = [np.zeros_like(x), np.zeros_like(x)]
    ridges = np.zeros_like(x)
    for original in marks:
        mark = _mirrored(original, side)
        if isinstance(mark, Patch):
            share = 0.5 if mark.x == 0 else 1.0
            distance = ((x - mark.x) / mark.sx) ** 2 + ((y - mark.y) / mark.sy) ** 2
            total += share * mark.amount * np.exp(-0.5 * distance)
            continue
        points = np.array(mark.points, np.float32)
        wobble = rng.normal(0, 0.009, points.shape).astype(np.float32)
        middle = 0.5 if points[0, 0] == -points[-1, 0] else 1.0
        depth = middle * mark.depth * float(rng.uniform(0.65, 1.3))
        _draw_fold(creases[mark.broad], points + wobble, -depth)
        _draw_fold(ridges, points + wobble + np.array(mark.ridge, np.float32), depth)
    for crease, width in zip(creases, _WIDTHS, strict=True):
        total += 0.55 * gaussian_filter(crease, width) + 1.1 * gaussian_filter(crease, 2.5 * width)
    relief: Array = total + 1.1 * gaussian_filter(ridges, 7.0)
    return relief


@lru_cache(maxsize=256)
def shade_map(unit: int, variant: int, side: int) -> tuple[tuple[slice, slice], Array]:
    """Shade one action unit at intensity E on one side (-1 or 1).

    Returns
    -------
    tuple
        The part of the working canvas it darkens or lights, and its values there.
    """
    rng = np.random.default_rng([unit, variant, side + 1])
    whole = _paint(MARKS[unit], side, rng)
    rows = np.flatnonzero(np.abs(whole).max(axis=1) > 0.005)
    columns = np.flatnonzero(np.abs(whole).max(axis=0) > 0.005)
    if not len(rows):
        return (slice(0), slice(0)), whole[:0, :0]
    part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    return part, whole[part].astype(np.float32)


def shade(texture: Array, actions: tuple[Action, ...], variant: int, depth: float) -> Array:
    """Add the folds of the actions to a texture (512, 512).

    `depth` is how deeply this person's skin folds (1 is usual).
    """
    shaded = texture.copy()
    for action in actions:
        for side, strength in ((-1, action.left), (1, action.right)):
            if strength > 0 and MARKS[action.unit]:
                # Folds form late: faint movement leaves the skin nearly smooth.
                part, values = shade_map(action.unit, variant, side)
                shaded[part] += np.float32(depth * strength**1.25) * values
    return shaded
