"""Finding the faces of a picture: a box and landmarks for each person, one face for one person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageStat

from inference.ml.blazeface import Box, find_boxes, look_closer, overlap
from inference.ml.facemesh import apart, eyes_of, find_landmarks, region_around

#: BlazeFace wants some surroundings, which tight crops don't have: where a box is higher than this
#: share of the picture's shorter side, or no face is found, the picture is asked with a margin.
_FILLING = 0.5
#: That margin, as a share of the picture's sides; it has the picture's mean colour.
_MARGIN = 0.5
#: Boxes whose shared area is more than this share of what they cover are one person's. BlazeFace
#: itself merges from 0.3 on; on tight crops one face had two boxes that overlap by 0.22 to 0.41.
_ONE_PERSON = 0.2
#: So are landmarks that lie on average less than so many eye distances apart. Two people cheek to
#: cheek have their eyes two eye distances apart and more.
_AGREEING = 0.5
#: A face counts beside another if it is at least this high, against the other.
COUNTING_SHARE = 0.5


@dataclass(frozen=True)
class Face:
    """One face, in pixels of the picture.

    Attributes
    ----------
    points
        (468, 3) FaceMesh's landmarks; z in the same unit, away from the camera.
    box
        As BlazeFace found it.
    """

    points: NDArray[np.float32]
    box: Box

    def moved(self, across: float, down: float) -> Face:
        """Return the face moved by so many pixels."""
        shift = np.array([across, down, 0], dtype=np.float32)
        return Face(self.points + shift, self.box.moved(across, down))


def find_faces(image: NDArray[np.uint8]) -> list[Face]:
    """Find every face in a picture.

    Parameters
    ----------
    image
        (h, w, 3) upright RGB.

    Returns
    -------
    list of Face
        One for each person. The first is the one to read: the most certain of those that are at
        least half as high as the highest, so that neither a doubtful box nor somebody far behind
        is taken for who was photographed.
    """
    picture = Image.fromarray(image)
    boxes = find_boxes(picture)
    filling = _FILLING * min(picture.size)
    if all(box.height <= filling for box in boxes):
        faces = _faces(picture, boxes)
        if faces:
            return _first_to_read(faces)
    across, down = (round(_MARGIN * side) for side in picture.size)
    wider = _with_margin(picture, across, down)
    faces = _faces(wider, find_boxes(wider))
    if not faces:
        faces = _faces(wider, [box.moved(across, down) for box in boxes])
    return _first_to_read([face.moved(-across, -down) for face in faces])


def _with_margin(picture: Image.Image, across: int, down: int) -> Image.Image:
    """Return the picture, and its mean colour around it."""
    colour = tuple(round(level) for level in ImageStat.Stat(picture).mean)
    size = picture.width + 2 * across, picture.height + 2 * down
    wider = Image.new("RGB", size, colour)
    wider.paste(picture, (across, down))
    return wider


def _faces(picture: Image.Image, boxes: list[Box]) -> list[Face]:
    """Return a face for each person, of boxes that come the most certain first."""
    faces: list[Face] = []
    for found in boxes:
        box = look_closer(picture, found)
        if any(overlap(box, face.box) > _ONE_PERSON for face in faces):
            continue
        points = find_landmarks(picture, region_around(box.edges.reshape(2, 2), box.eyes))
        if points is None or any(_agree(points, face.points) for face in faces):
            continue
        faces.append(Face(points, box))
    return faces


def _agree(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    distance = max(
        float(np.hypot(*(np.diff(eyes_of(points), axis=0)[0]))) for points in (one, other)
    )
    return apart(one, other) < _AGREEING * distance


def _first_to_read(faces: list[Face]) -> list[Face]:
    highest = max((face.box.height for face in faces), default=0.0)
    return sorted(
        faces,
        key=lambda face: (face.box.height >= COUNTING_SHARE * highest, face.box.certainty),
        reverse=True,
    )
