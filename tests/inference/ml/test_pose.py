"""A head's pose is found, and taken out of what models see of its shape."""

import numpy as np
import pytest

from annotations.synthetic import face_model, generator, population, render
from inference.ml.geometry import DISTANCES, distances
from inference.ml.pose import fit_pose, mirrored, twins
from inference.ml.preprocessing import prepare

ANGLES = [(0, 0, 0), (32, 0, 0), (-20, 10, 15), (0, -25, -40)]


@pytest.fixture(scope="module")
def landmarks() -> np.ndarray:
    """Landmarks of a drawn peak, facing the camera."""
    face = population.sample(11, 4, 4).faces[0]
    return prepare(np.asarray(generator.draw_pair(11, face)[1].convert("RGB")), 64).landmarks


def turned(points: np.ndarray, yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Nod, turn and lean a head: y down, z away; looking up and to the right is above 0."""
    a, b, c = np.radians([yaw, -pitch, roll])
    nod = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    turn = np.array([[np.cos(a), 0, -np.sin(a)], [0, 1, 0], [np.sin(a), 0, np.cos(a)]])
    lean = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return (points @ (lean @ turn @ nod).T).astype(np.float32)


@pytest.mark.parametrize("angles", ANGLES)
def test_a_turned_head_is_told_and_turned_back(landmarks, angles):
    pose, back = fit_pose(70 * turned(landmarks, *angles) + np.float32([300, 200, 9]))
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx(angles, abs=0.2)
    np.testing.assert_allclose(back, landmarks, atol=0.01)
    np.testing.assert_allclose(distances(back), distances(landmarks), atol=0.02)


def test_the_nose_goes_where_the_head_turns(landmarks):
    """What above 0 means, by the picture."""
    to_the_right, up, clockwise = (turned(landmarks, *angles) for angles in np.eye(3) * 20)
    assert to_the_right[1, 0] > landmarks[1, 0]
    assert up[1, 1] < landmarks[1, 1]
    assert clockwise[263, 1] > landmarks[263, 1] + 0.1


def test_mirrored_landmarks_have_the_mirrored_distances(landmarks):
    twin = face_model.load().mirror.copy()
    twin[[61, 291]] = 291, 61  # beside two others; by the mean shape alone they are taken for them
    mirrored = landmarks[twin] * np.float32([-1, 1, 1])
    seen = distances(landmarks)
    assert seen.shape == (DISTANCES,) == (861,)
    np.testing.assert_allclose(np.sort(distances(mirrored)), np.sort(seen), atol=1e-5)


def test_a_drawn_head_is_told_to_turn_to_its_side():
    """Drawings have a flat relief: of 17 degrees, a third is seen in them."""
    rng = np.random.default_rng(5)
    person = render.sample_person(rng)
    told = []
    for yaw in (-0.3, 0.0, 0.3):
        pose = render.Pose(0.0, yaw, 0.0, 92.0, 320.0, 200.0)
        picture = render.render(person, (), pose, render.sample_light(rng), rng)
        told.append(prepare(np.asarray(picture.convert("RGB")), 64).detection.pose.yaw)
    left, ahead, right = told
    assert left < -3 < ahead < 3 < right


def test_a_mirror_image_has_the_mirrored_landmarks(landmarks):
    """Twins are each other's, and a face that is mirrored twice is itself."""
    assert (twins()[twins()] == np.arange(468)).all()
    for right, left in [(33, 263), (61, 291), (105, 334), (159, 386), (234, 454)]:
        assert twins()[right] == left
    assert (twins()[[10, 1, 0, 152]] == [10, 1, 0, 152]).all()
    np.testing.assert_array_equal(mirrored(mirrored(landmarks)), landmarks)
    lopsided = landmarks.copy()
    lopsided[61] += np.float32([-0.1, -0.1, 0])  # the right corner of the mouth, pulled up
    back = mirrored(lopsided) - mirrored(landmarks)
    np.testing.assert_allclose(back[291], [0.1, -0.1, 0], atol=1e-6)
    assert np.count_nonzero(back) == 2


def test_the_landmarks_of_a_mirrored_picture_are_the_mirrored_landmarks():
    face = population.sample(11, 4, 4).faces[0]
    picture = np.asarray(generator.draw_pair(11, face)[1].convert("RGB"))
    seen = prepare(np.ascontiguousarray(picture[:, ::-1]), 64).landmarks
    expected = mirrored(prepare(picture, 64).landmarks)
    assert np.linalg.norm(seen - expected, axis=1).mean() < 0.05
    assert np.abs(distances(seen) - distances(expected)).mean() < 0.05
