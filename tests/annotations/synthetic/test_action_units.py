"""Each action unit changes the picture where its muscle is, and by its intensity."""

from dataclasses import replace

import numpy as np
import pytest

from annotations.synthetic import face_model, muscles, render, shading
from annotations.synthetic.muscles import INTENSITY_GAIN, Action

# Boxes in face units (left, top, right, bottom); the side is mirrored.
BROWS = (-1.15, -0.9, 1.15, 0.05)
LIDS_AND_CHEEKS = (-1.2, -0.45, 1.2, 0.95)
MOUTH = (-0.95, 0.3, 0.95, 1.55)
JAW = (-1.1, 0.3, 1.1, 2.4)
REGIONS = {
    1: BROWS,
    2: BROWS,
    4: BROWS,
    5: LIDS_AND_CHEEKS,
    6: LIDS_AND_CHEEKS,
    7: LIDS_AND_CHEEKS,
    11: MOUTH,
    12: (-1.05, 0.1, 1.05, 1.5),
    14: MOUTH,
    15: MOUTH,
    17: (-0.9, 0.75, 0.9, 2.0),
    23: MOUTH,
    24: MOUTH,
    25: MOUTH,
    26: JAW,
    27: JAW,
}


@pytest.fixture(scope="module")
def scene():
    """A frontal person in even, noiseless light, and their neutral picture."""
    rng = np.random.default_rng(3)
    person = render.sample_person(rng)
    pose = replace(render.sample_pose(rng), roll=0.0, yaw=0.0, pitch=0.0)
    light = render.Light(0.0, 0.0, 0.1, 1.0, 0.0, 0.3)

    def draw(*actions: Action) -> np.ndarray:
        picture = render.render(person, actions, pose, light, np.random.default_rng(0))
        return np.asarray(picture, float)

    return draw, pose, draw()


def change(scene, unit: int, strength: float) -> np.ndarray:
    draw, _, neutral = scene
    return np.abs(draw(Action(unit, strength, strength)) - neutral)


@pytest.mark.parametrize("unit", REGIONS)
def test_pixels_change_mostly_inside_the_region(scene, unit):
    pose = scene[1]
    left, top, right, bottom = REGIONS[unit]
    changed = change(scene, unit, 0.8)
    rows = slice(int(pose.y + top * pose.scale), int(pose.y + bottom * pose.scale))
    columns = slice(int(pose.x + left * pose.scale), int(pose.x + right * pose.scale))
    assert changed[rows, columns].sum() > 0.85 * changed.sum()
    assert changed.max() > 20


@pytest.mark.parametrize("unit", REGIONS)
def test_intensity_scales_the_change(scene, unit):
    totals = [change(scene, unit, INTENSITY_GAIN[level]).sum() for level in (1, 3, 5)]
    assert totals[0] * 1.2 < totals[1]
    assert totals[1] * 1.1 < totals[2]


@pytest.mark.parametrize(("unit", "other"), [(1, 4), (6, 7), (23, 24), (25, 26), (26, 27), (1, 2)])
def test_often_confused_units_differ(scene, unit, other):
    draw, _, neutral = scene
    one, two = draw(Action(unit, 1, 1)), draw(Action(other, 1, 1))
    apart = np.abs(one - two).sum()
    assert apart > 0.35 * min(np.abs(one - neutral).sum(), np.abs(two - neutral).sum())


def test_movement_is_linear_in_strength():
    shape = face_model.load().shape_mean
    half = muscles.move(shape, (Action(12, 0.5, 0.5),))[61] - shape[61]
    full = muscles.move(shape, (Action(12, 1.0, 1.0),))[61] - shape[61]
    np.testing.assert_allclose(2 * half, full, atol=1e-5)


def test_lips_and_lids_never_cross():
    shape = face_model.load().shape_mean
    actions = tuple(Action(unit, 1.1, 1.1) for unit in (4, 6, 7, 9, 17, 23, 24))
    moved = muscles.move(shape, actions)
    assert moved[14, 1] > moved[13, 1] > moved[0, 1]
    assert moved[145, 1] > moved[159, 1]


def test_one_sided_action_spares_the_other_side():
    shape = face_model.load().shape_mean
    moved = muscles.move(shape, (Action(14, 1.0, 0.0),)) - shape
    assert np.abs(moved[61]).max() > 10 * np.abs(moved[291]).max()


def test_every_unit_has_marks():
    assert set(shading.MARKS) == set(muscles.PULLS)
