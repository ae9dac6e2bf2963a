"""Regions on a face in which each action unit acts: outlines over FaceMesh's 468 landmarks.

The places follow the muscles of `facs.ACTION_UNITS` (Ekman, Friesen & Hager 2002, *Facial Action
Coding System: The Manual*); the numbers are MediaPipe's. "Right" is the person's right. No Django.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = tuple[float, float]
Polygon = list[Point]
_Numbers = tuple[int, ...]

LANDMARKS = 468
#: Outer corners of the eyes: their distance is the measure of the margin.
_EYE_CORNERS = (33, 263)
_MARGIN = 0.035
_DIRECTIONS = 8

_INNER_BROWS = (55, 65, 66, 69, 108, 107), (285, 295, 296, 299, 337, 336)
_OUTER_BROWS = (46, 53, 52, 105, 104, 68, 70), (276, 283, 282, 334, 333, 298, 300)
_BROWS_AND_GLABELLA = (53, 63, 105, 66, 107, 193, 168, 417, 336, 296, 334, 293, 283)
_UPPER_LIDS = (
    (33, 161, 159, 157, 133, 190, 56, 28, 27, 29, 30, 247),
    (263, 388, 386, 384, 362, 414, 286, 258, 257, 259, 260, 467),
)
_LIDS = (
    (130, 247, 30, 29, 27, 28, 56, 190, 243, 112, 26, 22, 23, 24, 110, 25),
    (359, 467, 260, 259, 257, 258, 286, 414, 463, 341, 256, 252, 253, 254, 339, 255),
)
_EYES = (33, 160, 159, 158, 133, 153, 145, 144), (263, 387, 386, 385, 362, 380, 374, 373)
_CHEEKS_BELOW_EYES = (
    (143, 35, 31, 229, 231, 100, 101, 50, 116),
    (372, 265, 261, 449, 451, 329, 330, 280, 345),
)
_NOSE_ROOT = (55, 8, 285, 465, 437, 360, 131, 217, 245)
_NOSTRILS = (49, 129, 98, 97, 220, 131), (279, 358, 327, 326, 440, 360)
_UPPER_LIP = (129, 203, 206, 40, 81, 13, 311, 270, 426, 423, 358)
_NASOLABIAL_FOLDS = (129, 142, 36, 205, 216, 92, 165), (358, 371, 266, 425, 436, 322, 391)
_CORNERS_TO_CHEEKBONES = (
    (61, 43, 40, 206, 205, 50, 187, 212),
    (291, 273, 270, 426, 425, 280, 411, 432),
)
_ABOVE_CORNERS = (61, 57, 216, 205, 36, 203, 92, 40), (291, 287, 436, 425, 266, 423, 322, 270)
_CORNERS = (62, 40, 186, 216, 212, 202, 43, 91), (292, 270, 410, 436, 432, 422, 273, 321)
_BESIDE_CORNERS = (
    (61, 186, 216, 192, 214, 210, 202, 43),
    (291, 410, 436, 416, 434, 430, 422, 273),
)
_BELOW_CORNERS = (61, 57, 212, 210, 211, 204, 106, 91), (291, 287, 432, 430, 431, 424, 335, 321)
_BELOW_LOWER_LIP = (78, 146, 106, 204, 194, 201, 200, 421, 418, 424, 335, 375, 308)
_LIPS = (
    *(61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    *(375, 321, 405, 314, 17, 84, 181, 91, 146),
)
_AROUND_MOUTH = (57, 92, 164, 322, 287, 422, 421, 201, 202)
_CHIN = (83, 194, 32, 140, 176, 148, 152, 377, 400, 369, 262, 418, 313)
_JAW = (61, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 291)
_MASSETERS = (132, 58, 172, 136, 135, 192, 213, 147), (361, 288, 397, 365, 364, 416, 433, 376)
_HOLLOW_CHEEKS = (
    (205, 50, 123, 147, 213, 192, 214, 212, 216),
    (425, 280, 352, 376, 433, 416, 434, 432, 436),
)

#: Landmarks around each region; where there are two, the person's right comes first. AU21 acts on
#: the neck; the head's movements, visibility and gross behaviour have no place among the landmarks.
REGIONS: dict[int, tuple[_Numbers, ...]] = {
    1: _INNER_BROWS,
    2: _OUTER_BROWS,
    4: (_BROWS_AND_GLABELLA,),
    5: _UPPER_LIDS,
    6: _CHEEKS_BELOW_EYES,
    7: _LIDS,
    9: (_NOSE_ROOT,),
    10: (_UPPER_LIP,),
    11: _NASOLABIAL_FOLDS,
    12: _CORNERS_TO_CHEEKBONES,
    13: _ABOVE_CORNERS,
    14: _CORNERS,
    15: _BELOW_CORNERS,
    16: (_BELOW_LOWER_LIP,),
    17: (_CHIN,),
    20: _BESIDE_CORNERS,
    26: (_JAW,),
    27: ((*_LIPS, *_JAW),),
    29: (_JAW,),
    30: (_JAW,),
    31: _MASSETERS,
    36: (_AROUND_MOUTH,),
    38: _NOSTRILS,
    39: _NOSTRILS,
    **dict.fromkeys((8, 18, 19, 22, 23, 24, 25, 28, 32, 37), (_LIPS,)),
    **dict.fromkeys((33, 34, 35), _HOLLOW_CHEEKS),
    **dict.fromkeys((41, 42, 43, 44, 45, 46), _LIDS),
    **dict.fromkeys((61, 62, 63, 64, 65, 66, 68), _EYES),
}


def regions_of(au: int, landmarks: Sequence[Sequence[float]]) -> list[Polygon]:
    """Return the outlines of where an action unit acts, with a little margin.

    Parameters
    ----------
    au
        Its number.
    landmarks
        FaceMesh's 468 points (x, y), in pixels of the picture.

    Returns
    -------
    list of polygons
        In the same pixels. Empty for an action unit without a place on the face, or where the
        landmarks are not whole.
    """
    if len(landmarks) < LANDMARKS:
        return []
    left, right = (landmarks[number] for number in _EYE_CORNERS)
    margin = _MARGIN * math.dist(left, right)
    polygons = [
        _hull(_widened([landmarks[number] for number in numbers], margin))
        for numbers in REGIONS.get(au, ())
    ]
    return [polygon for polygon in polygons if len(polygon) > 2]


def _widened(points: Sequence[Sequence[float]], margin: float) -> list[Point]:
    """Put a small ring of points around each: their hull is the old one with a round margin."""
    angles = [2 * math.pi * step / _DIRECTIONS for step in range(_DIRECTIONS)]
    return [
        (point[0] + margin * math.cos(angle), point[1] + margin * math.sin(angle))
        for point in points
        for angle in angles
    ]


def _hull(points: Sequence[Point]) -> Polygon:
    """Return the convex hull, by Andrew's monotone chain."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered
    lower, upper = _chain(ordered), _chain(ordered[::-1])
    return lower[:-1] + upper[:-1]


def _chain(points: Sequence[Point]) -> Polygon:
    chain: Polygon = []
    for point in points:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
