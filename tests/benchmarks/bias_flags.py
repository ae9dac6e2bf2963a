"""How often bias is flagged, where there is some and where there is none.

`python -m tests.benchmarks.bias_flags [--seeds 200] [--processes 2]`

Each data set has people, tags and labels as the demo draws them after CK+ (560 faces of 123
subjects; annotations/synthetic/population.py), with 4 % of the emotions labelled wrong. What a
model says of them is drawn: it is right as often as the demo's own (its rates by class and unit,
out of fold), and errors on one person's faces go together (a normal copula, correlation 0.15 by
subject and target; the demo's own are near 0). Then one harm is planted, or none.

- "errs": in one group, for one target (emotion, or a unit), this share of right answers is wrong.
- "misses": in one group, this share of a unit's right findings is missed.

The group is any of the eight of one tag that have at least five subjects, and the target any of
emotion and 15 units. A harm is found where a flag names this group and this target.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from scipy.stats import norm

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures.support import FEWEST_TO_TRUST
from annotations.synthetic import population
from inference.ml.predictions import Prediction, Readings, predictions_of
from training.ml.dataset import Sample
from training.ml.group_tables import EMOTION, Group, GroupTables, tables_of
from training.ml.harm import find_harms

#: Of the demo's champion, out of fold: rates by class, and by unit where it is there or isn't.
RIGHT = (0.944, 0.922, 0.934)
FOUND = (
    0.944, 0.946, 0.945, 0.892, 0.854, 0.455, 0.872, 0.608,
    0.831, 0.923, 0.727, 0.757, 0.976, 0.775, 0.930,
)  # fmt: skip
REJECTED = (
    0.965, 0.983, 0.951, 0.960, 0.913, 0.972, 0.986, 0.943,
    0.996, 0.955, 0.981, 0.947, 0.989, 0.975, 0.983,
)  # fmt: skip
SUBJECTS, FACES, TOGETHER = 123, 560, 0.15
ERRS, MISSES = (0.2, 0.3, 0.4), (0.4, 0.6, 0.8)
#: Units that are on at least so many of the 560 faces, and the others.
COMMON = 140


@dataclass
class Study:
    """One data set and what a model says of it: n faces."""

    samples: list[Sample]
    subjects: np.ndarray
    truth: np.ndarray
    said: np.ndarray
    shown: np.ndarray
    found: np.ndarray

    def keep(self, rows: np.ndarray) -> None:
        """Leave out the other faces."""
        self.samples = [sample for sample, kept in zip(self.samples, rows, strict=True) if kept]
        for name in ("subjects", "truth", "said", "shown", "found"):
            setattr(self, name, getattr(self, name)[rows])

    def predictions(self) -> list[Prediction]:
        """Return what the model says, without any doubt."""
        emotions = np.eye(len(EMOTIONS))[self.said]
        quality = ["good"] * len(self.samples)
        return predictions_of(emotions, self.found.astype(float), self.found, quality)

    def readings(self) -> Readings:
        """Return the same as an artefact has it."""
        emotions = np.eye(len(EMOTIONS), dtype=np.float32)[self.said]
        digests = np.array([f"{number:064x}" for number in range(len(self.samples))])
        found = self.found.copy()
        return Readings(digests, emotions, found.astype(np.float32), found)

    def tables(self) -> GroupTables:
        """Count it as the product does."""
        return tables_of(list(zip(self.samples, self.predictions(), strict=True)))


def draw(seed: int, *, together: float = TOGETHER, luck: int = 0) -> Study:
    """Draw a data set in which every group is read as well as every other.

    Another luck gives other answers about the same data set.
    """
    people = population.sample(seed, SUBJECTS, FACES).faces
    generator = np.random.default_rng([seed, 5, luck] if luck else [seed, 5])
    subjects = np.array([face.subject.index for face in people])
    truth = np.array(
        [EMOTIONS.index(population.high_level_of(face.written_emotion)) for face in people]
    )
    shown = np.array([[au in face.intensities for au in MODEL_ACTION_UNITS] for face in people])

    def chance() -> np.ndarray:
        person = generator.normal(size=SUBJECTS)[subjects]
        alone = generator.normal(size=FACES)
        return norm.cdf(np.sqrt(together) * person + np.sqrt(1 - together) * alone)

    right = chance() < np.array(RIGHT)[truth]
    said = np.where(right, truth, (truth + generator.integers(1, 3, FACES)) % 3)
    rates = np.where(shown, FOUND, REJECTED)
    lucky = np.stack([chance() for _ in MODEL_ACTION_UNITS], axis=1) < rates
    samples = [
        Sample(
            number, Path(), "", face.subject.code, EMOTIONS[truth[number]],
            dict(zip(MODEL_ACTION_UNITS, map(bool, shown[number]), strict=True)),
            {
                "gender": face.subject.gender, "age_group": face.subject.age_group,
                "ethnicity": face.subject.ethnicity,
            },
        )
        for number, face in enumerate(people)
    ]  # fmt: skip
    codes = np.unique([sample.subject for sample in samples], return_inverse=True)[1]
    return Study(samples, codes, truth, said, shown, lucky == shown)


@dataclass(frozen=True)
class Planted:
    """A harm, and what it is about."""

    kind: str
    share: float
    subjects: int
    faces: int
    target: str
    shows: int
    shows_of_group: int
    found: bool = False
    others: int = 0
    smallest: float = 0.0


def plant(study: Study, group: Group, column: int | None, kind: str, share: float) -> Planted:
    """Spoil the answers about a group; column None is the emotion."""
    generator = np.random.default_rng([len(study.samples), int(study.said.sum()), column or 99])
    inside = group.members[study.subjects]
    hit = inside & (generator.random(len(inside)) < share)
    if column is None:
        wrong = hit & (study.said == study.truth)
        study.said[wrong] = (study.truth[wrong] + generator.integers(1, 3, wrong.sum())) % 3
        shows, target = np.ones_like(inside), EMOTION
    else:
        shows, found = study.shown[:, column], study.found[:, column]
        wrong = hit & (found == shows)
        if kind == "misses":
            wrong &= shows
        study.found[wrong, column] = ~found[wrong]
        target = f"AU{MODEL_ACTION_UNITS[column]}"
    sizes = (int(group.members.sum()), int(inside.sum()))
    return Planted(kind, share, *sizes, target, int(shows.sum()), int((shows & inside).sum()))


def harmed(seed: int, kind: str, share: float) -> Planted:
    """Plant a harm to any group and any target, and look for it."""
    study = draw(seed)
    generator = np.random.default_rng([seed, 6])
    tables = study.tables()
    groups = [g for g in tables.groups if not g.is_intersection and tables.is_enough(g)]
    number = int(generator.integers(len(groups)))
    column = int(generator.integers(-1 if kind == "errs" else 0, len(MODEL_ACTION_UNITS)))
    planted = plant(study, groups[number], None if column < 0 else column, kind, share)
    spoilt = study.tables()
    test = find_harms(spoilt)
    name = groups[number].name
    wanted = {EMOTION, *EMOTIONS} if column < 0 else {planted.target}
    hits = [h for h in test.harms() if h.group.name == name and h.target in wanted]
    # A flag that names no part of the group, or another target, is a false one.
    aside = [
        h for h in test.harms()
        if h.target not in wanted or name not in h.group.tags.values()
    ]  # fmt: skip
    smallest = {g.name: s for g, s in zip(spoilt.groups, test.smallest, strict=True)}[name]
    return Planted(**{
        **vars(planted), "found": bool(hits), "others": len(aside), "smallest": float(smallest)
    })  # fmt: skip


def halve(study: Study, group: Group, generator: np.random.Generator) -> None:
    """Leave out half of a group's negative faces."""
    inside = group.members[study.subjects]
    negative = study.truth == EMOTIONS.index("negative")
    study.keep(~(inside & negative & (generator.random(len(inside)) < 0.5)))


def clean(seed: int, together: float, unlike: bool = False) -> bool:
    """Look for a harm where there is none; return whether one is flagged.

    `unlike`: one group shows half as many negative faces, but is read as well as the others.
    """
    study = draw(seed, together=together)
    tables = study.tables()
    if unlike:
        generator = np.random.default_rng([seed, 7])
        groups = [g for g in tables.groups if not g.is_intersection and tables.is_enough(g)]
        halve(study, groups[int(generator.integers(len(groups)))], generator)
        tables = study.tables()
    return bool(find_harms(tables).harms())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    seeds = range(1000, 1000 + given.seeds)
    with multiprocessing.get_context("spawn").Pool(given.processes) as pool:
        print(f"{given.seeds} data sets for each row; flagged with a 95 % interval\n\nNo harm:")
        for together in (0.0, TOGETHER, 0.3):
            alarms = pool.map(partial(clean, together=together), seeds, chunksize=8)
            print(f"  correlation {together:.2f}   {share_of(alarms)}", flush=True)
        alarms = pool.map(partial(clean, together=TOGETHER, unlike=True), seeds, chunksize=8)
        print(f"  unlike base rates  {share_of(alarms)}", flush=True)
        for kind, shares in (("errs", ERRS), ("misses", MISSES)):
            for share in shares:
                run = partial(harmed, kind=kind, share=share)
                _tell(kind, share, pool.map(run, seeds, chunksize=8))


def _tell(kind: str, share: float, planted: Sequence[Planted]) -> None:
    print(f"\n{kind} {share:.0%}: {share_of([each.found for each in planted])}", end="")
    print(f"; another group or target too: {share_of([each.others > 0 for each in planted])}")
    for name, chosen in _strata(kind):
        rows = [each.found for each in planted if chosen(each)]
        if rows:
            print(f"  {name:34} {share_of(rows)}", flush=True)


def _strata(kind: str) -> Iterator[tuple[str, Callable[[Planted], bool]]]:
    for low, high in ((5, 9), (10, 19), (20, 39), (40, 123)):
        yield f"{low} to {high} subjects", lambda p, a=low, b=high: a <= p.subjects <= b
    if kind == "errs":
        yield "emotion", lambda p: p.target == EMOTION
        yield (
            f"units on {COMMON} faces or more",
            lambda p: p.target != EMOTION and p.shows >= COMMON,
        )
        yield "rarer units", lambda p: p.target != EMOTION and p.shows < COMMON
        return
    for low, high in ((0, FEWEST_TO_TRUST - 1), (10, 19), (20, 39), (40, 79), (80, 560)):
        yield (
            f"{low} to {high} faces of it show it",
            lambda p, a=low, b=high: a <= p.shows_of_group <= b,
        )


def share_of(found: Sequence[bool]) -> str:
    """Say how many, and the interval of Wilson (1927)."""
    n, p, z = len(found), float(np.mean(found)), 1.96
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = max(middle - half, 0.0), min(middle + half, 1.0)
    return f"{p:.3f} [{low:.3f}, {high:.3f}] of {n}"


if __name__ == "__main__":
    main()
