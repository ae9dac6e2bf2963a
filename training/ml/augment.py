"""Augmented copies of a face: what may change without changing its labels.

Every copy is a mirror image, as action units are coded without laterality: a model sees each face
from both sides.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inference.ml.pose import mirrored
from inference.ml.preprocessing import PreparedFace

_ROTATION_DEGREES = 10.0
_ZOOM = 0.10
_SHIFT = 0.04  # of the side
_BRIGHTNESS = 0.25
_CONTRAST = 0.25
_LANDMARK_NOISE = 0.01  # eye distances

#: Digest of this file: copies that another version of it made are not these.
AUGMENTATION = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]


def augment(image: NDArray[np.uint8], key: str) -> NDArray[np.uint8]:
    """Return a changed copy of a picture: flipped, turned, zoomed, shifted, brighter or darker.

    Parameters
    ----------
    image
        (s, s, 3) RGB.
    key
        The same key always gives the same copy.

    Returns
    -------
    NDArray
        (s, s, 3).
    """
    generator = np.random.default_rng(list(key.encode()))
    size = image.shape[0]
    angle = np.deg2rad(generator.uniform(-_ROTATION_DEGREES, _ROTATION_DEGREES))
    zoom = 1 + generator.uniform(-_ZOOM, _ZOOM)
    shift = generator.uniform(-_SHIFT, _SHIFT, 2) * size
    matrix = np.array(
        [
            [-np.cos(angle) * zoom, np.sin(angle) * zoom],
            [np.sin(angle) * zoom, np.cos(angle) * zoom],
        ]
    )
    middle = np.full(2, (size - 1) / 2)
    offset = middle - matrix @ middle + shift
    coefficients = (*matrix[0], offset[0], *matrix[1], offset[1])
    moved = Image.fromarray(image).transform(
        (size, size), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR,
        fillcolor=tuple(int(level) for level in image.mean(axis=(0, 1))),
    )  # fmt: skip
    levels = np.asarray(moved, dtype=np.float32)
    contrast = 1 + generator.uniform(-_CONTRAST, _CONTRAST)
    brightness = 1 + generator.uniform(-_BRIGHTNESS, _BRIGHTNESS)
    mean = levels.mean()
    changed = np.rint(((levels - mean) * contrast + mean) * brightness)
    result: NDArray[np.uint8] = np.clip(changed, 0, 255).astype(np.uint8)
    return result


def augment_face(face: PreparedFace, key: str) -> PreparedFace:
    """Return a changed copy of a prepared face.

    Its landmarks are mirrored with the crop and tremble, as a detector's do. They are aligned, so
    turning and zooming the crop does not move them.

    Parameters
    ----------
    face
        From `inference.ml.preprocessing.prepare`.
    key
        The same key always gives the same copy.
    """
    landmarks = face.landmarks
    if landmarks is not None:
        generator = np.random.default_rng([1, *key.encode()])
        noise = generator.normal(0, _LANDMARK_NOISE, landmarks.shape)
        landmarks = mirrored((landmarks + noise).astype(np.float32))
    grey = augment(np.repeat(face.grey[..., None], 3, axis=2), key)[..., 0]
    return replace(face, crop=augment(face.crop, key), landmarks=landmarks, grey=grey)
