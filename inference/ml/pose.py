"""The pose of a head, from FaceMesh's landmarks in three dimensions, and the landmarks without it.

The mean shape is turned, enlarged and moved until it lies best on the landmarks that expressions
move least (Procrustes; Kabsch 1976, Umeyama 1991), as MediaPipe's face geometry does.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotations.facs.head_pose import Pose

#: Forehead, temples, corners of the eyes, ridge of the nose: over bone, with no muscle to speak of.
_BONY = (10, 109, 338, 67, 297, 54, 284, 127, 356, 162, 389, 234, 454, 33, 133, 362, 263, 168,
         6, 197, 195, 5)  # fmt: skip
_MEAN_SHAPE = Path(__file__).with_name("mean_shape.npy")


def fit_pose(points: NDArray[np.float32]) -> tuple[Pose, NDArray[np.float32]]:
    """Estimate a head's pose, and take it out of the landmarks.

    Parameters
    ----------
    points
        (468, 3) FaceMesh's landmarks, in pixels: x right, y down, z away from the camera.

    Returns
    -------
    Pose, NDArray
        The pose, relative to the mean shape, and the landmarks (468, 3) facing the camera in units
        of the mean shape: the middle of its eyes at 0, in its eye distances.
    """
    bony = list(_BONY)
    shape = _mean_shape()
    known, seen = shape[bony], points[bony].astype(np.float64)
    middle, origin = seen.mean(axis=0), known.mean(axis=0)
    u, spread, v = np.linalg.svd((seen - middle).T @ (known - origin))
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ v))])  # no mirror image
    turn = (u * sign) @ v
    scale = float((spread * sign).sum() / ((known - origin) ** 2).sum())
    aligned = (points - middle) @ turn / scale + origin
    return _angles(turn), aligned.astype(np.float32)


def mirrored(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the landmarks of a face's mirror image.

    Parameters
    ----------
    landmarks
        (468, 3) facing the camera, from `fit_pose`.
    """
    return landmarks[twins()] * np.array([-1, 1, 1], dtype=np.float32)


@lru_cache(maxsize=1)
def twins() -> NDArray[np.int64]:
    """Return which landmark (468,) lies opposite each; one in the middle is its own twin.

    FaceMesh's makers publish no such table; it is the pairing that brings the mean shape nearest to
    its mirror image.
    """
    # Here, not above: web processes import this module, and SciPy takes 40 MB.
    from scipy.optimize import linear_sum_assignment

    shape = _mean_shape()
    apart = ((shape[:, None] - shape * [-1, 1, 1]) ** 2).sum(axis=-1)
    return np.asarray(linear_sum_assignment(apart + apart.T)[1], dtype=np.int64)


def _angles(turn: NDArray[np.float64]) -> Pose:
    """Take a rotation apart: first nodded, then turned, then leant."""
    yaw = np.arcsin(np.clip(turn[2, 0], -1, 1))
    pitch = -np.arctan2(turn[2, 1], turn[2, 2])  # y goes down, and looking up is above 0
    roll = np.arctan2(turn[1, 0], turn[0, 0])
    return Pose(*(round(float(np.degrees(angle)), 1) for angle in (yaw, pitch, roll)))


@lru_cache(maxsize=1)
def _mean_shape() -> NDArray[np.float64]:
    return np.asarray(np.load(_MEAN_SHAPE, allow_pickle=False), dtype=np.float64)
