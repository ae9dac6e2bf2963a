"""Head pose and the warp from the model's canvas to the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import map_coordinates

from annotations.synthetic import face_model, landmarks

Array = NDArray[np.floating[Any]]
WIDTH, HEIGHT = 640, 490  # as in CK+
_OVAL = list(landmarks.FACE_OVAL)


@dataclass(frozen=True)
class Pose:
    """Pose of the head: angles in radians, scale and place in picture pixels."""

    roll: float
    yaw: float
    pitch: float
    scale: float
    x: float
    y: float

    def project(self, points: Array) -> Array:
        """Project points (n, 2) in face units to picture pixels (n, 2)."""
        depth = _depth(points)
        x = points[:, 0] * np.cos(self.yaw) + depth * np.sin(self.yaw)
        y = points[:, 1] * np.cos(self.pitch) - depth * np.sin(self.pitch)
        turned_x = x * np.cos(self.roll) - y * np.sin(self.roll)
        turned_y = x * np.sin(self.roll) + y * np.cos(self.roll)
        pixels = np.stack([turned_x, turned_y], axis=1) * self.scale
        moved: Array = (pixels + np.array([self.x, self.y])).astype(np.float32)
        return moved


def _depth(points: Array) -> Array:
    """Estimate the rough relief of a head towards the camera, in face units."""
    x, y = points[:, 0], points[:, 1]
    bowl = np.clip(1 - (x / 1.35) ** 2 - ((y - 0.35) / 1.75) ** 2, 0, 1)
    nose = 0.32 * np.exp(-((x / 0.2) ** 2) - ((y - 0.55) / 0.28) ** 2)
    depth: Array = 0.9 * np.sqrt(bowl) + nose
    return depth


def with_rings(shape: Array) -> Array:
    """Add the two outer rings (80 points) around a moved shape (468, 2).

    The rings follow the face's outline at half and a tenth of its movement.
    """
    model = face_model.load()
    mean = model.points[: face_model.LANDMARKS]
    rings = model.points[face_model.LANDMARKS :]
    offset = shape[_OVAL] - mean[_OVAL]
    distance = np.linalg.norm(rings[:, None] - mean[_OVAL][None], axis=2)
    weight = np.exp(-distance / 0.15)
    weight /= weight.sum(axis=1, keepdims=True)
    share = np.repeat([0.9, 0.3], len(rings) // 2)[:, None]
    moved = rings + share * (weight @ offset)
    return np.concatenate([shape, moved]).astype(np.float32)


def warp(texture: Array, points: Array) -> Array:
    """Carry the canvas texture to the picture.

    Triangles are painted with their number by Pillow, then all pixels look
    up their own affine map at once; pixels outside the mesh are zero.

    Parameters
    ----------
    texture
        (512, 512) on the working canvas.
    points
        (548, 2) picture pixels of the landmarks and rings.

    Returns
    -------
    Array
        (490, 640) picture.
    """
    model = face_model.load()
    corners = points[model.triangles]
    numbers = Image.new("I", (WIDTH, HEIGHT), 0)
    draw = ImageDraw.Draw(numbers)
    for index, triangle in enumerate(corners.reshape(-1, 6).tolist(), start=1):
        draw.polygon(triangle, fill=index)
    owner = np.asarray(numbers)
    rows, columns = np.nonzero(owner)
    targets = model.canvas_points[model.triangles]
    number = owner[rows, columns] - 1
    maps = _inverse_maps(corners, targets)[number]
    place = np.stack([columns, rows, np.ones_like(rows)]).astype(np.float32)
    source_x = np.einsum("ni,in->n", maps[:, 0], place)
    source_y = np.einsum("ni,in->n", maps[:, 1], place)
    # A nearly collapsed triangle's map explodes beyond it: stay on its target.
    low, high = targets.min(axis=1)[number], targets.max(axis=1)[number]
    source_x = np.clip(source_x, low[:, 0], high[:, 0])
    source_y = np.clip(source_y, low[:, 1], high[:, 1])
    picture = np.zeros((HEIGHT, WIDTH), np.float32)
    picture[rows, columns] = map_coordinates(texture, [source_y, source_x], order=1, mode="nearest")
    return picture


def _inverse_maps(corners: Array, targets: Array) -> Array:
    """Solve for affine maps (n, 2, 3) taking each triangle (n, 3, 2) onto its target."""
    ones = np.ones((*corners.shape[:2], 1), np.float32)
    system = np.concatenate([corners, ones], axis=2).astype(np.float64)
    flat = np.abs(np.linalg.det(system)) < 1e-3
    system[flat] += np.eye(3) * 0.5  # a collapsed triangle covers no pixel to speak of
    return np.linalg.solve(system, targets).transpose(0, 2, 1).astype(np.float32)


def polygon(points: Array, soften: float = 0.0) -> Array:
    """Draw a polygon of picture pixels, its edge blurred, as coverage 0..1 (490, 640)."""
    half = Image.new("L", (WIDTH // 2, HEIGHT // 2))
    ImageDraw.Draw(half).polygon((points / 2).ravel().tolist(), fill=255)
    if soften:
        half = half.filter(ImageFilter.GaussianBlur(soften / 2))
    full = half.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)
    return np.asarray(full, np.float32) / 255
