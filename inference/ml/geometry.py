"""The shape of a face as models see it: distances between landmarks, free of the head's pose.

Of 468 landmarks 42 are kept, where muscles pull: brows, lids, nose, cheeks, lips, jaw. A distance
doesn't change as the head turns or leans, and says by itself what coordinates say by a sum. In
logarithms, a lip gap that doubles counts as much as a doubled jaw drop.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: The subject's right, and its twin on the left.
_PAIRS = (
    (70, 300), (105, 334), (107, 336), (55, 285), (159, 386), (145, 374), (33, 263), (133, 362),
    (205, 425), (48, 278), (61, 291), (37, 267), (40, 270), (84, 314), (91, 321), (172, 397),
    (234, 454),
)  # fmt: skip
_MIDDLE = (9, 168, 1, 0, 13, 14, 17, 152)
_POINTS = [point for pair in _PAIRS for point in pair] + list(_MIDDLE)
_FIRST, _SECOND = np.triu_indices(len(_POINTS), 1)

#: How many distances there are.
DISTANCES = len(_FIRST)

#: Added before the logarithm: what FaceMesh's landmarks tremble by, in eye distances, is no news.
_TREMOR = 0.05


def distances(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the logarithms of the distances between the landmarks that models see.

    Parameters
    ----------
    landmarks
        (468, 3) in eye distances, from `pose.fit_pose`.

    Returns
    -------
    NDArray
        (861,).
    """
    points = landmarks[_POINTS]
    apart = np.linalg.norm(points[_FIRST] - points[_SECOND], axis=1)
    return np.asarray(np.log(apart + _TREMOR), dtype=np.float32)
