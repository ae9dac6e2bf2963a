"""Index groups of the 468 FaceMesh landmarks.

"Right" is the person's right, on the left of the picture. Loops run from the
corner at the picture's left to the one at its right.
"""

from __future__ import annotations

MOUTH_OUTER_UPPER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
MOUTH_OUTER_LOWER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
MOUTH_INNER_UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
MOUTH_INNER_LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
# Two rows between the outer and the inner edge of each lip, without the corners.
UPPER_LIP_ROWS = (
    (184, 74, 73, 72, 11, 302, 303, 304, 408),
    (183, 42, 41, 38, 12, 268, 271, 272, 407),
)
LOWER_LIP_ROWS = (
    (77, 90, 180, 85, 16, 315, 404, 320, 307),
    (96, 89, 179, 86, 15, 316, 403, 319, 325),
)

RIGHT_EYE_UPPER = (33, 246, 161, 160, 159, 158, 157, 173, 133)
RIGHT_EYE_LOWER = (33, 7, 163, 144, 145, 153, 154, 155, 133)
LEFT_EYE_UPPER = (362, 398, 384, 385, 386, 387, 388, 466, 263)
LEFT_EYE_LOWER = (362, 382, 381, 380, 374, 373, 390, 249, 263)

RIGHT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
LEFT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)

FACE_OVAL = (
    10,
    338,
    297,
    332,
    284,
    251,
    389,
    356,
    454,
    323,
    361,
    288,
    397,
    365,
    379,
    378,
    400,
    377,
    152,
    148,
    176,
    149,
    150,
    136,
    172,
    58,
    132,
    93,
    234,
    127,
    162,
    21,
    54,
    103,
    67,
    109,
)

UPPER_LIP = tuple(
    sorted(
        {*MOUTH_OUTER_UPPER[1:-1], *MOUTH_INNER_UPPER[1:-1], *UPPER_LIP_ROWS[0], *UPPER_LIP_ROWS[1]}
    )
)
LOWER_LIP = tuple(
    sorted(
        {*MOUTH_OUTER_LOWER[1:-1], *MOUTH_INNER_LOWER[1:-1], *LOWER_LIP_ROWS[0], *LOWER_LIP_ROWS[1]}
    )
)
UPPER_LIDS = (*RIGHT_EYE_UPPER[1:-1], *LEFT_EYE_UPPER[1:-1])
LOWER_LIDS = (*RIGHT_EYE_LOWER[1:-1], *LEFT_EYE_LOWER[1:-1])
