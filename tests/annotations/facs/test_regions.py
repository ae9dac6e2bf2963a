"""Where action units act, on FaceMesh's landmarks of an average face: no database."""

import pytest

from annotations import facs
from annotations.facs.regions import LANDMARKS, REGIONS, regions_of
from annotations.synthetic import face_model, landmarks

#: The average face of the demo generator as a picture: its eyes are 200 pixels apart.
FACE = (face_model.load().shape_mean * 200 + (320, 200)).tolist()
MIDDLE = 320
PAIRED = [1, 2, 5, 6, 7, 11, 12, 13, 14, 15, 20, 31, 33, 34, 35, 38, 39, 41, 42, 43, 44, 45, 46, 61,
          62, 65, 66, 68]  # fmt: skip
SINGLE = [4, 8, 9, 10, 16, 17, 18, 19, 22, 23, 24, 25, 26, 27, 28, 29, 30, 32, 36, 37]

#: Regions that have no landmarks; AU69 is about where somebody else stands.
ELSEWHERE = {"neck", "head", "face"}


def box(*polygons) -> tuple[float, float, float, float]:
    xs, ys = zip(*(point for polygon in polygons for point in polygon), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def box_of(*numbers: int):
    return box([FACE[number] for number in numbers])


def middle(polygon) -> tuple[float, float]:
    left, top, right, bottom = box(polygon)
    return (left + right) / 2, (top + bottom) / 2


def holds(polygon, point) -> bool:
    """Whether a convex polygon, in the order of its corners, holds the point."""
    x, y = point
    turns = [
        (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        for (ax, ay), (bx, by) in zip(polygon, [*polygon[1:], polygon[0]], strict=True)
    ]
    return all(turn >= 0 for turn in turns) or all(turn <= 0 for turn in turns)


def test_every_action_unit_but_neck_and_head_has_a_place():
    elsewhere = {unit.number for unit in facs.ACTION_UNITS.values() if unit.region in ELSEWHERE}
    assert set(facs.ACTION_UNITS) - set(REGIONS) == {69, *elsewhere}
    assert set(facs.MODEL_ACTION_UNITS) <= set(REGIONS) <= set(facs.ACTION_UNITS)
    assert set(PAIRED) | set(SINGLE) | {63, 64} == set(REGIONS)


@pytest.mark.parametrize("au", sorted(REGIONS))
def test_a_region_is_a_convex_outline_within_the_face(au):
    left, top, right, bottom = box(FACE)
    oval = [FACE[number] for number in landmarks.FACE_OVAL]
    for polygon in regions_of(au, FACE):
        assert len(polygon) > 5
        assert all(holds(polygon, corner) for corner in polygon)
        assert holds(oval, middle(polygon))
        # The margin may lie just outside.
        assert all(
            left - 16 <= x <= right + 16 and top - 16 <= y <= bottom + 16 for x, y in polygon
        )


@pytest.mark.parametrize("au", sorted(REGIONS))
def test_it_holds_its_landmarks(au):
    for polygon, numbers in zip(regions_of(au, FACE), REGIONS[au], strict=True):
        assert all(holds(polygon, FACE[number]) for number in numbers)


@pytest.mark.parametrize("au", PAIRED)
def test_paired_regions_mirror_each_other_the_persons_right_first(au):
    right, left = regions_of(au, FACE)
    assert max(x for x, _ in right) < MIDDLE < min(x for x, _ in left)
    (right_x, right_y), (left_x, left_y) = middle(right), middle(left)
    assert MIDDLE - right_x == pytest.approx(left_x - MIDDLE, abs=2)
    assert right_y == pytest.approx(left_y, abs=2)


@pytest.mark.parametrize("au", SINGLE)
def test_single_regions_lie_on_the_midline(au):
    (polygon,) = regions_of(au, FACE)
    assert middle(polygon)[0] == pytest.approx(MIDDLE, abs=2)


def test_places_are_where_the_muscles_act():
    eyes = box_of(*landmarks.RIGHT_EYE_UPPER, *landmarks.RIGHT_EYE_LOWER)
    mouth = box_of(*landmarks.MOUTH_OUTER_UPPER, *landmarks.MOUTH_OUTER_LOWER)
    where = {au: box(*regions_of(au, FACE)) for au in REGIONS}
    assert where[1][3] < eyes[1] and where[2][3] < eyes[1]  # brows above the eyes
    inner, outer = regions_of(1, FACE)[0], regions_of(2, FACE)[0]
    assert middle(outer)[0] < middle(inner)[0]
    assert middle(regions_of(6, FACE)[0])[1] > eyes[3]  # cheeks below the eyes
    assert where[7][1] < eyes[1] and where[7][3] > eyes[3]  # both lids
    assert where[9][3] < mouth[1]  # the nose above the mouth
    for au in (12, 14, 15):  # lip corners, within and outside them
        assert holds(regions_of(au, FACE)[0], FACE[61])
        assert holds(regions_of(au, FACE)[1], FACE[291])
    assert middle(regions_of(12, FACE)[0])[1] < FACE[61][1] < middle(regions_of(15, FACE)[0])[1]
    assert where[17][1] > mouth[3] - 16  # the chin below the lips
    assert where[25][0] < mouth[0] and where[25][2] > mouth[2]
    assert holds(regions_of(26, FACE)[0], FACE[152])
    assert where[27][1] < mouth[1] and where[27][3] > FACE[152][1]


def test_without_whole_landmarks_there_is_no_region():
    assert regions_of(12, []) == []
    assert regions_of(12, FACE[: LANDMARKS - 1]) == []
    assert regions_of(12, [[5, 7]] * LANDMARKS) == []
    assert regions_of(21, FACE) == []
