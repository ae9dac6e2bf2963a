"""MediaPipe's detectors find the drawn faces."""

import numpy as np

from annotations.synthetic import generator, population
from inference.ml.face_detector import find_faces


def test_face_and_mesh_are_found_on_nearly_all_peaks():
    drawn = population.sample(11, 40, 40)
    peaks = [np.asarray(generator.draw_pair(11, face)[1].convert("RGB")) for face in drawn.faces]
    found = [find_faces(peak) for peak in peaks]
    assert sum(len(faces) == 1 for faces in found) >= 0.98 * len(peaks)
    assert all(face.points.shape == (468, 3) for faces in found for face in faces)
