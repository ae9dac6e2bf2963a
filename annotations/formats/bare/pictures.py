"""A picture as it is kept: the same to look at, and nothing but a picture."""

from __future__ import annotations

import io
import re

from PIL import Image, ImageOps

from annotations.formats.bare.jpeg import bare_jpeg
from annotations.formats.bare.orientation import TAG, TURNED
from annotations.formats.bare.png import SIGNATURE, bare_png

#: How other formats begin, or a zip's directory. They may be hidden in compressed pixels, where no
#: block ends; a picture has such bytes by chance once in some ten thousand megabytes.
_OTHER_FORMATS = re.compile(
    rb"<(script|html|body|iframe|svg[\s>]|!doctype|\?php)|%pdf-1|pk\x05\x06\0\0\0\0"
    rb"|rar!\x1a\x07|7z\xbc\xaf\x27\x1c",
    re.IGNORECASE,
)
#: One of these stands wherever the expression finds something, in small letters. Looking for them
#: takes a quarter of its time, and nearly no picture has one.
_BEGINNINGS = (
    b"<script", b"<html", b"<body", b"<iframe", b"<svg", b"<!doctype", b"<?php", b"%pdf-1",
    b"pk\x05\x06\0\0\0\0", b"rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c",
)  # fmt: skip
_ROWS = 256
_SAFE_MODES = {"1", "L", "LA", "I", "I;16", "RGB", "RGBA"}


class Unreadable(ValueError):
    """No decoder makes the same pixels of the bare picture."""


def bare(data: bytes, decoded: Image.Image) -> tuple[bytes, str]:
    """Return a picture without anything that is no pixel, and its extension.

    EXIF with GPS, XMP, IPTC, comments, thumbnails, further pictures, words of colour profiles and
    whatever follows the end are gone. Of EXIF the orientation stays, where the picture is not
    upright. Bytes change only where something had to go.

    A picture whose blocks can't be told apart, of which a decoder then makes something else, or
    whose compressed pixels hold another format's beginning, becomes a PNG of its pixels.

    Parameters
    ----------
    data
        A PNG or JPEG file.
    decoded
        What Pillow made of it, loaded, not turned.

    Raises
    ------
    Unreadable
    """
    turned = orientation_of(decoded)
    extension = "png" if data.startswith(SIGNATURE) else "jpg"
    kept = bare_png(data, turned) if extension == "png" else bare_jpeg(data, turned)
    fits = kept is not None and not holds_another_format(kept)
    if kept is not None and fits and (kept == data or same_pixels(kept, decoded, turned)):
        return kept, extension
    upright = ImageOps.exif_transpose(decoded)
    kept = _pixels_alone(upright)
    if not same_pixels(kept, upright):
        raise Unreadable
    return kept, "png"


def holds_another_format(data: bytes) -> bool:
    """Tell whether another format's beginning stands somewhere in a file."""
    small = data.lower()
    perhaps = any(beginning in small for beginning in _BEGINNINGS)
    return perhaps and _OTHER_FORMATS.search(data) is not None


def orientation_of(picture: Image.Image) -> int:
    """Return how Pillow would turn a loaded picture, as EXIF numbers it; 1: not at all."""
    orientation = picture.getexif().get(TAG, 1)
    return orientation if orientation in TURNED else 1


def same_pixels(data: bytes, decoded: Image.Image, orientation: int = 1) -> bool:
    """Tell whether a file has the pixels of a decoded picture, and is to be turned as told."""
    try:
        with Image.open(io.BytesIO(data), formats=["PNG", "JPEG"]) as picture:
            picture.load()
            return (
                picture.size == decoded.size
                and orientation_of(picture) == orientation
                and all(_strip(picture, top) == _strip(decoded, top) for top in _tops(decoded))
            )
    except (OSError, ValueError, SyntaxError):
        return False


def _tops(picture: Image.Image) -> range:
    return range(0, picture.height, _ROWS)


def _strip(picture: Image.Image, top: int) -> tuple[str, bytes]:
    """Return some rows of a picture: whole copies of large ones would take hundreds of MB."""
    rows = picture.crop((0, top, picture.width, min(top + _ROWS, picture.height)))
    plain = _plain(rows)
    return plain.mode, plain.tobytes()


def _plain(picture: Image.Image) -> Image.Image:
    """Return a picture in a mode that PNG has, where transparency is no note beside it."""
    if "transparency" in picture.info or picture.mode == "P":
        return picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    return picture if picture.mode in _SAFE_MODES else picture.convert("RGB")


def _pixels_alone(upright: Image.Image) -> bytes:
    plain = _plain(upright)
    alone = Image.new(plain.mode, plain.size)
    alone.paste(plain)
    buffer = io.BytesIO()
    alone.save(buffer, "PNG")
    return buffer.getvalue()
