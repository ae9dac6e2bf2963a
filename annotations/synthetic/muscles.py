"""Movements of the landmarks by each action unit.

Amplitudes follow the descriptions of the FACS manual (Ekman, Friesen & Hager
2002) by eye, not by measurement. Lengths are in distances between the eyes,
x to the picture's right, y down, on the mean face, at intensity E.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.synthetic import face_model, landmarks

Array = NDArray[np.floating[Any]]

# Share of an action unit's full movement and shading at intensities A to E.
INTENSITY_GAIN: Mapping[int, float] = {1: 0.28, 2: 0.45, 3: 0.64, 4: 0.83, 5: 1.0}


@dataclass(frozen=True)
class Pull:
    """A smooth pull by (dx, dy) around (x, y), mirrored to the other side.

    `on` limits it: "upper" and "lower" spare the other lip, "upper lid" and
    "lower lid" the other lid, "outer" the inner lip line; "" limits nothing.
    """

    x: float
    y: float
    dx: float
    dy: float
    sx: float
    sy: float
    on: str = ""


PULLS: Mapping[int, tuple[Pull, ...]] = {
    1: (Pull(0.21, -0.29, 0.0, -0.20, 0.20, 0.115), Pull(0.2, -0.5, 0, -0.08, 0.2, 0.15)),
    2: (Pull(0.78, -0.33, 0.0, -0.20, 0.24, 0.13), Pull(0.7, -0.55, 0, -0.07, 0.24, 0.13)),
    4: (
        Pull(0.22, -0.26, -0.09, 0.13, 0.22, 0.15),
        Pull(0.60, -0.33, -0.03, 0.09, 0.26, 0.13),
        Pull(0.50, -0.08, 0.0, 0.02, 0.20, 0.05, "upper lid"),
    ),
    5: (
        Pull(0.50, -0.08, 0.0, -0.055, 0.24, 0.08, "upper lid"),
        Pull(0.50, -0.16, 0.0, -0.03, 0.22, 0.06),
    ),
    6: (
        Pull(0.54, 0.06, 0.0, -0.035, 0.22, 0.06, "lower lid"),
        Pull(0.64, 0.38, 0.0, -0.13, 0.28, 0.22),
        Pull(0.78, 0.02, -0.03, -0.01, 0.12, 0.12),
        Pull(0.72, -0.28, -0.01, 0.03, 0.20, 0.10),
    ),
    7: (
        Pull(0.50, 0.06, 0.0, -0.055, 0.24, 0.07, "lower lid"),
        Pull(0.50, -0.08, 0.0, 0.035, 0.24, 0.06, "upper lid"),
        Pull(0.50, 0.13, 0.0, -0.03, 0.22, 0.05),
    ),
    9: (
        Pull(0.26, 0.50, 0.02, -0.12, 0.15, 0.18),
        Pull(0.20, -0.27, -0.05, 0.10, 0.20, 0.13),
        Pull(0.16, 0.96, 0.0, -0.08, 0.20, 0.09, "upper"),
        Pull(0.42, 0.06, 0.0, -0.02, 0.2, 0.05, "lower lid"),
    ),
    10: (
        Pull(0.20, 0.97, 0.0, -0.13, 0.18, 0.12, "upper"),
        Pull(0.40, 0.76, 0.03, -0.09, 0.18, 0.16),
    ),
    11: (
        Pull(0.38, 0.74, 0.05, -0.12, 0.14, 0.16),
        Pull(0.25, 0.98, 0.01, -0.07, 0.12, 0.10, "upper"),
    ),
    12: (
        Pull(0.39, 1.055, 0.17, -0.16, 0.19, 0.15),
        Pull(0.62, 0.72, 0.05, -0.11, 0.25, 0.22),
        Pull(0.0, 0.95, 0.0, 0.03, 0.2, 0.06, "upper"),
    ),
    13: (Pull(0.39, 1.04, 0.02, -0.16, 0.13, 0.12), Pull(0.55, 0.75, 0, -0.09, 0.2, 0.2)),
    14: (
        Pull(0.39, 1.055, 0.09, -0.015, 0.14, 0.07),
        Pull(0.52, 1.06, -0.04, 0.0, 0.10, 0.12),
        Pull(0.2, 0.96, 0.0, 0.02, 0.15, 0.05, "upper"),
    ),
    15: (Pull(0.38, 1.06, 0.03, 0.17, 0.15, 0.13), Pull(0.45, 1.25, 0.02, 0.05, 0.15, 0.15)),
    16: (Pull(0.16, 1.20, 0.0, 0.12, 0.22, 0.12, "lower"),),
    17: (
        Pull(0.0, 1.52, 0.0, -0.14, 0.34, 0.18),
        Pull(0.0, 1.20, 0.0, -0.10, 0.26, 0.12, "lower"),
        Pull(0.0, 1.00, 0.0, -0.05, 0.24, 0.10, "upper"),
        Pull(0.38, 1.06, 0.0, 0.03, 0.12, 0.10),
    ),
    18: (Pull(0.36, 1.055, -0.16, 0.0, 0.18, 0.14),),
    20: (Pull(0.39, 1.07, 0.18, 0.03, 0.20, 0.15),),
    21: (),
    23: (
        Pull(0.14, 0.96, 0.0, 0.075, 0.26, 0.05, "upper outer"),
        Pull(0.12, 1.21, 0.0, -0.10, 0.26, 0.07, "lower outer"),
        Pull(0.38, 1.055, -0.09, 0.0, 0.14, 0.10),
    ),
    24: (
        Pull(0.14, 0.96, 0.0, 0.05, 0.28, 0.06, "upper outer"),
        Pull(0.12, 1.21, 0.0, -0.075, 0.28, 0.08, "lower outer"),
        Pull(0.38, 1.055, 0.03, 0.01, 0.14, 0.08),
        Pull(0.0, 0.85, 0.0, 0.04, 0.3, 0.08),
    ),
    25: (
        Pull(0.12, 1.0, 0.0, -0.045, 0.20, 0.12, "upper"),
        Pull(0.12, 1.15, 0.0, 0.075, 0.22, 0.16, "lower"),
    ),
    26: (Pull(0.1, 1.0, 0, -0.02, 0.2, 0.1, "upper"),),
    27: (
        Pull(0.10, 1.0, 0.0, -0.07, 0.25, 0.12, "upper"),
        Pull(0.39, 1.06, -0.04, 0.13, 0.18, 0.14),
        Pull(0.70, 0.9, -0.05, 0.10, 0.25, 0.3),
    ),
    28: (
        Pull(0.14, 0.96, 0.0, 0.10, 0.28, 0.05, "upper outer"),
        Pull(0.12, 1.21, 0.0, -0.13, 0.28, 0.07, "lower outer"),
    ),
}
JAW_DROP: Mapping[int, float] = {26: 0.31, 27: 0.52}
UNITS: tuple[int, ...] = tuple(sorted(PULLS))


def _allowed(on: str) -> Array:
    """Weigh each landmark (468,) under a pull's limit."""
    weight = np.ones(face_model.LANDMARKS, np.float32)
    if "upper" in on.split() and "lid" not in on:
        weight[list(landmarks.LOWER_LIP)] = 0
    if "lower" in on.split() and "lid" not in on:
        weight[list(landmarks.UPPER_LIP)] = 0
    if on == "upper lid":
        weight[list(landmarks.LOWER_LIDS)] = 0
    if on == "lower lid":
        weight[list(landmarks.UPPER_LIDS)] = 0
    if "outer" in on:
        inner = {*landmarks.MOUTH_INNER_UPPER, *landmarks.MOUTH_INNER_LOWER}
        weight[list(inner)] = 0
    return weight


def _pull_field(pull: Pull, shape: Array, side: int) -> Array:
    distance = ((shape[:, 0] - side * pull.x) / pull.sx) ** 2
    distance = distance + ((shape[:, 1] - pull.y) / pull.sy) ** 2
    weight = np.exp(-0.5 * distance) * _allowed(pull.on)
    shift: Array = weight[:, None] * np.array([side * pull.dx, pull.dy], np.float32)
    return shift


def _jaw_field(drop: float, shape: Array) -> Array:
    """Swing the jaw: all below the lips follows the chin, less towards the ears."""
    x, y = shape[:, 0], shape[:, 1]
    depth = np.clip((y - 0.95) / 0.4, 0, 1)
    weight = depth * depth * (3 - 2 * depth) * np.exp(-((x / 0.85) ** 4))
    lower = list(landmarks.LOWER_LIP)
    weight[lower] = 0.8 * np.clip(1 - (np.abs(x[lower]) / 0.42) ** 2.5, 0, 1)
    weight[list(landmarks.UPPER_LIP)] = 0
    field = np.zeros_like(shape)
    field[:, 1] = drop * weight
    return field


@lru_cache(maxsize=1)
def fields() -> Mapping[int, tuple[Array, Array]]:
    """Compute the displacements by each action unit at intensity E, one field per side.

    Returns
    -------
    mapping
        Action unit -> (picture's left, picture's right), each (468, 2). A pull
        on the midline is shared out half and half.
    """
    shape = face_model.load().shape_mean
    result = {}
    for unit, pulls in PULLS.items():
        sides = []
        for side in (-1, 1):
            field = np.zeros_like(shape)
            for pull in pulls:
                share = 0.5 if pull.x == 0 else 1.0
                field += share * _pull_field(pull, shape, side)
            if unit in JAW_DROP:
                field += 0.5 * _jaw_field(JAW_DROP[unit], shape)
            sides.append(field)
        result[unit] = (sides[0], sides[1])
    return result


@dataclass(frozen=True)
class Action:
    """One action unit at work: strength 0..1 on the picture's left and right."""

    unit: int
    left: float
    right: float


def move(shape: Array, actions: tuple[Action, ...]) -> Array:
    """Move landmarks (468, 2) by the actions, and keep lips and lids from crossing."""
    moved = shape.copy()
    jaw_opens = any(action.unit in JAW_DROP for action in actions)
    lip_raised = any(action.unit in (10, 16) and action.left > 0.2 for action in actions)
    for action in actions:
        left, right = fields()[action.unit]
        # What already parts the lips (a falling jaw, a raised lip) leaves AU 25 little to add.
        share = 1.0
        if action.unit == 25:
            share = 0.35 if jaw_opens else 0.6 if lip_raised else 1.0
        moved += share * (action.left * left + action.right * right)
    for upper, lower, gap in (
        (landmarks.MOUTH_INNER_UPPER, landmarks.MOUTH_INNER_LOWER, 0.012),
        (landmarks.RIGHT_EYE_UPPER, landmarks.RIGHT_EYE_LOWER, 0.055),
        (landmarks.LEFT_EYE_UPPER, landmarks.LEFT_EYE_LOWER, 0.055),
    ):
        _keep_apart(moved, list(upper[1:-1]), list(lower[1:-1]), gap)
    for outer, rows, inner in (
        (landmarks.MOUTH_OUTER_UPPER, landmarks.UPPER_LIP_ROWS, landmarks.MOUTH_INNER_UPPER),
        (landmarks.MOUTH_OUTER_LOWER, landmarks.LOWER_LIP_ROWS, landmarks.MOUTH_INNER_LOWER),
    ):
        _keep_lip(moved, shape, list(outer[1:-1]), rows, list(inner[1:-1]))
    return moved


def _keep_apart(shape: Array, upper: list[int], lower: list[int], gap: float) -> None:
    missing = np.clip(gap - (shape[lower, 1] - shape[upper, 1]), 0, None) / 2
    shape[upper, 1] -= missing
    shape[lower, 1] += missing


def _keep_lip(
    moved: Array,
    rest: Array,
    outer: list[int],
    rows: tuple[tuple[int, ...], ...],
    inner: list[int],
) -> None:
    """Keep a lip at least two fifths as thick as at rest, its rows evenly spread."""
    thick = rest[inner, 1] - rest[outer, 1]
    sign = np.sign(thick.sum())
    least = np.maximum(0.4 * sign * thick, 0.012)
    missing = np.clip(least - sign * (moved[inner, 1] - moved[outer, 1]), 0, None)
    moved[outer, 1] -= sign * missing
    for row, share in zip(rows, (0.4, 0.75), strict=True):
        middle = moved[outer] + np.float32(share) * (moved[inner] - moved[outer])
        moved[list(row), 1] = middle[:, 1]
