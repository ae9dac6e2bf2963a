"""How often drift tests cry wolf, what they find, and how near CBPE's F1 comes to the true one.

`python -m tests.benchmarks.drift` (`--data-sets 200`, `--permutations 199`) prints the tables of
docs/drift.md. Nothing is read: each data set is drawn anew. Every subject has a manner of their
own, so faces of one subject are alike (an intraclass correlation of about 0.3 of the log odds), and
a camera; the truth is drawn by the probabilities, which are therefore calibrated to the letter,
unless they are said to be bent afterwards. Features are many more numbers than there are faces,
made of what is answered, of a look of each subject's own and of noise; their embeddings are made as
the product makes them, by a projection that is fitted to the training's faces.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures.groups import DIMENSIONS
from training.ml.balance import Balance
from training.ml.drift import adjusted, shift_tests
from training.ml.drift_f1 import performance
from training.ml.drift_figures import ALPHA
from training.ml.imbalance import Labels, spread_of
from training.ml.imbalance_flags import unlike_groups
from training.ml.projecting import fit_projection
from training.ml.seen import Seen

CLASSES, UNITS = len(EMOTIONS), len(MODEL_ACTION_UNITS)
#: Log odds of the classes and units, about as common as in CK+.
_EMOTION = np.log([0.58, 0.20, 0.22])
_UNIT = np.linspace(-2.6, 0.2, UNITS)
#: What makes the features: answers, the look of a subject, and something that only a shift moves.
LOOKS, FEATURES = 30, 2000
_MAP = np.random.default_rng(7).normal(size=(CLASSES + UNITS + LOOKS + 1, FEATURES))
_SIZES = np.concatenate([np.full(CLASSES + UNITS, 0.25), np.geomspace(1, 0.3, LOOKS), [1.0]])
_NOISE = 4.0
TRAINING = (123, 4.5)


@dataclass(frozen=True)
class Shift:
    """What is another way on new faces: log odds of classes and units, quality, colour, sight."""

    emotion: tuple[float, ...] = (0.0,) * CLASSES
    units: tuple[float, ...] = (0.0,) * UNITS
    unfit: float = 0.08
    colour: float = 0.15
    embedding: float = 0.0


def draw(
    rng: np.random.Generator,
    subjects: int,
    faces: float,
    shift: Shift | None = None,
    *,
    more_of_one: int = 0,
) -> Seen:
    """Draw what a calibrated model reads of some people's faces, `faces` each on average."""
    shift = shift or Shift()
    sizes = 1 + rng.poisson(faces - 1, subjects)
    sizes[0] += more_of_one
    own = np.repeat(np.arange(subjects), sizes)
    manner = rng.normal(0, 0.8, (subjects, CLASSES + UNITS))[own]
    odds = manner + rng.normal(0, 1.2, (len(own), CLASSES + UNITS))
    odds[:, :CLASSES] = 1.5 * odds[:, :CLASSES] + _EMOTION + shift.emotion
    odds[:, CLASSES:] += _UNIT + np.array(shift.units)
    powers = np.exp(odds[:, :CLASSES])
    emotion = powers / powers.sum(axis=1, keepdims=True)
    units = 1 / (1 + np.exp(-odds[:, CLASSES:]))
    picked = (rng.random((len(own), 1)) > emotion.cumsum(axis=1)).sum(axis=1)
    truth = np.hstack([picked[:, None] == np.arange(CLASSES), rng.random(units.shape) < units])
    camera = rng.normal(9, 0.5, subjects)[own]
    colour = (rng.random(subjects) < shift.colour)[own].astype(float)
    careless = rng.beta(shift.unfit * 4, (1 - shift.unfit) * 4, subjects)[own]
    look = rng.normal(0, 0.8, (subjects, LOOKS))[own] + rng.normal(0, 0.6, (len(own), LOOKS))
    moved = np.full((len(own), 1), shift.embedding)
    sight = (np.hstack([odds, look, moved]) * _SIZES) @ _MAP
    sight += rng.normal(0, _NOISE, sight.shape)
    return Seen(
        subjects=own.astype(str),
        emotion=emotion,
        units=units,
        present=units >= 0.35,
        quality=np.where(rng.random(len(own)) < careless, "dark", "good"),
        pictures=np.stack([camera, colour, camera - 1 + rng.normal(0, 0.2, len(own))], axis=1),
        truth=truth.astype(float),
        embedding=sight,
    )


def projected(before: Seen, after: Seen) -> tuple[Seen, Seen]:
    """Return both sides with embeddings in place of features, as a training makes them."""
    names = [f"{number:064d}" for number in range(len(before) + len(after))]
    own, new = names[: len(before)], names[len(before) :]
    projection = fit_projection(before.embedding.astype(np.float32), own, before.subjects)
    return (
        replace(before, embedding=projection(before.embedding.astype(np.float32), own)),
        replace(after, embedding=projection(after.embedding.astype(np.float32), new)),
    )


def rates(
    after: tuple[int, float, int], shift: Shift, data_sets: int, permutations: int
) -> dict[str, float]:
    """Return how often each test finds a difference by itself, and any does after correction."""
    found: dict[str, list[bool]] = {}
    for seed in range(data_sets):
        rng = np.random.default_rng([after[0], seed])
        subjects, faces, more = after
        before = draw(rng, *TRAINING)
        new = draw(rng, subjects, faces, shift, more_of_one=more)
        before, new = projected(before, new)
        made = shift_tests(before, new, permutations=permutations, seed=seed)
        for test in made:
            found.setdefault(test.name, []).append(test.p <= ALPHA)
        found.setdefault("any", []).append(any(t.adjusted <= ALPHA for t in adjusted(made)))
    return {name: float(np.mean(each)) for name, each in found.items()}


def bent(seen: Seen, slope: float, concept: float, rng: np.random.Generator) -> Seen:
    """Return the readings with probabilities too sure (slope above 1) and truths that moved."""
    odds = slope * np.log(np.maximum(seen.emotion, 1e-9))
    powers = np.exp(odds - odds.max(axis=1, keepdims=True))
    units = 1 / (1 + np.exp(-slope * np.log(seen.units / (1 - seen.units))))
    other = rng.permutation(len(seen))
    moved = rng.random((len(seen), 1)) < concept
    return replace(
        seen,
        emotion=powers / powers.sum(axis=1, keepdims=True),
        units=units,
        truth=np.where(moved, seen.truth[other], seen.truth),
    )


def estimates(
    shift: Shift, slope: float, concept: float, data_sets: int
) -> dict[str, tuple[float, float, float]]:
    """Return mean error, mean absolute error and coverage of either macro F1's estimate."""
    gaps: dict[str, list[tuple[float, bool]]] = {"emotion_macro_f1": [], "au_macro_f1": []}
    for seed in range(data_sets):
        rng = np.random.default_rng([5, seed])
        before = bent(draw(rng, *TRAINING), slope, 0.0, rng)
        after = bent(draw(rng, 60, 4.5, shift), slope, concept, rng)
        for line in performance(before, after)[:2]:
            got, true = line.estimated, line.measured.value
            gaps[line.name].append((got.value - true, got.low <= true <= got.high))
    return {
        name: (
            float(np.mean([gap for gap, _ in each])),
            float(np.mean([abs(gap) for gap, _ in each])),
            float(np.mean([held for _, held in each])),
        )
        for name, each in gaps.items()
    }


def groups_called_out(data_sets: int) -> float:
    """Return in what share of data sets without any difference a group is called out."""
    tags = {"gender": 2, "age_group": 3, "ethnicity": 3}
    wrong = 0
    for seed in range(data_sets):
        rng = np.random.default_rng([9, seed])
        seen = draw(rng, *TRAINING)
        own = {
            name: np.array([f"{name} {k}" for k in rng.integers(count, size=TRAINING[0])])
            for name, count in tags.items()
        }
        each = {name: own[name][seen.subjects.astype(int)] for name in DIMENSIONS}
        labels = Labels(seen.subjects, seen.truth)
        parts = {
            name: tuple(spread_of(labels[tag == value], value) for value in np.unique(tag))
            for name, tag in each.items()
        }
        found = unlike_groups(Balance(groups=parts), labels.subjects, labels.shown, each)
        wrong += min(p for *_, p in found) < ALPHA
    return wrong / data_sets


_SAME = Shift()
_ALIKE = [
    (10, 2.0, 0),
    (20, 1.0, 0),
    (20, 1.0, 40),
    (40, 1.0, 0),
    (40, 4.5, 0),
    (400, 1.0, 0),
]
_SHIFTS: list[tuple[str, Shift]] = [
    ("negative twice as likely", Shift(emotion=(1.0, 0.0, 0.0))),
    ("AU12's log odds + 1", Shift(units=tuple(float(au == 12) for au in MODEL_ACTION_UNITS))),
    ("unfit pictures 8 % -> 25 %", Shift(unfit=0.25)),
    ("colour pictures 15 % -> 45 %", Shift(colour=0.45)),
    ("another look of the pictures", Shift(embedding=1.5)),
]
_BENT: list[tuple[str, Shift, float, float]] = [
    ("calibrated, same faces", _SAME, 1.0, 0.0),
    ("calibrated, other faces", Shift(emotion=(-1.0, 0.5, 0.5), units=(0.7,) * UNITS), 1.0, 0.0),
    ("too sure (log odds x 2)", _SAME, 2.0, 0.0),
    ("not sure enough (log odds / 2)", _SAME, 0.5, 0.0),
    ("a fifth of labels mean another thing", _SAME, 1.0, 0.2),
]


def _print(title: str, rows: list[tuple[str, dict[str, float]]]) -> None:
    print(f"\n{title}\n| | " + " | ".join(rows[0][1]) + " |")
    for name, row in rows:
        print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in row.values()) + " |")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-sets", type=int, default=200)
    parser.add_argument("--permutations", type=int, default=199)
    asked = parser.parse_args(argv)
    count, shuffled = asked.data_sets, asked.permutations
    rate: Callable[..., dict[str, float]] = rates
    _print(
        f"False alarms at {ALPHA}, {count} data sets",
        [
            (
                f"{s} subjects, {f:g} each" + (f", one {m} more" if m else ""),
                rate((s, f, m), _SAME, count, shuffled),
            )
            for s, f, m in _ALIKE
        ],
    )
    _print(
        f"Power, 40 new subjects of 4.5 faces each, {count} data sets",
        [(name, rate((40, 4.5, 0), shift, count, shuffled)) for name, shift in _SHIFTS],
    )
    print(f"\nCBPE against realised macro F1: error, absolute error, coverage; {count} data sets")
    for name, shift, slope, concept in _BENT:
        got = estimates(shift, slope, concept, count)
        told = " | ".join(f"{a:+.3f} | {b:.3f} | {c:.2f}" for a, b, c in got.values())
        print(f"| {name} | {told} |")
    print(f"\nA group called out where none differs: {groups_called_out(count):.3f}")


if __name__ == "__main__":
    main()
