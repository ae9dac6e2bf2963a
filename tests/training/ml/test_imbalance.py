"""How evenly labels are spread: figures by hand and by simulation, and rules that they break."""

from pathlib import Path

import numpy as np
import pytest

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.synthetic.combinations import combinations
from training.ml.balance import Balance
from training.ml.dataset import Sample
from training.ml.imbalance import ckplus_together, design_effect, imbalance
from training.ml.imbalance_flags import RULES, phi


def face(number: int, subject: int, emotion: str, shown=(), **groups: str) -> Sample:
    units = {au: au in shown for au in MODEL_ACTION_UNITS}
    return Sample(number, Path(), f"{number:064d}", f"S{subject:03d}", emotion, units, groups)


@pytest.fixture(scope="module")
def faces() -> list[Sample]:
    """400 faces of 100 subjects, with something wrong of every kind."""
    rng = np.random.default_rng(5)
    samples = []
    for number in range(400):
        subject = number // 4
        gender = "female" if subject % 2 else "male"
        shown = {25} if rng.random() < 0.5 else set()
        shown |= {1, 2} if rng.random() < 0.3 else set()  # never apart
        shown |= {11} if number < 9 else set()  # few faces
        shown |= {14} if subject < 4 else set()  # few people, and rare
        shown |= {12} if rng.random() < (0.6 if gender == "female" else 0.2) else set()
        emotion = "positive" if number % 10 == 0 else "negative"
        samples.append(face(number, subject, emotion, shown, gender=gender))
    return samples


@pytest.fixture(scope="module")
def balance(faces) -> Balance:
    return imbalance(faces, {each.id: "test" for each in faces})


def test_counts_are_those_of_the_faces(faces, balance):
    for au in (1, 12, 14):
        spread, own = balance.overall.units[au], [s for s in faces if s.action_units[au]]
        assert (spread.shown, spread.coded) == (len(own), 400)
        assert spread.subjects == len({s.subject for s in own})
        assert spread.ratio == pytest.approx((400 - len(own)) / len(own))
        assert spread.share.low < spread.share.value == len(own) / 400 < spread.share.high
    assert balance.overall.units[14].effective_subjects == 4
    assert balance.overall.emotions["positive"].ratio == 9
    women = next(part for part in balance.groups["gender"] if part.name == "female")
    own = [s for s in faces if s.groups["gender"] == "female"]
    assert women.units[12].shown == sum(s.action_units[12] for s in own)
    assert Balance.from_json(balance.to_json()) == balance


def test_what_goes_with_what_is_counted_over_faces_that_are_coded_for_both(faces, balance):
    table = np.array([[s.action_units[au] for au in MODEL_ACTION_UNITS] for s in faces])
    both = np.array(balance.together.both)
    assert (both == table.T.astype(int) @ table.astype(int)).all()
    one, other = (MODEL_ACTION_UNITS.index(au) for au in (12, 25))
    expected = np.corrcoef(table[:, one], table[:, other])[0, 1]
    assert phi(balance.together, one, other) == pytest.approx(expected)
    half = [Sample(1, Path(), "", "S1", None, {12: True}), *faces[:20]]
    counted = imbalance(half, {}).together
    assert counted.shown[one][one] - counted.shown[one][other] == 1  # AU25 isn't coded on it
    assert sum(map(sum, counted.emotion_coded)) == 20 * len(MODEL_ACTION_UNITS)


def test_published_labels_are_those_of_ckplus():
    found = ckplus_together()
    assert sum(row.count for row in combinations()) == 327
    # Counted in NetFACS's emotions_set, apart from this code.
    shown = {au: found.both[place][place] for place, au in enumerate(MODEL_ACTION_UNITS)}
    surprise = dict(
        zip(MODEL_ACTION_UNITS, found.of_emotion[EMOTIONS.index("surprise")], strict=True)
    )
    assert found.coded[0][0] == 327
    assert (shown[11], shown[12], shown[27]) == (2, 80, 72)
    assert (surprise[27], surprise[12]) == (72, 3)


@pytest.mark.parametrize("alike", [0.0, 0.4, 0.9])
def test_design_effect_is_by_how_much_a_share_varies_more_between_samples(alike):
    """Against its definition: the variance over many samples, over that of independent faces."""
    rng, sizes = np.random.default_rng(1), np.array([1, 2, 4, 9] * 25)

    def sample():
        who = rng.random(100) < 0.3  # what a subject tends to
        keeps = rng.random((100, 9)) < np.sqrt(alike)
        shown = np.where(keeps, who[:, None], rng.random((100, 9)) < 0.3)
        return (shown & (np.arange(9) < sizes[:, None])).sum(axis=1).astype(float)

    drawn = [sample() for _ in range(1500)]
    shares = np.array([each.sum() for each in drawn]) / sizes.sum()
    expected = shares.var() / (0.3 * 0.7 / sizes.sum())
    found = np.mean([design_effect(each, sizes.astype(float)) for each in drawn[:300]])
    assert found == pytest.approx(expected, rel=0.12)


def test_each_rule_finds_what_breaks_it_and_nothing_else(balance):
    broken = {(flag.rule, flag.subject, flag.group) for flag in balance.flags}
    assert {rule for rule, _, _ in broken} == set(RULES)
    assert {subject for rule, subject, _ in broken if rule == "group_differs"} == {"AU12"}
    assert {subject for rule, subject, _ in broken if rule == "never_apart"} == {"AU1, AU2"}
    assert ("few_people", "AU14", "") in broken
    assert ("rare", "AU14", "") in broken
    assert ("outnumbered", "positive", "") in broken
    assert ("few_faces", "AU11", "") in broken
    assert not any("AU25" in subject for _, subject, _ in broken)


def test_labels_of_nobody_and_of_one_kind_are_no_error():
    nothing = imbalance([], {})
    assert (nothing.overall.faces, nothing.flags) == (0, ())
    one = imbalance([Sample(1, Path(), "", "S1", None, {12: True})], {1: "test"})
    assert one.overall.units[12].shown == 1
    assert one.overall.emotions["negative"].share.value is None
