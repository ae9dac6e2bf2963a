"""Surroundings of the face: wall, hair, ears, neck and clothes.

The model's canvas ends beyond the cheeks, so these are drawn as soft shapes in
face units and posed with the head. Looks are drawn at random and never from a
subject's tags.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter

from annotations.synthetic.canvas import Array, Canvas, Colour
from annotations.synthetic.geometry import HEIGHT, WIDTH, Pose, polygon


@dataclass(frozen=True)
class Surroundings:
    """A person's hair and clothes and the room; grey levels 0..255."""

    hair: float
    hair_volume: float  # face units beyond the skull
    hairline: float  # y of the hairline on the midline, face units
    parting: float  # x where the hairline peaks
    length: float  # y to which hair falls beside the face
    clothes: float
    neckline: float  # depth of the collar, face units
    wall: float
    wall_slope: tuple[float, float]
    seed: int


def sample_surroundings(rng: np.random.Generator) -> Surroundings:
    """Draw hair, clothes and wall."""
    long_hair = rng.random() < 0.35
    return Surroundings(
        hair=float(rng.choice([26, 34, 45, 70, 100], p=[0.3, 0.3, 0.2, 0.12, 0.08])),
        hair_volume=float(rng.uniform(0.10, 0.30)),
        hairline=float(rng.uniform(-1.0, -0.74)),
        parting=float(rng.uniform(-0.6, 0.6)),
        length=float(rng.uniform(1.2, 2.4) if long_hair else rng.uniform(-0.15, 0.35)),
        clothes=float(rng.uniform(22, 140)),
        neckline=float(rng.uniform(0.1, 0.55)),
        wall=float(rng.uniform(70, 190)),
        wall_slope=(float(rng.normal(0, 18)), float(rng.normal(0, 14))),
        seed=int(rng.integers(1 << 31)),
    )


@lru_cache(maxsize=1)
def pixel_grid() -> tuple[Array, Array]:
    """Return x and y of every pixel, -1..1 across the picture."""
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j].astype(np.float32)
    return x, y


def wall(surroundings: Surroundings) -> Array:
    """Draw the wall (490, 640): a slope of light and faint blotches."""
    x, y = pixel_grid()
    rng = np.random.default_rng(surroundings.seed)
    coarse = rng.normal(0, 1, (HEIGHT // 10, WIDTH // 10)).astype(np.float32)
    blotches = np.kron(gaussian_filter(coarse, 6), np.ones((10, 10), np.float32))
    slope_x, slope_y = surroundings.wall_slope
    scene: Array = surroundings.wall + slope_x * x + slope_y * y + 60 * gaussian_filter(blotches, 4)
    return scene


@lru_cache(maxsize=2)
def _noise(along: float, across: float) -> Array:
    """Draw streaky noise (490, 640) with deviation 1, wrapping in x."""
    rng = np.random.default_rng(77)
    noise = rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32)
    streaks = gaussian_filter(noise, (along, across), mode="wrap")
    normed: Array = streaks / streaks.std()
    return normed


def strands(pose: Pose, look: Surroundings) -> Array:
    """Draw hair (490, 640) radiating from the parting, deviation 1."""
    x, y = pixel_grid()
    across = (x + 1) * WIDTH / 2 - pose.x - look.parting * 0.6 * pose.scale
    down = (y + 1) * HEIGHT / 2 - pose.y + 1.0 * pose.scale
    radius = np.sqrt(across**2 + down**2)
    # A slow wave keeps the strands from being straight spokes.
    angle = np.arctan2(across, down) + 0.05 * np.sin(radius / 23 + look.seed % 6)
    column = (angle / (2 * np.pi) * 3 * WIDTH + look.seed % WIDTH).astype(np.int32) % WIDTH
    return _noise(16.0, 1.0)[radius.astype(np.int32) % HEIGHT, column]


def _mirror(half: list[tuple[float, float]]) -> Array:
    """Close a right-hand outline, given top to bottom, over the midline."""
    right = np.array(half, np.float32)
    return np.concatenate([right, (right * [-1, 1])[::-1]]).astype(np.float32)


def _curve(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Round a polyline by cutting its corners twice (Chaikin 1974)."""
    line = np.array(points, np.float32)
    for _ in range(2):
        near, far = line[:-1], line[1:]
        cut = np.stack([0.75 * near + 0.25 * far, 0.25 * near + 0.75 * far], axis=1)
        line = np.concatenate([line[:1], cut.reshape(-1, 2), line[-1:]])
    return [(float(x), float(y)) for x, y in line]


def paint_behind(
    canvas: Canvas, pose: Pose, look: Surroundings, skin: float, colours: dict[str, Colour]
) -> None:
    """Paint hair behind the head, ears, neck and clothes, in place."""
    if look.length > 1:
        fall = polygon(pose.project(_fall(look)), 5)
        canvas.lay(fall, _hair_tone(pose, look), colours["hair"])
    # The model's face ends at the hairline: skin above it, for high foreheads.
    canvas.lay(polygon(pose.project(_SKULL), 6), np.float32(skin), colours["skin"])
    canvas.lay(polygon(pose.project(_NECK), 5), _neck_tone(pose, skin), colours["skin"])
    if look.length < 1:
        for side in (-1, 1):
            ear = polygon(pose.project(_EAR * [side, 1]), 4)
            canvas.lay(ear, np.float32(skin * 0.8), colours["skin"])
    shirt = polygon(_upright(pose).project(_shirt(look.neckline)), 3)
    canvas.lay(shirt, _cloth_tone(look), colours["clothes"])


#: Outlines in face units.
_SKULL = _mirror(
    _curve([(0, -1.08), (0.5, -1.03), (0.92, -0.75), (1.06, -0.2), (0.98, 0.3), (0, 0.5)])
)
_NECK = _mirror(_curve([(0, 0.9), (0.80, 0.9), (0.76, 1.6), (0.80, 2.1), (1.2, 2.6), (0, 3.2)]))
_EAR = np.array(
    _curve([(1.02, 0.0), (1.14, -0.05), (1.21, 0.08), (1.15, 0.42), (1.05, 0.58), (0.98, 0.5)]),
    np.float32,
)


def _fall(look: Surroundings) -> Array:
    """Return the outline of long hair behind the head."""
    volume = look.hair_volume
    points = [(0, -0.9 - volume), (0.9, -0.8 - volume), (1.3 + volume, 0.0), (1.25 + volume, 1.0)]
    return _mirror(_curve([*points, (1.2 + volume, look.length), (0.3, 2.2)]))


def _shirt(depth: float) -> Array:
    """Return the outline of the clothes, whose collar is `depth` face units deep."""
    collar = [(0, 2.15 + depth), (0.35, 2.1 + 0.6 * depth), (0.80, 1.98)]
    shoulder = [(1.35, 2.2), (2.3, 2.55), (2.9, 3.6), (2.9, 5.0), (0, 5.0)]
    return _mirror(_curve([*collar, *shoulder]))


def paint_hair(canvas: Canvas, pose: Pose, look: Surroundings, colours: dict[str, Colour]) -> None:
    """Paint the hair over the forehead and the temples, in place."""
    volume = look.hair_volume
    bottom = min(max(look.length, 0.1), 1.1) if look.length > 1 else look.length
    outer = [
        (0.0, -1.02 - volume),
        (0.55, -0.97 - volume),
        (0.98, -0.66 - volume * 0.8),
        (1.13 + volume * 0.6, -0.2),
        (1.12 + 0.5 * volume, bottom),
    ]
    inner = [(1.03, bottom), (1.04, -0.2), (0.95, -0.45), (0.68, look.hairline + 0.13)]
    right, left = _curve(outer), [(-x, y) for x, y in _curve(outer)]
    line = [
        *_curve([*inner, (look.parting, look.hairline - 0.03)]),
        *_curve([(look.parting, look.hairline - 0.03), *[(-x, y) for x, y in inner[::-1]]]),
    ]
    outline = np.array([*right, *line, *left[::-1]], np.float32)
    mask = _frayed(polygon(pose.project(outline), 9), strands(pose, look))
    canvas.lay(mask, _hair_tone(pose, look), colours["hair"])


def _frayed(mask: Array, ragged: Array) -> Array:
    """Return the mask with an edge as ragged as hair."""
    frayed: Array = np.clip((mask - 0.5 + 0.6 * ragged * mask * (1 - mask)) * 1.6 + 0.5, 0, 1)
    return frayed


def _upright(pose: Pose) -> Pose:
    """Take most of the turn out of a pose: shoulders hardly follow the head."""
    return Pose(pose.roll * 0.2, pose.yaw * 0.3, 0, pose.scale, pose.x, pose.y)


def _hair_tone(pose: Pose, look: Surroundings) -> Array:
    x, y = pixel_grid()
    crown = (pose.y - 0.95 * pose.scale) / (HEIGHT / 2) - 1
    shine = 0.35 * np.exp(-(((y - crown) / 0.12) ** 2)) * (1 - x * x)
    coloured: Array = look.hair * (1 + 0.13 * strands(pose, look) + shine)
    return coloured


def _cloth_tone(look: Surroundings) -> Array:
    x, _ = pixel_grid()
    folds = np.sin(9 * x + look.seed % 7) * np.sin(4 * x + look.seed % 5)
    return look.clothes * (1 + 0.025 * _noise(1.0, 1.5) + 0.10 * folds)


def _neck_tone(pose: Pose, skin: float) -> Array:
    x, y = pixel_grid()
    chin = (pose.y + 1.75 * pose.scale) / (HEIGHT / 2) - 1
    middle = pose.x / (WIDTH / 2) - 1
    shadow = 0.38 * np.exp(-(((y - chin) / 0.16) ** 2))
    sides = 0.25 * np.clip(np.abs(x - middle) / 0.26, 0, 1) ** 3
    shaded: Array = skin * (0.88 - shadow - sides)
    return shaded
