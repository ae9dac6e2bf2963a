"""The statistical face: sampling of shapes and textures that belong to nobody."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom
from scipy.spatial import Delaunay

MODEL_PATH = Path(__file__).with_name("face_model.npz")
LANDMARKS = 468
RESOLUTION = 2  # working canvas pixels per pixel of the model's texture
SHAPE_SPREAD = 0.5  # whole deviations include pose and look strained
TEXTURE_SPREAD = 0.85

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class FaceModel:
    """Mean and modes, with the working canvas and its triangles.

    Attributes
    ----------
    shape_mean
        (468, 2) landmarks; the unit is the distance between the eyes, y goes down.
    shape_modes
        (12, 468, 2), already multiplied by their deviations.
    texture_mean
        (256, 256); the unit is a face's own contrast.
    texture_modes
        (40, 65536), already multiplied by their deviations.
    points
        (548, 2) landmarks and outer rings in face units on the mean face.
    canvas_points
        (548, 2) the same in pixels (x, y) of the working canvas.
    triangles
        (n, 3) indices into the points.
    scale, origin
        Working canvas pixel = face unit * scale + origin.
    """

    shape_mean: Array
    shape_modes: Array
    texture_mean: Array
    texture_modes: Array
    points: Array
    canvas_points: Array
    triangles: NDArray[np.int32]
    scale: float
    origin: Array
    face_mask: Array
    mirror: NDArray[np.int16]
    brightness: tuple[float, float]
    contrast: tuple[float, float]

    @property
    def size(self) -> int:
        """Side of the working canvas in pixels."""
        return int(self.texture_mean.shape[0] * RESOLUTION)


@dataclass(frozen=True)
class Identity:
    """One person who does not exist: shape (468, 2) and texture (512, 512)."""

    shape: Array
    texture: Array


@lru_cache(maxsize=1)
def load() -> FaceModel:
    """Read the model and precompute its triangulation."""
    with np.load(MODEL_PATH) as data:
        arrays = {name: data[name] for name in data.files}
    std = arrays["shape_std"][:, None, None]
    gains = (arrays["texture_modes_scale"] * arrays["texture_std"])[:, None]
    modes = arrays["texture_modes"].reshape(len(gains), -1).astype(np.float32)
    raw_points = arrays["canvas_points"]
    return FaceModel(
        shape_mean=arrays["shape_mean"].astype(np.float32),
        shape_modes=(arrays["shape_modes"] * std).astype(np.float32),
        texture_mean=arrays["texture_mean"].astype(np.float32),
        texture_modes=modes * gains.astype(np.float32),
        points=((raw_points - arrays["canvas_origin"]) / arrays["canvas_scale"]).astype(np.float32),
        canvas_points=(raw_points * RESOLUTION).astype(np.float32),
        triangles=Delaunay(raw_points).simplices.astype(np.int32),
        scale=float(arrays["canvas_scale"]) * RESOLUTION,
        origin=(arrays["canvas_origin"] * RESOLUTION).astype(np.float32),
        face_mask=arrays["face_mask"].astype(np.float32),
        mirror=arrays["mirror"],
        brightness=tuple(arrays["light_mean"].astype(float)[::-1]),
        contrast=tuple(arrays["light_contrast"].astype(float)[::-1]),
    )


def sample_identity(rng: np.random.Generator) -> Identity:
    """Draw a person: shape and texture coefficients, then pores and sharpness.

    The model's own texture is soft (it is a mean of many); unsharp masking
    and a fine skin grain bring back the look of a photograph.
    """
    model = load()
    shape_weights = rng.normal(0, SHAPE_SPREAD, len(model.shape_modes)).clip(-1.2, 1.2)
    texture_weights = rng.normal(0, TEXTURE_SPREAD, len(model.texture_modes)).clip(-1.8, 1.8)
    # einsum sums in a fixed order; BLAS would depend on the machine's threads.
    shape = model.shape_mean + np.einsum(
        "k,kij->ij", shape_weights.astype(np.float32), model.shape_modes
    )
    texture = np.einsum("k,kp->p", texture_weights.astype(np.float32), model.texture_modes)
    small = model.texture_mean + texture.reshape(model.texture_mean.shape)
    large = zoom(small, RESOLUTION, order=3, mode="nearest", grid_mode=True)
    return Identity(shape.astype(np.float32), _sharpen(large) + _skin_grain(rng, large.shape))


def _sharpen(texture: Array) -> Array:
    sharp: Array = (
        texture
        + 0.9 * (texture - gaussian_filter(texture, 5))
        + 0.5 * (texture - gaussian_filter(texture, 12))
    )
    return sharp


def _skin_grain(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw pores (1-2 pixels) and mottling (about 6 pixels), in units of contrast."""
    noise = rng.standard_normal(shape, dtype=np.float32)
    pores = gaussian_filter(noise, 0.8) - gaussian_filter(noise, 2.0)
    mottling = gaussian_filter(noise[::-1], 5)
    strength = rng.uniform(0.7, 1.3)
    texture: Array = (strength * (0.22 * pores + 0.8 * mottling)).astype(np.float32)
    return texture
