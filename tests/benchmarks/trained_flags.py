"""How often a harm is flagged by a model that was really trained on it, and without one.

`python -m tests.benchmarks.trained_flags [--seeds 20] [--processes 2]`: features once, then some
five seconds of a core for each data set.

Each data set is the demo's 560 pictures of 123 subjects, with the subjects' tags dealt out anew:
nothing in a face is drawn from them, so no group is read worse. Then the linear experts of the
default recipe are trained on VGG16's features and the landmarks, mixed, calibrated and thresholded
on other folds (they read nearly as well as the whole recipe: docs/model.md), every face is read
out of fold, and the product's own evaluation raises its flags.

- "none": nothing is harmed.
- "labels": in one group and for one target (emotion, or a unit) this share of the labels is wrong,
  as coders could have written them; the model learns from them and is judged by them.
- "demo": the demo's own plant, drawn anew (`population.OVERREAD_SHARE`), tags as they are.

Any group of one tag that has at least five subjects, and any target. A harm is found where a flag
names the group and, of labels, the target.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from django.conf import settings

from annotations import facs
from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.synthetic import generator, population
from inference.ml.predictions import Prediction, predictions_of
from tests.benchmarks.bias_flags import share_of
from tests.benchmarks.material import weights
from training.ml.config import TrainingConfig
from training.ml.dataset import Sample
from training.ml.evaluate import evaluate
from training.ml.extraction import Pictures, TrunkFiles, recipe_trunk
from training.ml.fairness_figures import Fairness
from training.ml.group_tables import EMOTION, MIN_FACES, MIN_SUBJECTS, groups_of
from training.ml.linear_experts import linear_fits, linear_out_of_fold
from training.ml.material import Material, gather
from training.ml.mixture import Experts
from training.ml.mixture_choice import cross_chosen, cross_fitted
from training.ml.progress import Watch
from training.ml.recipes import COMPARING
from training.ml.split import folds_by_subject

#: Fewer than a training has: each data set is fitted three times, not five.
FOLDS = 3
KINDS: dict[str, float] = {"none": 0.0, "labels": 0.4, "demo": 0.5}


@dataclass(frozen=True)
class Trained:
    """What was planted, how far the group fell in accuracy, and what was flagged."""

    group: str
    subjects: int
    target: str
    fall: float
    accuracy: float
    macro_f1: float
    found: bool
    aside: bool


@lru_cache(maxsize=1)
def _material() -> Material:
    """Return the demo's faces with their features; emotions as written, true units."""
    root = settings.VAR_DIR / "benchmarks" / "demo-560"
    generator.generate(root)
    return _gathered([
        Sample(
            face.index, root / face.peak_path, _digest(root / face.peak_path), face.subject.code,
            facs.HIGH_LEVEL[face.written_emotion],
            {au: au in face.intensities for au in facs.MODEL_ACTION_UNITS},
            {d: getattr(face.subject, d) for d in ("gender", "age_group", "ethnicity")},
        )
        for face in population.sample(20, 123, 560).faces
    ])  # fmt: skip


def _gathered(samples: list[Sample]) -> Material:
    config = TrainingConfig(augmented_copies=0)
    trunk = recipe_trunk(config, TrunkFiles(weights(), settings.FEATURE_CACHE))
    pictures = Pictures(samples, config)
    return gather(config, pictures, trunk, settings.FEATURE_CACHE, Watch())


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _dealt(samples: list[Sample], luck: np.random.Generator) -> list[Sample]:
    """Return the samples with the subjects' tags dealt out anew, each subject's together."""
    tags = {sample.subject: sample.groups for sample in samples}
    dealt = [list(tags.values())[place] for place in luck.permutation(len(tags))]
    of = dict(zip(tags, dealt, strict=True))
    return [dataclasses.replace(sample, groups=of[sample.subject]) for sample in samples]


@dataclass(frozen=True)
class Plant:
    """A harm to a group: its faces (n,), and the target; column -1 is the emotion."""

    group: str
    inside: np.ndarray
    column: int

    @property
    def target(self) -> str:
        return EMOTION if self.column < 0 else f"AU{MODEL_ACTION_UNITS[self.column]}"

    @property
    def targets(self) -> set[str]:
        """The targets that a flag may name for it."""
        return {EMOTION, *EMOTIONS} if self.column < 0 else {self.target}


def _planted(samples: list[Sample], kind: str, luck: np.random.Generator) -> Plant:
    """Choose the group and the target; the same for each kind but the demo's."""
    groups = _groups(samples)
    name = list(groups)[int(luck.integers(len(groups)))]
    column = int(luck.integers(-1, len(MODEL_ACTION_UNITS)))
    if kind == "demo":
        name = population.OVERREAD_GROUP[1]
        column = MODEL_ACTION_UNITS.index(population.OVERREAD_UNIT)
    return Plant(name, groups[name], column)


def run(seed: int, kind: str) -> Trained:
    """Plant, train, read out of fold, judge."""
    plain, luck = _material(), np.random.default_rng([seed, 2])
    samples = list(plain.samples)
    if kind != "demo":
        samples = _dealt(samples, np.random.default_rng([seed, 1]))
    plant = _planted(samples, kind, luck)
    if kind != "none":
        samples = list(_mislabelled(samples, plant, kind, luck))
    said = _read(samples, plain, seed)
    metrics, fairness = evaluate(samples, said, {sample.id: "test" for sample in samples})
    return Trained(
        group=plant.group,
        subjects=len({s.subject for s, i in zip(samples, plant.inside, strict=True) if i}),
        target=plant.target,
        fall=_fall(fairness, plant.group, plant.target),
        accuracy=metrics.test.emotion.accuracy,
        macro_f1=metrics.test.action_units.macro_f1,
        **_flagged(fairness, plant, kind),
    )


def _mislabelled(samples: list[Sample], plant: Plant, kind: str, luck: np.random.Generator):
    """Yield the samples with wrong labels in the group; the demo's find what isn't there."""
    au = MODEL_ACTION_UNITS[plant.column]
    for sample, inside in zip(samples, plant.inside, strict=True):
        may = inside and not (kind == "demo" and sample.action_units[au])
        wrong = may and luck.random() < KINDS[kind]
        yield _wrong(sample, plant.column, luck) if wrong else sample


def _flagged(fairness: Fairness, plant: Plant, kind: str) -> dict[str, bool]:
    """Return whether the harm was found, or any without one, and whether another was, too."""
    harms = [gap for gap in fairness.gaps if gap.harm]
    if kind == "none":
        return {"found": bool(harms), "aside": False}
    aimed = [gap for gap in harms if gap.target in plant.targets]
    return {
        "found": any(gap.group == plant.group for gap in aimed),
        "aside": any(g not in aimed or plant.group not in g.group.split(", ") for g in harms),
    }


def _groups(samples: list[Sample]) -> dict[str, np.ndarray]:
    """Return which faces (n,) belong to each group that is large enough to be judged."""
    codes = np.unique([sample.subject for sample in samples], return_inverse=True)[1]
    found = {}
    for group in groups_of(samples):
        faces = group.members[codes]
        enough = group.members.sum() >= MIN_SUBJECTS and faces.sum() >= MIN_FACES
        if enough and not group.is_intersection:
            found[group.name] = faces
    return found


def _wrong(sample: Sample, column: int, luck: np.random.Generator) -> Sample:

    if column < 0:
        others = [emotion for emotion in EMOTIONS if emotion != sample.emotion]
        return dataclasses.replace(sample, emotion=others[int(luck.integers(2))])
    au = MODEL_ACTION_UNITS[column]
    return dataclasses.replace(
        sample, action_units=sample.action_units | {au: not sample.action_units[au]}
    )


def _read(samples: list[Sample], plain: Material, seed: int) -> list[Prediction]:
    """Train the linear experts, and read every face out of fold."""
    material = dataclasses.replace(plain, samples=samples)
    fold_of = folds_by_subject(samples, FOLDS, seed)
    linear = [fit() for fit in linear_fits(TrainingConfig(), material, fold_of)[:-1]]
    readings = linear_out_of_fold(linear, material.plain, fold_of)
    experts = Experts(readings, material.compared, COMPARING)
    mixtures = cross_chosen(experts, material.emotions, material.units, fold_of)
    said, present = cross_fitted(experts, mixtures, fold_of)
    return predictions_of(said.emotion, said.units, present, material.plain.quality)


def _fall(fairness: Fairness, group: str, target: str) -> float:
    """Return how far the group's accuracy lies below everybody's."""

    def accuracy(rows) -> float:
        return next(row.figures["accuracy"].value for row in rows if row.target == target)

    own = next(row for row in fairness.groups if row.group == group)
    return accuracy(fairness.everybody) - accuracy(own.targets)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", nargs="*", choices=[*KINDS], default=[*KINDS])
    given = parser.parse_args()
    _material()  # draws and extracts once; the processes find it
    with multiprocessing.get_context("spawn").Pool(given.processes) as pool:
        for kind in given.only:
            share = KINDS[kind]
            rows = pool.map(partial(run, kind=kind), range(given.seeds), chunksize=1)
            _tell(kind, share, rows)


def _tell(kind: str, share: float, rows: Sequence[Trained]) -> None:

    accuracy, macro = (np.mean([getattr(r, n) for r in rows]) for n in ("accuracy", "macro_f1"))
    print(f"\n{kind} {share:.0%}: flagged {share_of([row.found for row in rows])}", end="")
    print(f"; emotion accuracy {accuracy:.3f}, AU macro F1 {macro:.3f}", flush=True)
    if kind == "none":
        return
    falls = [row.fall for row in rows]
    print(f"  the group's accuracy lies {np.mean(falls):.2f} below everybody's on average")
    print(f"  another group or target too {share_of([row.aside for row in rows])}")
    for low, high in ((5, 9), (10, 19), (20, 39), (40, 123)):
        found = [row.found for row in rows if low <= row.subjects <= high]
        if found:
            print(f"  {low} to {high} subjects {share_of(found)}", flush=True)
    for row in rows:
        print(f"    {row.group:15} {row.target:8} {row.fall:+.2f} {row.found}")


if __name__ == "__main__":
    main()
