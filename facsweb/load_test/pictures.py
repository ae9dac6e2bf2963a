"""A few small drawn pictures that all made-up faces share."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

from annotations.faces.images import read_image
from annotations.faces.rollback import store
from annotations.models import Face
from annotations.synthetic.generator import draw_pair
from annotations.synthetic.population import sample

_SIDES = (320, 245)
#: Where no picture is wanted: a name that no file has.
_NONE = "load-test-without-pictures"


@dataclass(frozen=True)
class Picture:
    """The columns of a face that say of its picture."""

    file: str
    stored_sha256: str
    width: int
    height: int
    colour_mode: str


def draw_pictures(number: int, seed: int) -> list[Picture]:
    """Draw and store so many pictures; where none are wanted, one that has no files is named.

    The caller must be within `files_with_rows`.
    """
    if not number:
        return [Picture(f"{_NONE}.png", "", *_SIDES, "greyscale")]
    return [_store(draw_pair(seed, face)[1]) for face in sample(seed, number, number).faces]


def _store(drawn: Image.Image) -> Picture:
    buffer = io.BytesIO()
    drawn.resize(_SIDES).save(buffer, "PNG")
    image = read_image(buffer.getvalue(), max_bytes=10**7, max_pixels=10**6)
    face = Face(width=image.width, height=image.height, colour_mode=image.colour_mode)
    store(face.file, f"{image.stored_sha256}.{image.extension}", image.data)
    name, digest = str(face.file.name), image.stored_sha256
    return Picture(name, digest, image.width, image.height, image.colour_mode)
