"""Coders who rate groups of people differently, and coders who stand apart from all others.

**Groups.** A coder who says "present" more often of one group may be right: its faces may show
more. So faces are compared that the model, which has no eyes for tags, scores alike: within each
twentieth of its scores, how often the coder says so of the group and of all others (Mantel &
Haenszel 1959; the difference of rates of Greenland & Robins 1985, Biometrics 41). How far that is
chance, dealing out the subjects' tags anew says, for all coders, groups and targets at once
(harm.py). Of each coder and target the plainest group is named, as the others then differ the
other way. It doesn't tell a coder from a model: only the faces do.

**Outliers.** A coder's agreement with the others is compared with that of the others among all, by
the median and the median absolute deviation; 3.5 of these is far (Iglewicz & Hoaglin 1993, *How to
Detect and Handle Outliers*).

Shapes: f faces, c coders, t targets, g groups, k strata.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from annotations.measures.bootstrap import Array, sum_by_subject
from training.ml.group_rates import rounded
from training.ml.group_tables import MIN_FACES, MIN_SUBJECTS, Group
from training.ml.harm import TOLERANCE
from training.ml.stored import Stored

STRATA, DEALS, SEED = 20, 500, 20
_AT_ONCE = 10
#: Not 0.05: where a group shows other things, the scores don't take all of that away
#: (docs/fairness.md has both).
ALPHA = 0.03
#: Fewer coded faces, shared faces or coders say nothing.
FEWEST_FACES, FEWEST_SHARED, FEWEST_CODERS = 50, 20, 4
#: Agreement within two points of the median is never called far.
_LEAST_SPREAD = 0.02
FAR = 3.5


@dataclass(frozen=True)
class UnequalCoder(Stored):
    """A coder who says a thing of a group more often, or less, than of others scored alike.

    Attributes
    ----------
    difference
        Share of the group's faces minus that of the others, at equal score.
    faces
        Faces of the group that the coder has coded.
    """

    coder: str = ""
    dimension: str = ""
    group: str = ""
    target: str = ""
    difference: float | None = None
    faces: int = 0


@dataclass(frozen=True)
class CoderAgreement(Stored):
    """A coder's mean agreement with the others, over the faces that they share.

    Attributes
    ----------
    faces
        Faces that somebody else has coded too.
    distance
        From the median coder, in robust standard deviations; None with fewer than four coders.
    """

    coder: str = ""
    faces: int = 0
    agreement: float | None = None
    distance: float | None = None

    @property
    def is_far(self) -> bool:
        """True if the coder agrees far less than the others do."""
        return self.distance is not None and self.distance < -FAR


@dataclass(frozen=True)
class CoderChecks(Stored):
    """Findings about coders, and how many looks they took."""

    looks: int = 0
    unequal: tuple[UnequalCoder, ...] = ()
    agreement: tuple[CoderAgreement, ...] = ()


@dataclass(frozen=True)
class Coded:
    """Codings of faces, and how the model scores them.

    Attributes
    ----------
    coders, targets
        Names.
    subjects
        (f,) each face's subject, by its place in the groups' members.
    said
        (c, f, t) 1 where the coder says so, 0 where not; NaN where it was not coded.
    scores
        (f, t) the model's probability; NaN where it has none.
    groups
        Of one tag each.
    """

    coders: tuple[str, ...]
    targets: tuple[str, ...]
    subjects: NDArray[np.int64]
    said: Array
    scores: Array
    groups: Sequence[Group] = field(default=())


def check_coders(coded: Coded) -> CoderChecks:
    """Look for coders who rate groups differently at equal score, and for outliers."""
    looks, unequal = _unequal(coded)
    return CoderChecks(looks, tuple(unequal), tuple(_agreements(coded)))


def _unequal(coded: Coded) -> tuple[int, list[UnequalCoder]]:
    groups = [group for group in coded.groups if not group.is_intersection]
    busy = [
        number
        for number, said in enumerate(coded.said)
        if (~np.isnan(said)).any(axis=1).sum() >= FEWEST_FACES
    ]
    if not groups or not busy:
        return 0, []
    members = np.array([group.members for group in groups], dtype=float)
    strata = _strata(coded.scores)
    sums = [
        _Cells.of(coded.said[number], strata, coded.subjects, members.shape[1]) for number in busy
    ]
    found = [_compared(cells, members) for cells in sums]
    greatest = np.concatenate([_greatest(sums, dealt) for dealt in _deals(members)])
    critical = float(np.quantile(greatest, 1 - ALPHA))
    told = []
    for number, each in zip(busy, found, strict=True):
        far = np.where(np.abs(each.difference) > TOLERANCE, np.abs(each.z), 0.0)
        for t in np.flatnonzero(far.max(axis=0) > critical):
            g = int(far[:, t].argmax())
            told.append(
                UnequalCoder(
                    coder=coded.coders[number],
                    dimension=groups[g].dimension,
                    group=groups[g].name,
                    target=coded.targets[t],
                    difference=rounded(float(each.difference[g, t])),
                    faces=int(each.faces[g, t]),
                )
            )
    looks = sum(int((each.z != 0).sum()) for each in found)
    return looks, sorted(told, key=lambda row: -abs(row.difference or 0))


def _deals(members: Array) -> Iterator[Array]:
    """Yield tags dealt out anew, some deals at once: (n, g, s)."""
    generator = np.random.default_rng(SEED)
    for _ in range(0, DEALS, _AT_ONCE):
        orders = [generator.permutation(members.shape[1]) for _ in range(_AT_ONCE)]
        yield np.stack([members[:, order] for order in orders])


def _greatest(sums: Sequence[_Cells], dealt: Array) -> Array:
    """Return the greatest |z| of each deal (n,), over all coders."""
    flat = dealt.reshape(-1, dealt.shape[-1])
    of_each = [np.abs(_compared(cells, flat).z).reshape(len(dealt), -1) for cells in sums]
    greatest: Array = np.max([z.max(axis=1, initial=0) for z in of_each], axis=0)
    return greatest


def _strata(scores: Array) -> Array:
    """Return which twentieth of a target's scores each is in (f, t); -1 without a score."""
    found = np.full(scores.shape, -1.0)
    for column in range(scores.shape[1]):
        known = ~np.isnan(scores[:, column])
        if known.any():
            values = scores[known, column]
            edges = np.quantile(values, np.arange(1, STRATA) / STRATA)
            found[known, column] = np.searchsorted(edges, values, side="right")
    return found


@dataclass(frozen=True)
class _Cells:
    """A coder's faces and "yes" by subject and stratum: (s, t, k) each."""

    faces: Array
    yes: Array

    @classmethod
    def of(cls, said: Array, strata: Array, subjects: NDArray[np.int64], everybody: int) -> _Cells:
        """Count what a coder said of faces (f, t)."""
        known = ~np.isnan(said)
        here = known[..., None] & (strata[..., None] == np.arange(STRATA))
        yes = np.where(known, said, 0.0)[..., None] * here
        counts = np.zeros((2, everybody, *here.shape[1:]))
        counts[:, np.unique(subjects)] = [sum_by_subject(subjects, each) for each in (here, yes)]
        return cls(*counts)


@dataclass(frozen=True)
class _Compared:
    """z, difference and faces of the group: (g, t); z is 0 where there are too few to say."""

    z: Array
    difference: Array
    faces: Array


def _compared(cells: _Cells, members: Array) -> _Compared:
    """Compare groups (g, s) with all others within strata."""
    mine, mine_yes = (np.tensordot(members, each, axes=1) for each in (cells.faces, cells.yes))
    total, yes = cells.faces.sum(axis=0), cells.yes.sum(axis=0)
    theirs, theirs_yes = total - mine, yes - mine_yes
    several = np.maximum(total, 1)
    weight = mine * theirs / several
    rates = mine_yes / np.maximum(mine, 1) - theirs_yes / np.maximum(theirs, 1)
    weights = np.maximum(weight.sum(axis=-1), 1e-9)
    difference = (weight * rates).sum(axis=-1) / weights
    spread = yes * (total - yes) / several / np.maximum(total - 1, 1)
    variance = (weight * spread).sum(axis=-1)
    faces = mine.sum(axis=-1)
    known = members @ (cells.faces.sum(axis=-1) > 0) >= MIN_SUBJECTS
    enough = (faces >= MIN_FACES) & (theirs.sum(axis=-1) >= MIN_FACES) & known & (variance > 0)
    total_z = (weight * rates).sum(axis=-1) / np.sqrt(np.where(variance > 0, variance, 1))
    return _Compared(np.where(enough, total_z, 0.0), difference, faces)


def _agreements(coded: Coded) -> Iterator[CoderAgreement]:
    """Yield each coder's agreement with the others, the least first."""
    found = []
    for number, name in enumerate(coded.coders):
        agreement, faces = _agreement(coded.said, number)
        if faces >= FEWEST_SHARED:
            found.append((agreement, faces, name))
    values = np.array([agreement for agreement, _, _ in found])
    middle = float(np.median(values)) if found else 0.0
    spread = max(1.4826 * float(np.median(np.abs(values - middle))), _LEAST_SPREAD) if found else 1
    for agreement, faces, name in sorted(found):
        distance = (agreement - middle) / spread if len(found) >= FEWEST_CODERS else None
        yield CoderAgreement(
            name, faces, rounded(agreement), None if distance is None else round(distance, 2)
        )


def _agreement(said: Array, number: int) -> tuple[float, int]:
    """Return the mean over the other coders of the share of decisions alike, and faces shared."""
    shares, shared = [], np.zeros(said.shape[1], dtype=bool)
    for other in range(len(said)):
        both = ~np.isnan(said[number]) & ~np.isnan(said[other])
        if other == number or both.any(axis=1).sum() < FEWEST_SHARED:
            continue
        shares.append(float((said[number] == said[other])[both].mean()))
        shared |= both.any(axis=1)
    return (float(np.mean(shares)) if shares else 0.0), int(shared.sum())
