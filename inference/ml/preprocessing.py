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

from annotations.facs.head_pose import TURNED_FAR, Pose
from annotations.facs.picture_quality import Quality
from inference.ml.face_detector import COUNTING_SHARE, find_faces
from inference.ml.facemesh import eyes_of
from inference.ml.framing import FRAMINGS, PRIOR_FRAMING, PRIOR_SIZE, corners_of, cut
from inference.ml.geometry import distances
from inference.ml.pose import fit_pose

#: Changes whenever the same file would give another array; cached features are keyed by it.
PREPROCESSING_VERSION = 5


#: Without a face: side of the centred square crop, as a share of the shorter side.
_FALLBACK_SHARE = 0.86

#: Limits for calling a picture hard to read: eye distance in pixels; grey levels of 255.
_TINY_EYE_DISTANCE = 20.0
_DARK_MEAN = 30.0
#: Blur: what the Laplacian keeps of the face's contrast, at one size for all pictures. On the demo
#: faces it is 0.30 to 0.69; after a Gaussian blur of 9 pixels (80 between the eyes) 0.03 to 0.08.
_BLURRED_SHARE = 0.1
_JUDGED_SIZE = 112
_JUDGED = FRAMINGS["wide"]  # whatever the model sees, so that its limits hold

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
    angles
        (3,) the head's yaw, pitch and roll, in degrees.
    """

    box: NDArray[np.float32]
    corners: NDArray[np.float32]
    points: NDArray[np.float32]
    angles: NDArray[np.float32]

    @property
    def pose(self) -> Pose:
        """The head's pose."""
        return Pose(*(round(float(angle), 1) for angle in self.angles))


@dataclass(frozen=True)
class PreparedFace:
    """A picture as the network sees it.

    Attributes
    ----------
    crop
        (size, size, 3) uint8 RGB, upright by the eyes; the picture's middle without a face.
    landmarks
        (468, 3) as they would be if the head faced the camera, in eye distances; None without a
        face.
    detection
        None without a face.
    grey
        (64, 64) uint8 what the expression prior sees (`framing.PRIOR_FRAMING`); the picture's
        middle without a face.
    """

    crop: NDArray[np.uint8]
    landmarks: NDArray[np.float32] | None
    quality: Quality
    detection: Detection | None
    grey: NDArray[np.uint8]

    @property
    def geometry(self) -> NDArray[np.float32] | None:
        """The landmarks as a model sees them: (861,) distances; None without a face."""
        return None if self.landmarks is None else distances(self.landmarks)


def prepare(image: NDArray[np.uint8], size: int, framing: str = "tight") -> PreparedFace:
    """Find the face of a picture, align it by the eyes, and crop it.

    Parameters
    ----------
    image
        (h, w, 3) upright RGB.
    size
        The crop's side, in pixels.
    framing
        Name of one of `framing.FRAMINGS`: how much of the face's surroundings is in the crop.

    Returns
    -------
    PreparedFace
        Where no face is found: the middle of the picture, without landmarks.
    """
    faces = find_faces(image)
    if not faces:
        grey = _grey(_middle(image, PRIOR_SIZE))
        return PreparedFace(_middle(image, size), None, Quality.NO_FACE, None, grey)
    read, *others = faces
    flat = read.points[:, :2]
    middle, across = _eyes(flat)
    seen = FRAMINGS[framing]
    crop = cut(image, seen, middle, across, size)
    pose, landmarks = fit_pose(read.points)
    several = any(other.box.height >= COUNTING_SHARE * read.box.height for other in others)
    quality = Quality.SEVERAL_FACES if several else _quality(image, middle, across, pose)
    detection = Detection(
        read.box.edges.astype(np.float32),
        corners_of(seen, middle, across),
        flat,
        np.array([pose.yaw, pose.pitch, pose.roll], dtype=np.float32),
    )
    grey = _grey(cut(image, PRIOR_FRAMING, middle, across, PRIOR_SIZE))
    return PreparedFace(crop, landmarks, quality, detection, grey)


def _grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn RGB into luma by ITU-R BT.601, as OpenCV and PIL do."""
    return np.asarray(Image.fromarray(picture).convert("L"), dtype=np.uint8)


def _eyes(points: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the middle between the eyes, and the vector from the subject's right eye to left."""
    right, left = eyes_of(points)
    return (right + left) / 2, left - right


def _quality(
    image: NDArray[np.uint8],
    middle: NDArray[np.float64],
    across: NDArray[np.float64],
    pose: Pose,
) -> Quality:
    if np.hypot(*across) < _TINY_EYE_DISTANCE:
        return Quality.TINY
    if pose.turned > TURNED_FAR:
        return Quality.EXTREME_POSE
    seen = cut(image, _JUDGED, middle, across, 2 * _JUDGED_SIZE).astype(np.float32)
    # Averaged, not resized by PIL: rounding to whole grey levels would pass for sharpness.
    # As sums of slices, which take a tenth of what `mean` takes over short axes.
    grey = seen[..., 0] + seen[..., 1] + seen[..., 2]
    grey = (grey[::2, ::2] + grey[1::2, ::2] + grey[::2, 1::2] + grey[1::2, 1::2]) / 12
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
