"""What a model promises of new people's faces is kept, by subject and by class."""

import numpy as np
import pytest
from scipy.special import expit, softmax

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from training.ml.conformal import upper_limit
from training.ml.prediction_sets import (
    Answered,
    choose_cutoffs,
    folds_in_turn,
    observe_sets,
)
from training.ml.probabilities import Outputs
from training.ml.promise_figures import Promises, share_of


def study(rng: np.random.Generator, subjects: int) -> Answered:
    """Faces one to eight a subject, some of whom are read much better than others."""
    own = np.repeat(np.arange(subjects), rng.integers(1, 9, subjects))
    skill, faces = rng.gamma(2, 1, subjects)[own], len(own)
    emotions = rng.choice(3, faces, p=[0.25, 0.6, 0.15])
    z = rng.normal(size=(faces, 3))
    z[np.arange(faces), emotions] += skill
    units = np.full((faces, 15), -1.0, dtype=np.float32)
    units[:, 0] = rng.random(faces) < 0.3
    units[:, 1] = np.arange(faces) < 3  # on too few people
    chances = np.full((faces, 15), 0.5)
    chances[:, 0] = expit(rng.normal(size=faces) + (2 * units[:, 0] - 1) * skill)
    return Answered(Outputs(softmax(z, axis=1), chances), chances > 0.5, emotions, units, own)


def test_sets_hold_each_label_of_new_people_as_often_as_promised():
    rng = np.random.default_rng(1)
    held: dict[str, list[float]] = {}
    for _ in range(60):
        rule, new = choose_cutoffs(study(rng, 50)), study(rng, 50)
        sets = rule.emotion_sets(new.said.emotion)
        here, gone = rule.unit_sets(new.said.units, new.present)
        of = {name: (sets[:, at], new.emotions == at) for at, name in enumerate(EMOTIONS)}
        of |= {"present": (here[:, 0], new.units[:, 0] == 1)}
        of |= {"absent": (gone[:, 0], new.units[:, 0] == 0)}
        for name, (holds, among) in of.items():
            share = share_of(holds[among], new.subjects[among])
            held.setdefault(name, []).append(share.value)
    for name, shares in held.items():
        assert 0.89 < np.mean(shares) < 0.95, name


def test_somebody_with_many_faces_counts_once():
    subjects = np.array(["Ada"] * 500 + [f"S{number}" for number in range(19)])
    scores = np.concatenate([np.zeros(500), np.arange(1.0, 20)])
    assert upper_limit(scores, subjects, 0.1) == 18
    assert upper_limit(scores[:507], subjects[:507], 0.1) == np.inf  # eight people


def test_a_set_holds_the_answer_and_says_nothing_of_what_few_show():
    faces = study(np.random.default_rng(2), 40)
    rule = choose_cutoffs(faces)
    assert rule.judged_units == MODEL_ACTION_UNITS[:1]
    told = rule.sets(faces.said.emotion, faces.said.units, faces.present)
    answers = faces.said.emotion.argmax(axis=1)
    assert all(
        EMOTIONS[answer] in each.emotions for answer, each in zip(answers, told, strict=True)
    )
    assert {au for each in told for au in each.unsure} == {MODEL_ACTION_UNITS[0]}
    few = choose_cutoffs(faces[np.flatnonzero(faces.subjects < 7)])
    assert few.emotions == (None, None, None)
    bare = few.sets(faces.said.emotion, faces.said.units, faces.present)
    assert {(each.emotions, each.unsure) for each in bare} == {((), ())}


def test_what_is_observed_is_of_people_whom_the_cutoffs_never_met():
    """Cutoffs of the others don't cover a fold that is read wrong, as its own would."""
    faces = study(np.random.default_rng(3), 60)
    fold_of = faces.subjects % 4
    found = observe_sets(faces, folds_in_turn(fold_of))
    assert found.emotions["positive"].value == pytest.approx(0.91, abs=0.05)
    assert found.emotions["positive"].subjects == len(set(faces.subjects[faces.emotions == 1]))
    mistaken = fold_of == 0
    faces.said.emotion[mistaken] = np.eye(3)[(faces.emotions[mistaken] + 1) % 3]
    worse = observe_sets(faces, folds_in_turn(fold_of))
    assert worse.emotions["positive"].value < 0.85
    assert Promises.from_json(worse.to_json()) == worse
    assert list(worse.units) == [1]
