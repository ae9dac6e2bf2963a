"""Reading an image file that is to become a face: decoded whole, checked, bared.

Pillow's format allow-list and pixel limit keep out everything that is not a plain picture, and
decompression bombs (Pillow's threat model: https://pillow.readthedocs.io, "Security").
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

from annotations.formats.bare import bare

CONTENT_TYPES = {"png": "image/png", "jpg": "image/jpeg"}
#: What Pillow raises for a file that is no whole picture.
UNREADABLE = (
    OSError, ValueError, SyntaxError, EOFError, KeyError, ZeroDivisionError,
    Image.DecompressionBombError,
)  # fmt: skip


class UnreadableImage(ValueError):
    """The bytes are not a picture that we accept; the text says why."""


@dataclass(frozen=True)
class FaceImage:
    """A checked image, bare of what is no pixel: bytes to keep, size upright.

    Attributes
    ----------
    sha256
        Digest of the file as it was sent. It names the face, so that the same file is known again.
    stored_sha256
        Digest of `data`, which is that file where nothing had to go.
    """

    data: bytes
    sha256: str
    stored_sha256: str
    extension: str
    width: int
    height: int
    colour_mode: str


def read_image(data: bytes, *, max_bytes: int, max_pixels: int) -> FaceImage:
    """Check `data`, decode it completely and leave out what is no pixel. Raises UnreadableImage."""
    if not data:
        raise UnreadableImage("The file is empty.")
    if len(data) > max_bytes:
        raise UnreadableImage(
            f"The file has {len(data):,} bytes; at most {max_bytes:,} are accepted."
        )
    picture, kept, extension = _decode(data, max_pixels)
    sent = hashlib.sha256(data).hexdigest()
    return FaceImage(
        data=kept,
        sha256=sent,
        stored_sha256=sent if kept == data else hashlib.sha256(kept).hexdigest(),
        extension=extension,
        width=picture.width,
        height=picture.height,
        colour_mode="greyscale" if is_grey(picture) else "rgb",
    )


def _decode(data: bytes, max_pixels: int) -> tuple[Image.Image, bytes, str]:
    """Return the picture upright, its file to keep, and that one's extension."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=["PNG", "JPEG"])
            if picture.width * picture.height > max_pixels:
                raise UnreadableImage(
                    f"The image has {picture.width} x {picture.height} pixels; "
                    f"at most {max_pixels:,} in all are accepted."
                )
            picture.load()
            kept, extension = bare(data, picture)
            ImageOps.exif_transpose(picture, in_place=True)
            return picture, kept, extension
    except UnreadableImage:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnreadableImage(f"The image has more than {max_pixels:,} pixels.") from None
    except UNREADABLE:
        raise UnreadableImage(
            "The file is not a readable PNG or JPEG image; it may be cut short."
        ) from None


def is_grey(picture: Image.Image) -> bool:
    """Tell whether a picture has no colours."""
    return picture.mode in {"1", "L", "LA", "I", "F"} or picture.mode.startswith("I;16")
