"""How often the promotion gate asks although nothing got worse, and how often it names what did.

    python -m tests.benchmarks.promotion_gate [--sets 100]

Each data set has 560 faces of 123 subjects, and two models that are right on an emotion with 0.93
and on a unit with 0.95. What makes a subject or a face hard is shared by both, so their errors go
together as those of two trainings on the same faces do. "Unwidened": how often it would ask if each
class, unit and group had its own 95 % interval.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.stats import norm

from annotations.facs import MODEL_ACTION_UNITS
from training.ml.compared import LOWER, Compared, ComparisonFigures
from training.ml.comparison import compare
from training.ml.guard import falls
from training.ml.paired import Readings

FACES, SUBJECTS = 560, 123
EMOTION, UNIT = 0.93, 0.95
#: Shares of the variance of "how hard": of the subject, of the face, and of the model alone.
SHARES = (0.2, 0.4, 0.4)
#: Shares of the faces that show each of MODEL_ACTION_UNITS, about as in CK+.
RATES = np.array(
    [0.29, 0.20, 0.32, 0.21, 0.20, 0.06, 0.19, 0.05, 0.15, 0.33, 0.10, 0.10, 0.48, 0.08, 0.14]
)
HURT = 12


def hardness(draw: np.random.Generator, subjects: np.ndarray, width: int) -> np.ndarray:
    """(2, n, width) normal numbers: the greater, the harder for that model."""
    of_subject = draw.normal(size=(SUBJECTS, width))[subjects] * SHARES[0] ** 0.5
    of_face = draw.normal(size=(FACES, width)) * SHARES[1] ** 0.5
    return of_subject + of_face + draw.normal(size=(2, FACES, width)) * SHARES[2] ** 0.5


def readings(seed: int, hurt: float | None) -> Readings:
    """Two models as good as one another, but for the second's skill on one unit, if given."""
    draw = np.random.default_rng(seed)
    subjects = np.arange(FACES) % SUBJECTS
    emotion = draw.choice(3, FACES, p=[0.57, 0.21, 0.22])
    units = (draw.random((FACES, len(RATES))) < RATES).astype(int)
    skills = np.full((2, 1, len(RATES)), UNIT)
    if hurt is not None:
        skills[1, 0, MODEL_ACTION_UNITS.index(HURT)] = hurt
    right = hardness(draw, subjects, len(RATES)) < norm.ppf(skills)
    right_emotion = hardness(draw, subjects, 1)[..., 0] < norm.ppf(EMOTION)
    return Readings(
        faces=np.arange(FACES) + 1,
        subjects=subjects,
        groups={
            "gender": np.where(subjects % 3, "female", "male"),
            "age_group": np.char.add("age ", (subjects % 4).astype(str)),
        },
        true_emotion=emotion,
        emotion=np.where(right_emotion, emotion, (emotion + 1) % 3),
        true_units=units,
        units=np.where(right, units, 1 - units),
    )


def single(found: ComparisonFigures) -> list[Compared]:
    """The guarded figures of classes, units and groups, as if each were looked at alone."""
    of_groups = [row for rows in found.worst.values() for row in rows]
    wanted = [row for row in of_groups if row.name != "emotion_macro_f1"]
    return [*found.classes, *found.units, *wanted]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=100)
    sets = parser.parse_args().sets
    print(f"| the second model, {sets} data sets each | asks | names AU{HURT} | F1 | unwidened |")
    print("|---|---|---|---|---|")
    for label, hurt in (
        ("as good", None),
        ("AU12 right with 0.92", 0.92),
        ("0.88", 0.88),
        ("0.80", 0.8),
    ):
        asks, named, plain, scores = 0, 0, 0, []
        for seed in range(sets):
            found = compare(readings(seed, hurt))
            names = {fall.name for fall in falls(found)}
            asks += bool(names)
            named += f"au:{HURT}" in names
            plain += bool(names) or any(row.verdict(1) == LOWER for row in single(found))
            row = next(each for each in found.units if each.name == f"au:{HURT}")
            scores.append([each.value for each in row.figures])
        first, second = np.mean(scores, axis=0)
        shares = " | ".join(f"{count / sets:.2f}" for count in (asks, named))
        print(
            f"| {label} | {shares} | {first:.2f} → {second:.2f} | {plain / sets:.2f} |", flush=True
        )


if __name__ == "__main__":
    main()
