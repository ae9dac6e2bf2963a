"""Labels: base rates, planted errors and tags of the full-sized set."""

from collections import Counter

import pytest

from annotations.synthetic import population

FULL = population.sample(20, 123, 560)


def test_sizes_and_unique_sequences():
    assert len(FULL.subjects) == 123
    assert len(FULL.faces) == 560
    assert len({face.folder for face in FULL.faces}) == 560
    assert {face.subject.code for face in FULL.faces} == {s.code for s in FULL.subjects}


@pytest.mark.parametrize(
    ("name", "share"), [("negative", 0.58), ("surprise", 0.22), ("positive", 0.20)]
)
def test_class_shares(name, share):
    counts = Counter(population.high_level_of(face.written_emotion) for face in FULL.faces)
    assert counts[name] / 560 == pytest.approx(share, abs=0.03)


def test_action_units_come_as_often_as_in_ck_plus_within_each_class():
    for name in population.CLASS_SHARES:
        rows = [c for c in population.combinations() if c.high_level == name]
        total = sum(row.count for row in rows)
        faces = [face for face in FULL.faces if face.high_level == name]
        for unit in (1, 2, 4, 6, 7, 12, 14, 15, 17, 23, 24, 25, 26, 27):
            expected = sum(row.count for row in rows if unit in row.action_units) / total
            drawn = sum(unit in face.intensities for face in faces) / len(faces)
            assert drawn == pytest.approx(expected, abs=0.10), (name, unit)


def test_au11_is_added_to_negative_faces_only():
    with_11 = [face for face in FULL.faces if 11 in face.intensities]
    assert 8 <= len(with_11) <= 40
    assert {face.high_level for face in with_11} == {"negative"}


def test_planted_errors_are_four_percent_and_change_the_class():
    wrong = [face for face in FULL.faces if face.emotion != face.written_emotion]
    assert len(wrong) == round(0.04 * 560)
    for face in wrong:
        assert population.high_level_of(face.written_emotion) != face.high_level


def test_tags_have_the_shares_of_ck_plus():
    for attribute, shares in (
        ("gender", population.GENDERS),
        ("age_group", population.AGE_GROUPS),
        ("ethnicity", population.ETHNICITIES),
    ):
        counts = Counter(getattr(subject, attribute) for subject in FULL.subjects)
        for name, share in shares.items():
            assert counts[name] / 123 == pytest.approx(share, abs=0.01)


def test_the_hard_light_group_is_large_enough_to_be_found():
    lit = sum(face.subject.hard_light for face in FULL.faces)
    assert 60 <= lit <= 160


def test_a_unit_is_overread_on_half_of_one_groups_faces_without_it_and_nowhere_else():
    unit, (attribute, value) = population.OVERREAD_UNIT, population.OVERREAD_GROUP
    group = [face for face in FULL.faces if getattr(face.subject, attribute) == value]
    without = [face for face in group if unit not in face.intensities]
    wrong = [face for face in FULL.faces if face.overread]
    assert len(wrong) == round(population.OVERREAD_SHARE * len(without)) > 20
    assert {face.index for face in wrong} < {face.index for face in without}
    for face in FULL.faces:
        assert face.written_intensities == {**face.intensities, **face.overread}
        assert set(face.overread) <= {unit}
        assert not set(face.overread) & set(face.strengths)
        assert list(face.written_intensities) == sorted(face.written_intensities)


def test_some_intensities_are_not_coded_but_drawn():
    unknown = [
        (face, unit) for face in FULL.faces for unit, level in face.intensities.items() if not level
    ]
    assert unknown
    assert all(max(face.strengths[unit]) > 0.3 for face, unit in unknown)


def test_another_seed_draws_another_population():
    assert population.sample(21, 123, 560) != FULL
    assert population.sample(20, 123, 560) == FULL
