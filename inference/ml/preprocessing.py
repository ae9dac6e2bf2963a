"""The only decoding, cropping, resizing and normalising in the product.

Training and prediction both come through here, so they cannot drift apart.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

#: Changes whenever the same file would give another array; cached features are keyed by it.
PREPROCESSING_VERSION = 1

#: Side of the centred square crop, as a share of the shorter side. CK+'s faces sit in the
#: middle of 640x490; finding the face itself is a later step.
CROP_SHARE = 0.86

#: Mean BGR of ImageNet, as in Keras's `vgg16.preprocess_input` (mode "caffe").
_IMAGENET_BGR_MEAN = np.array([103.939, 116.779, 123.68], dtype=np.float32)


def load_face(source: Path | bytes) -> NDArray[np.uint8]:
    """Decode a picture to upright 8-bit RGB, shape (height, width, 3).

    Greyscale, 16-bit, palette, alpha, CMYK and EXIF-rotated pictures give what their upright
    8-bit RGB twin gives. Raises OSError when the picture cannot be read.
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


def crop_and_resize(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """The centred square of `image` (h, w, 3), resized to (size, size, 3)."""
    height, width = image.shape[:2]
    side = max(1, round(min(height, width) * CROP_SHARE))
    top, left = (height - side) // 2, (width - side) // 2
    crop = Image.fromarray(image[top : top + side, left : left + side])
    return np.asarray(crop.resize((size, size), Image.Resampling.BILINEAR), dtype=np.uint8)


def normalise(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """RGB (..., 3) in 0-255 to what Keras's VGG16 expects: BGR, ImageNet's mean taken off."""
    return images[..., ::-1].astype(np.float32) - _IMAGENET_BGR_MEAN


def preprocess(image: NDArray[np.uint8], size: int = 224) -> NDArray[np.float32]:
    """Crop, resize and normalise one decoded image: (h, w, 3) to float32 (size, size, 3)."""
    return normalise(crop_and_resize(image, size))
