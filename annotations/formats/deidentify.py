"""Pictures to hand out instead of a photograph: bare of metadata, pixelated, or landmarks alone."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageOps

#: Squares across a pixelated face. Each shows one colour, their mean, and is left hard: blurring
#: adds no privacy, and lets people know the face again (Harmon & Julesz 1973, Science 180). What is
#: pixelated can still be matched with its like (Newton, Sweeney & Malin 2005), so landmarks are
#: offered as the stronger way.
_SQUARES = 12
_GROUND, _LINE = 245, 40
_MARGIN = 0.15

#: FaceMesh contours (MediaPipe's face_mesh_connections): oval, brows, eyes, nose, lips.
_CONTOURS: tuple[tuple[int, ...], ...] = (
    (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
     148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10),
    (70, 63, 105, 66, 107), (46, 53, 52, 65, 55),
    (300, 293, 334, 296, 336), (276, 283, 282, 295, 285),
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7, 33),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249, 263),
    (168, 6, 197, 195, 5, 4), (98, 97, 2, 326, 327),
    (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146, 61),
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95, 78),
)  # fmt: skip


def without_metadata(data: bytes) -> bytes:
    """Rewrite a picture upright, as a PNG of its pixels alone: no EXIF, text, profile or tail.

    Parameters
    ----------
    data
        A PNG or JPEG file's bytes, as those of the other functions here.

    Returns
    -------
    bytes
        A PNG file. Grey of 1, 8 and 16 bits and RGB stay as they are; other grey becomes that of 8
        bits, and anything else RGB.

    Raises
    ------
    PIL.UnidentifiedImageError
        `data` is neither.
    """
    picture = _upright(data)
    if picture.mode not in {"1", "L", "I;16", "RGB"}:
        picture = picture.convert("L" if picture.mode in {"LA", "I", "F"} else "RGB")
    return _png(picture)


def pixelated(data: bytes, box: Sequence[int] | None) -> bytes:
    """Cover a face by a mosaic, 12 squares across; the whole picture where no box is known.

    Parameters
    ----------
    data
        A PNG or JPEG file's bytes.
    box
        The face's left, top, right and bottom in pixels of the upright picture. The mosaic goes
        beyond it by 15 % of its longer side.

    Returns
    -------
    bytes
        A PNG file, RGB.
    """
    picture = _upright(data).convert("RGB")
    left, top, right, bottom = _widened(box, picture.size)
    part = picture.crop((left, top, right, bottom))
    width, height = part.size
    squares = (_SQUARES, max(1, round(_SQUARES * height / max(1, width))))
    coarse = part.resize(squares, Image.Resampling.BOX).resize(part.size, Image.Resampling.NEAREST)
    picture.paste(coarse, (left, top))
    return _png(picture)


def landmarks_only(data: bytes, landmarks: Sequence[Sequence[int]] | None) -> bytes:
    """Draw the 468 FaceMesh points instead of the photograph: the expression, no skin.

    Without landmarks the whole picture is pixelated: an unseen face may stand anywhere in it.

    Parameters
    ----------
    data
        A PNG or JPEG file's bytes, of which only the size shows.
    landmarks
        Points (x, y) in pixels of the upright picture, numbered as MediaPipe numbers them.

    Returns
    -------
    bytes
        A PNG file of the picture's size, greyscale.
    """
    if not landmarks:
        return pixelated(data, None)
    size = _upright(data).size
    drawing = Image.new("L", size, _GROUND)
    draw = ImageDraw.Draw(drawing)
    points = [(int(x), int(y)) for x, y in landmarks]
    across = max(x for x, _ in points) - min(x for x, _ in points)
    thick = max(1, across // 150)
    for contour in _CONTOURS:
        if max(contour) < len(points):
            draw.line([points[n] for n in contour], fill=_LINE, width=thick, joint="curve")
    for x, y in points:
        draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=120)
    return _png(drawing)


def _upright(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data), formats=["PNG", "JPEG"])
    return ImageOps.exif_transpose(picture)


def _widened(box: Sequence[int] | None, size: tuple[int, int]) -> tuple[int, int, int, int]:
    if box is None:
        return 0, 0, *size
    left, top, right, bottom = box
    more = round(_MARGIN * max(right - left, bottom - top))
    wide = (max(0, left - more), max(0, top - more),
            min(size[0], right + more), min(size[1], bottom + more))  # fmt: skip
    return wide if wide[2] > wide[0] and wide[3] > wide[1] else (0, 0, *size)


def _png(picture: Image.Image) -> bytes:
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)  # pixels only: what else hangs on the picture stays behind
    buffer = io.BytesIO()
    bare.save(buffer, "PNG")
    return buffer.getvalue()
