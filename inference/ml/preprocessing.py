"""The only decoding, aligning, cropping and normalising in the product.

Training and prediction both come through here, so they cannot drift apart.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from annotations.facs.picture_quality import Quality
from inference.ml.face_detector import COUNTING_SHARE, find_faces
from inference.ml.facemesh import eyes_of

#: Changes whenever the same file would give another array; cached features are keyed by it.
PREPROCESSING_VERSION = 3

#: Where the eyes come to lie in the aligned crop, and how far apart, as shares of its side. The
#: rest is margin: a dropped jaw (AU26, AU27) reaches 2.2 eye distances below the eyes.
EYES_AT = (0.5, 0.36)
EYE_DISTANCE = 0.28

_NOSE_TIP = 1

#: Without a face: side of the centred square crop, as a share of the shorter side.
_FALLBACK_SHARE = 0.86

#: Limits for calling a picture hard to read. Eye distance in pixels; yaw as the nose tip's distance
#: from the middle of the eyes, in eye distances; grey levels of 255.
_TINY_EYE_DISTANCE = 20.0
_EXTREME_YAW = 0.45
_DARK_MEAN = 30.0
#: Blur: what the Laplacian keeps of the face's contrast, at one size for all pictures. On the demo
#: faces it is 0.30 to 0.69; after a Gaussian blur of 9 pixels (80 between the eyes) 0.03 to 0.08.
_BLURRED_SHARE = 0.1
_JUDGED_SIZE = 112

#: Mean BGR of ImageNet, as in Keras's `vgg16.preprocess_input` (mode "caffe").
IMAGENET_BGR_MEAN = np.array([103.939, 116.779, 123.68], dtype=np.float32)


def load_face(source: Path | bytes) -> NDArray[np.uint8]:
    """Decode a picture to upright 8-bit RGB.

    Greyscale, 16-bit, palette, alpha, CMYK and EXIF-rotated pictures give what their upright
    8-bit RGB twin gives.

    Parameters
    ----------
    source
        A picture's path or bytes.

    Returns
    -------
    NDArray
        (height, width, 3).

    Raises
    ------
    OSError
        The picture cannot be read.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    with Image.open(stream) as picture:
        upright = ImageOps.exif_transpose(picture)
        if upright.mode.startswith("I"):
            levels = np.asarray(upright.convert("I"), dtype=np.float64)
            scaled = np.clip(np.rint(levels / 257.0), 0, 255).astype(np.uint8)
            upright = Image.fromarray(scaled, mode="L")
        if upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info:
            upright = _on_black(upright)
        return np.asarray(upright.convert("RGB"), dtype=np.uint8)


def _on_black(picture: Image.Image) -> Image.Image:
    layered = picture.convert("RGBA")
    ground = Image.new("RGBA", layered.size, (0, 0, 0, 255))
    return Image.alpha_composite(ground, layered)


@dataclass(frozen=True)
class Detection:
    """A face's box, crop and landmarks, in pixels of the upright picture.

    Attributes
    ----------
    box
        (4,) left, top, right, bottom, as BlazeFace found it.
    corners
        (4, 2) corners of the crop that the network sees, clockwise from the upper left.
    points
        (468, 2) FaceMesh's landmarks.
    """

    box: NDArray[np.float32]
    corners: NDArray[np.float32]
    points: NDArray[np.float32]


@dataclass(frozen=True)
class PreparedFace:
    """A picture as the network sees it.

    Attributes
    ----------
    crop
        (size, size, 3) uint8 RGB, upright by the eyes; the picture's middle without a face.
    geometry
        (936,) landmarks x and y, the middle of the eyes at 0, in eye distances; None without a
        face.
    detection
        None without a face.
    """

    crop: NDArray[np.uint8]
    geometry: NDArray[np.float32] | None
    quality: Quality
    detection: Detection | None


def prepare(image: NDArray[np.uint8], size: int) -> PreparedFace:
    """Find the face of a picture, align it by the eyes, and crop it.

    Parameters
    ----------
    image
        (h, w, 3) upright RGB.
    size
        The crop's side, in pixels.

    Returns
    -------
    PreparedFace
        Where no face is found: the middle of the picture, without landmarks.
    """
    faces = find_faces(image)
    if not faces:
        return PreparedFace(_middle(image, size), None, Quality.NO_FACE, None)
    read, *others = faces
    flat = read.points[:, :2]
    middle, across = _eyes(flat)
    distance = float(np.hypot(*across))
    crop = _aligned(image, middle, across, size)
    turn = np.array([[across[0], across[1]], [-across[1], across[0]]]) / distance**2
    geometry = ((flat - middle) @ turn.T).astype(np.float32)
    several = any(other.height >= COUNTING_SHARE * read.height for other in others)
    quality = Quality.SEVERAL_FACES if several else _quality(image, middle, across, geometry)
    detection = Detection(np.array(read.box, dtype=np.float32), _corners(middle, across), flat)
    return PreparedFace(crop, geometry.ravel(), quality, detection)


def _eyes(points: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the middle between the eyes, and the vector from the subject's right eye to left."""
    right, left = eyes_of(points)
    return (right + left) / 2, left - right


def _corners(middle: NDArray[np.float64], across: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the corners of the aligned crop, in pixels of the picture."""
    side = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) - EYES_AT  # in sides, from the eyes
    down = np.array([-across[1], across[0]])
    corners = middle + (side[:, :1] * across + side[:, 1:] * down) / EYE_DISTANCE
    return np.asarray(corners, dtype=np.float32)


def _aligned(
    image: NDArray[np.uint8], middle: NDArray[np.float64], across: NDArray[np.float64], size: int
) -> NDArray[np.uint8]:
    scale = float(np.hypot(*across)) / (EYE_DISTANCE * size)
    picture = Image.fromarray(image)
    factor = int(scale)
    if factor > 1:  # sampling points alone would alias
        picture = picture.reduce(factor)
        middle, across, scale = middle / factor, across / factor, scale / factor
    cos, sin = across / np.hypot(*across) * scale
    # PIL asks where each pixel of the crop comes from: x = a u + b v + c, y = d u + e v + f.
    u, v = EYES_AT[0] * size, EYES_AT[1] * size
    c, f = middle[0] - cos * u + sin * v, middle[1] - sin * u - cos * v
    crop = picture.transform(
        (size, size), Image.Transform.AFFINE, (cos, -sin, c, sin, cos, f),
        Image.Resampling.BILINEAR,
    )  # fmt: skip
    return np.asarray(crop, dtype=np.uint8)


def _quality(
    image: NDArray[np.uint8],
    middle: NDArray[np.float64],
    across: NDArray[np.float64],
    geometry: NDArray[np.float32],
) -> Quality:
    if np.hypot(*across) < _TINY_EYE_DISTANCE:
        return Quality.TINY
    if abs(geometry[_NOSE_TIP, 0]) > _EXTREME_YAW:
        return Quality.EXTREME_POSE
    grey = _aligned(image, middle, across, 2 * _JUDGED_SIZE).mean(axis=2)
    # Averaged, not resized by PIL: rounding to whole grey levels would pass for sharpness.
    grey = grey.reshape(_JUDGED_SIZE, 2, _JUDGED_SIZE, 2).mean(axis=(1, 3))
    face = grey[_JUDGED_SIZE // 5 : -_JUDGED_SIZE // 8, _JUDGED_SIZE // 5 : -_JUDGED_SIZE // 5]
    if face.mean() < _DARK_MEAN:
        return Quality.DARK
    laplacian = 4 * face[1:-1, 1:-1] - face[:-2, 1:-1] - face[2:, 1:-1]
    laplacian = laplacian - face[1:-1, :-2] - face[1:-1, 2:]
    blurred = laplacian.std() < _BLURRED_SHARE * face.std()
    return Quality.BLURRED if blurred else Quality.GOOD


def middle_corners(height: int, width: int) -> NDArray[np.float32]:
    """Return where the crop of a picture without a face lies.

    Parameters
    ----------
    height, width
        The picture's, in pixels.

    Returns
    -------
    NDArray
        (4, 2) corners (x, y), clockwise from the upper left.
    """
    left, top, side = _middle_square(height, width)
    corners = [[0, 0], [side, 0], [side, side], [0, side]]
    return np.array(corners, dtype=np.float32) + np.array([left, top], dtype=np.float32)


def _middle_square(height: int, width: int) -> tuple[int, int, int]:
    """Return the left, top and side of the centred square."""
    side = max(1, round(min(height, width) * _FALLBACK_SHARE))
    return (width - side) // 2, (height - side) // 2, side


def _middle(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Cut the centred square out of `image` (h, w, 3), resized to (size, size, 3)."""
    left, top, side = _middle_square(*image.shape[:2])
    crop = Image.fromarray(image[top : top + side, left : left + side])
    return np.asarray(crop.resize((size, size), Image.Resampling.BILINEAR), dtype=np.uint8)


def normalise(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn RGB into what Keras's VGG16 expects: BGR minus ImageNet's mean.

    Parameters
    ----------
    images
        (..., 3) RGB, 0 to 255.

    Returns
    -------
    NDArray
        (..., 3).
    """
    return images[..., ::-1].astype(np.float32) - IMAGENET_BGR_MEAN
