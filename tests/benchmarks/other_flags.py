"""How often the other flags of groups, coders and models are raised, rightly and wrongly.

`python -m tests.benchmarks.other_flags [--seeds 200] [--processes 2] [--only coders outliers ...]`

Data sets and answers are drawn as for `bias_flags` (560 faces of 123 subjects after CK+, a model as
good as the demo's champion, errors that go together by subject, correlation 0.15). Each row is one
way of having nothing to flag, or one thing to flag, which is then found where it is named itself.

- `coders`: five coders, each of 60 % of the faces, each with their own rates of slips; the scores
  of a model with an AUC of 0.96. Then one coder overreads one unit in one group: they say it on
  this share of its faces on which they would not have.
- `outliers`: so many coders whose slips vary by this standard deviation; then one slips more often
  by this.
- `baseline`: a unit is answered so that its F1 is that of always saying so, or this share less.
- `champion`: two models that are as good; then one loses this share of its right answers for one
  target.
- `between`: differences between the groups of a dimension that are told from chance (demographic
  parity aside, of which nothing is said); then as `bias_flags` plants it.
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.stats import norm

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures.support import FEWEST_TO_TRUST
from tests.benchmarks.bias_flags import FACES, TOGETHER, Study, draw, halve, plant, share_of
from training.ml.against_champion import below_champion
from training.ml.baselines import always_f1, below_baseline
from training.ml.coder_checks import Coded, check_coders
from training.ml.disparities import disparities
from training.ml.group_tables import EMOTION, Group, GroupTables

TARGETS = (*EMOTIONS, *(f"AU{au}" for au in MODEL_ACTION_UNITS))
CODERS = ("Ada", "Ben", "Cleo", "Dan", "Eve")
CODED = 0.6
#: Of two normal scores that lie so far apart, the area under the ROC curve is 0.96.
APART = 2.5
RECALL = 0.6


def judged(tables: GroupTables) -> list[Group]:
    """Return the groups of one tag that are large enough."""
    return [g for g in tables.groups if not g.is_intersection and tables.is_enough(g)]


def _generator(seed: int, *more: int) -> np.random.Generator:
    return np.random.default_rng([seed, *more])


def _errors(study: Study, generator: np.random.Generator, rates: np.ndarray) -> np.ndarray:
    """Draw errors (f, t) at these rates, which go together by subject."""
    faces, targets = len(study.subjects), len(TARGETS)
    person = generator.normal(size=(study.subjects.max() + 1, targets))[study.subjects]
    alone = generator.normal(size=(faces, targets))
    luck = norm.cdf(np.sqrt(TOGETHER) * person + np.sqrt(1 - TOGETHER) * alone)
    errors: np.ndarray = luck < rates
    return errors


def coded(seed: int, *, unlike: bool = False) -> tuple[Study, Coded]:
    """Draw what coders, who treat all groups alike, say of a data set."""
    study = draw(seed)
    generator = _generator(seed, 11)
    groups = judged(study.tables())
    if unlike:
        halve(study, groups[int(generator.integers(len(groups)))], generator)
    truth = _shown(study)
    said = np.full((len(CODERS), *truth.shape), np.nan)
    for number in range(len(CODERS)):
        misses, inventions = generator.uniform(0.02, 0.15), generator.uniform(0.005, 0.04)
        wrong = _errors(study, generator, np.where(truth, misses, inventions))
        chosen = generator.random(len(truth)) < CODED
        said[number, chosen] = (truth ^ wrong)[chosen]
    person = generator.normal(size=(study.subjects.max() + 1, len(TARGETS)))[study.subjects]
    noise = np.sqrt(TOGETHER) * person
    noise += np.sqrt(1 - TOGETHER) * generator.normal(size=truth.shape)
    scores = norm.cdf(APART * (truth - 0.5) + noise)
    subjects = np.unique(study.subjects, return_inverse=True)[1]
    tables = study.tables()
    return study, Coded(CODERS, TARGETS, subjects, said, scores, tables.groups)


def _shown(study: Study) -> np.ndarray:
    emotions = np.eye(len(EMOTIONS), dtype=bool)[study.truth]
    return np.concatenate([emotions, study.shown], axis=1)


def coders(seed: int, share: float = 0.0, unlike: bool = False) -> bool:
    """Return whether a coder is named: the one who rates a group differently, if there is one."""
    study, told = coded(seed, unlike=unlike)
    if not share:
        return bool(check_coders(told).unequal)
    generator = _generator(seed, 12)
    groups = judged(study.tables())
    group = groups[int(generator.integers(len(groups)))]
    coder = int(generator.integers(len(CODERS)))
    column = int(generator.integers(len(EMOTIONS), len(TARGETS)))
    hit = group.members[told.subjects] & (generator.random(len(told.subjects)) < share)
    hit &= told.said[coder, :, column] == 0
    told.said[coder, hit, column] = 1
    return any(
        (row.coder, row.target, row.group) == (CODERS[coder], TARGETS[column], group.name)
        for row in check_coders(told).unequal
    )


def outliers(seed: int, count: int, spread: float, more: float = 0.0) -> bool:
    """Return whether a coder is far from the others: the one who slips more, if there is one."""
    generator = _generator(seed, 13)
    rates = np.clip(generator.normal(0.12, spread, count), 0.01, 0.5)
    rates[0] += more
    truth = generator.random((FACES, len(TARGETS))) < 0.25
    said = np.full((count, *truth.shape), np.nan)
    for number, rate in enumerate(rates):
        chosen = generator.random(FACES) < CODED
        said[number, chosen] = (truth ^ (generator.random(truth.shape) < rate))[chosen]
    names = tuple(f"coder {number}" for number in range(count))
    scores = np.full(truth.shape, np.nan)
    checks = check_coders(Coded(names, TARGETS, np.arange(FACES) % 123, said, scores))
    far = {row.coder for row in checks.agreement if row.is_far}
    return names[0] in far if more else bool(far)


def _answer(study: Study, column: int, less: float, generator: np.random.Generator) -> None:
    """Answer a unit so that its F1 is that of always saying so, or this share less."""
    shown = study.shown[:, column]
    rate = shown.mean()
    f1 = always_f1(float(rate)) * (1 - less)
    false = max(2 * rate * RECALL / f1 - rate - rate * RECALL, 0) / (1 - rate)
    person = generator.normal(size=study.subjects.max() + 1)[study.subjects]
    alone = generator.normal(size=len(shown))
    luck = norm.cdf(np.sqrt(TOGETHER) * person + np.sqrt(1 - TOGETHER) * alone)
    study.found[:, column] = luck < np.where(shown, RECALL, min(false, 1))


def baseline(seed: int, less: float, columns: int = 1) -> bool | None:
    """Return whether a unit is flagged as below its baseline; None where too few faces show it."""
    study, generator = draw(seed), _generator(seed, 14)
    chosen = generator.permutation(len(MODEL_ACTION_UNITS))[:columns]
    for column in chosen:
        _answer(study, int(column), less, generator)
    pairs = list(zip(study.samples, study.predictions(), strict=True))
    named = {flag.subject for flag in below_baseline(pairs)}
    if not less:
        return bool(named)
    if study.shown[:, chosen[0]].sum() < FEWEST_TO_TRUST:
        return None
    return f"AU{MODEL_ACTION_UNITS[chosen[0]]}" in named


def champion(seed: int, alike: float, share: float = 0.0) -> bool:
    """Return whether a target is flagged as read worse than by the champion.

    The two share this part of their answers, and are as good in the others.
    """
    ours, generator = draw(seed), _generator(seed, 15)
    theirs = dataclasses.replace(ours, said=ours.said.copy(), found=ours.found.copy())
    other = draw(seed, luck=1)
    fresh = generator.random(len(ours.said)) >= alike
    theirs.said[fresh], theirs.found[fresh] = other.said[fresh], other.found[fresh]
    everybody = Group({}, np.ones(int(ours.subjects.max()) + 1, dtype=bool))
    column = int(generator.integers(-1, len(MODEL_ACTION_UNITS)))
    target = f"AU{MODEL_ACTION_UNITS[column]}"
    if share:
        plant(ours, everybody, None if column < 0 else column, "errs", share)
    mine, champions = ours.readings(), theirs.readings()
    samples = [
        dataclasses.replace(sample, sha256=digest)
        for sample, digest in zip(ours.samples, mine.sha256, strict=True)
    ]
    named = {
        name for flag in below_champion(samples, mine, champions)
        for name in flag.subject.split(", ")
    }  # fmt: skip
    if not share:
        return bool(named)
    return bool(named & set(EMOTIONS)) if column < 0 else target in named


def between(seed: int, share: float = 0.0, together: float = TOGETHER, unlike: bool = False):
    """Return whether a difference is told from chance: of the harmed group, if there is one."""
    study, generator = draw(seed, together=together), _generator(seed, 16)
    groups = judged(study.tables())
    group = groups[int(generator.integers(len(groups)))]
    if unlike:
        halve(study, group, generator)
    column = int(generator.integers(-1, len(MODEL_ACTION_UNITS)))
    target = EMOTION if column < 0 else f"AU{MODEL_ACTION_UNITS[column]}"
    if share:
        plant(study, group, None if column < 0 else column, "errs", share)
    told = [
        row for row in disparities(study.tables())
        if row.is_told_from_chance and row.name != "demographic_parity_difference"
        # Accuracy and F1 follow how many faces show it, so there is a difference to be told.
        and not (unlike and row.name != "equalized_odds_difference")
    ]  # fmt: skip
    if not share:
        return bool(told)
    wanted = {EMOTION, *EMOTIONS} if column < 0 else {target}
    return any(row.target in wanted and row.dimension == group.dimension for row in told)


ROWS: dict[str, list[tuple[str, Callable[[int], bool | None]]]] = {
    "outliers": [
        *(
            (f"{count} coders, spread {spread:.0%}", partial(outliers, count=count, spread=spread))
            for count in (4, 5, 8, 12) for spread in (0.01, 0.03, 0.06)
        ),
        *(
            (f"{count} coders, spread 1%, one {more:.0%} more",
             partial(outliers, count=count, spread=0.01, more=more))
            for count in (4, 5, 8, 12) for more in (0.1, 0.2, 0.3)
        ),
    ],
    "champion": [
        ("as good, half of the answers shared", partial(champion, alike=0.5)),
        ("as good, no answer shared", partial(champion, alike=0.0)),
        *(
            (f"one target, {share:.0%} worse", partial(champion, alike=0.5, share=share))
            for share in (0.1, 0.2)
        ),
    ],
    "baseline": [
        ("no unit at its baseline", partial(baseline, less=0.0, columns=0)),
        ("all 15 units at their baseline", partial(baseline, less=0.0, columns=15)),
        *(
            (f"one unit {less:.0%} below it", partial(baseline, less=less))
            for less in (0.5, 0.75)
        ),
    ],
    "coders": [
        ("all groups rated alike", coders),
        ("the same, one group shows other things", partial(coders, unlike=True)),
        *((f"overreads {share:.0%}", partial(coders, share=share)) for share in (0.3, 0.5)),
    ],
    "between": [
        ("groups alike", between),
        ("the same, one group shows other things", partial(between, unlike=True)),
        *((f"errs {share:.0%}", partial(between, share=share)) for share in (0.3, 0.4)),
    ],
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", nargs="*", choices=[*ROWS], default=[*ROWS])
    given = parser.parse_args()
    seeds = range(3000, 3000 + given.seeds)
    with multiprocessing.get_context("spawn").Pool(given.processes) as pool:
        for kind in given.only:
            print(f"\n{kind}", flush=True)
            for name, look in ROWS[kind]:
                found = [each for each in pool.map(look, seeds, chunksize=4) if each is not None]
                print(f"  {name:40} {share_of(found)}", flush=True)


if __name__ == "__main__":
    main()
