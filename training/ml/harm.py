"""A test of whether a model serves a group less well than all others, for every group at once.

Three rates are looked at for each group and each target: accuracy, and the true positive and the
true negative rate (both errors of equalised odds; Hardt, Price & Srebro 2016, "Equality of
Opportunity in Supervised Learning"). Each is compared with that of all others. The gap's variance
is by subject, as errors on one person's faces go together, and never less than if faces were
independent and everybody were read as well as all are.

So many looks would find something in any data. Therefore the subjects' tags are dealt out anew
1,000 times, each subject's tags together: what the greatest |gap| / SE is then, chance makes.
Westfall & Young (1993), *Resampling-Based Multiple Testing*, chapter 2, call it max T; as whole
subjects change groups it holds for small groups too, and studentised it also holds where groups
differ in spread alone (Chung & Romano 2013, Ann. Statist. 41). The intervals gap ± c SE therefore
hold all at once in 95 data sets of 100, and a harm is a gap whose whole interval lies below
-TOLERANCE. Power and false alarms: docs/fairness.md.

Shapes: s subjects, g groups, l looks at each group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS
from annotations.measures.bootstrap import Array
from annotations.measures.support import FEWEST_TO_TRUST
from training.ml.group_tables import EMOTION, MIN_SUBJECTS, Group, GroupTables

#: A gap that is smaller than one face in twenty is let pass: half of what AI Fairness 360 calls
#: fair in its equal opportunity difference (Bellamy et al. 2018), and about what the labels
#: themselves get wrong.
TOLERANCE = 0.05
#: How often, if groups are alike, any group of one tag is flagged, and any intersection.
ALPHA, ALPHA_INTERSECTIONS = 0.04, 0.01
DEALS, SEED = 1000, 20
#: z of the power 0.8 that the smallest visible harm is reckoned with.
_POWER_Z = 0.8416
FIGURES = ("accuracy", "true_positive_rate", "true_negative_rate")
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Gap:
    """A group's rate minus that of all others.

    Attributes
    ----------
    group, target, figure
        Whose, of what (`EMOTION` or a name of `GroupTables.targets`), and which of `FIGURES`.
    rate
        The group's own.
    gap, low, high
        The difference, and its interval, which holds for all looks at once.
    """

    group: Group
    target: str
    figure: str
    rate: float
    gap: float
    low: float
    high: float

    @property
    def is_harm(self) -> bool:
        """True if the whole interval lies below the tolerance."""
        return self.high < -TOLERANCE

    @property
    def evidence(self) -> float:
        """The gap in halves of its interval: below -1 the group is told from the others."""
        half = self.high - self.gap
        return self.gap / half if half > 0 else 0.0


@dataclass(frozen=True)
class HarmTest:
    """The gaps of all groups that are judged.

    Attributes
    ----------
    gaps
        One for each look that enough faces allow.
    smallest
        (g,) by `GroupTables.groups`: the fall in accuracy that would be found in 8 of 10 data
        sets; NaN where none would.
    """

    gaps: tuple[Gap, ...]
    smallest: Array

    def harms(self) -> list[Gap]:
        """Return the gravest gap of each harmed group and unit, or of emotion with its classes.

        An intersection is named only where neither of its groups is.
        """
        worst: dict[tuple[str, str], Gap] = {}
        for gap in sorted((gap for gap in self.gaps if gap.is_harm), key=lambda gap: gap.high):
            worst.setdefault((gap.group.name, _about(gap)), gap)
        single = {
            (_about(gap), *tag) for gap in worst.values() for tag in gap.group.tags.items()
            if not gap.group.is_intersection
        }  # fmt: skip
        return [
            gap
            for gap in worst.values()
            if not gap.group.is_intersection
            or not any((_about(gap), *tag) in single for tag in gap.group.tags.items())
        ]


def _about(gap: Gap) -> str:
    return EMOTION if gap.target in EMOTIONS else gap.target


@dataclass(frozen=True)
class _Looks:
    """Sums (s, l, 6) of every look: right answers y, faces n, y², yn, n², and 1 where n."""

    names: tuple[tuple[str, str], ...]
    sums: Array


def find_harms(tables: GroupTables, *, deals: int = DEALS, seed: int = SEED) -> HarmTest:
    """Compare every group that is large enough with all others.

    Parameters
    ----------
    tables
        The answers by subject.
    deals
        How often the tags are dealt out anew.
    seed
        Seed of the deals.
    """
    looks = _looks_at(tables)
    judged = np.array([tables.is_enough(group) for group in tables.groups], dtype=bool)
    crossed = np.array([group.is_intersection for group in tables.groups], dtype=bool)
    members = np.array([group.members for group in tables.groups], dtype=float)
    if not looks.names or not judged.any():
        return HarmTest((), np.full(len(tables.groups), np.nan))
    greatest = _by_chance(members[judged], crossed[judged], looks.sums, deals, seed)
    critical = _critical(greatest, crossed)
    found = _gaps(members, looks.sums)
    gaps = []
    for g, look in zip(*np.nonzero(found.seen & judged[:, None]), strict=True):
        gap, wide = float(found.gap[g, look]), float(critical[g] * found.error[g, look])
        target, figure = looks.names[look]
        rate = float(found.rate[g, look])
        gaps.append(Gap(tables.groups[g], target, figure, rate, gap, gap - wide, gap + wide))
    return HarmTest(tuple(gaps), _smallest(members, looks.sums, critical))


def _looks_at(tables: GroupTables) -> _Looks:
    names: list[tuple[str, str]] = []
    right: list[Array] = []
    of: list[Array] = []
    if tables.emotions.any():
        names.append((EMOTION, "accuracy"))
        right.append(np.trace(tables.emotions, axis1=1, axis2=2))
        of.append(tables.emotions.sum(axis=(1, 2)))
    for column, target in enumerate(tables.targets):
        table = tables.tables[:, column]
        hit, rejected = table[:, 1, 1], table[:, 0, 0]
        names += [(target, figure) for figure in FIGURES]
        right += [hit + rejected, hit, rejected]
        of += [table.sum(axis=(1, 2)), table[:, 1].sum(axis=1), table[:, 0].sum(axis=1)]
    if not names:
        return _Looks((), np.zeros((len(tables.emotions), 0, 6)))
    y, n = np.stack(right, axis=1), np.stack(of, axis=1)
    sums = np.stack([y, n, y * y, y * n, n * n, (n > 0).astype(float)], axis=-1)
    return _Looks(tuple(names), sums)


@dataclass(frozen=True)
class _Gaps:
    """Rate, gap and standard error (g, l), and whether there are faces enough to say."""

    rate: Array
    gap: Array
    error: Array
    seen: NDArray[np.bool_]


def _gaps(members: Array, sums: Array) -> _Gaps:
    """Compare groups with all others; members (g, s), sums (s, l, 6)."""
    own = np.tensordot(members, sums, axes=1)
    total = sums.sum(axis=0)
    rest = total - own
    pooled = total[:, 0] / np.maximum(total[:, 1], 1)
    spread = pooled * (1 - pooled)
    (mine, my_variance), (theirs, their_variance) = (_rate(each, spread) for each in (own, rest))
    seen = np.ones(mine.shape, dtype=bool)
    for each in (own, rest):
        seen &= (each[..., 1] >= FEWEST_TO_TRUST) & (each[..., 5] >= MIN_SUBJECTS)
    return _Gaps(mine, mine - theirs, np.sqrt(my_variance + their_variance), seen)


def _rate(sums: Array, spread: Array) -> tuple[Array, Array]:
    """Return rates, and their variance by subject, at least that of independent faces.

    The variance of a ratio of sums over clusters: Cochran (1977), *Sampling Techniques*, 6.3.
    """
    right, faces, squares, products, sizes = (sums[..., column] for column in range(5))
    count = np.maximum(faces, 1)
    rate = right / count
    variance = (squares - 2 * rate * products + rate**2 * sizes) / count**2
    return rate, np.maximum(variance, spread / count)


def _by_chance(
    members: Array, crossed: NDArray[np.bool_], sums: Array, deals: int, seed: int
) -> Array:
    """Return the greatest |gap| / SE of each deal, over the groups and over the intersections."""
    generator = np.random.default_rng(seed)
    greatest = [
        [_greatest(t[~crossed]), _greatest(t[crossed])]
        for t in _deals(members, sums, deals, generator)
    ]
    return np.array(greatest)


def _deals(
    members: Array, sums: Array, deals: int, generator: np.random.Generator
) -> Iterator[Array]:
    """Yield |gap| / SE (g, l) of tags dealt out anew; 0 where there are too few faces to say."""
    groups, subjects = members.shape
    step = max(1, min(deals, _AT_ONCE // max(groups * max(subjects, sums[0].size), 1)))
    for start in range(0, deals, step):
        count = min(step, deals - start)
        orders = [generator.permutation(subjects) for _ in range(count)]
        dealt = _gaps(np.concatenate([members[:, order] for order in orders]), sums)
        error = np.where(dealt.error > 0, dealt.error, 1)
        t = np.where(dealt.seen, np.abs(dealt.gap) / error, 0)
        yield from t.reshape(count, groups, -1)


def _greatest(values: Array) -> float:
    return float(values.max(initial=0.0))


def _critical(greatest: Array, crossed: NDArray[np.bool_]) -> Array:
    """Return the critical value (g,) of each group's looks.

    Without an intersection that is judged, the groups have the whole 5 %.
    """
    both = bool(greatest[:, 1].any())
    single = np.quantile(greatest[:, 0], 1 - ALPHA - (0 if both else ALPHA_INTERSECTIONS))
    double = np.quantile(greatest[:, 1], 1 - ALPHA_INTERSECTIONS)
    chosen: Array = np.where(crossed & both, double, single)
    return chosen


def _smallest(members: Array, sums: Array, critical: Array) -> Array:
    """Return the smallest fall in accuracy (g,) that would be found in 8 of 10 data sets.

    It is the least d with d = TOLERANCE + (c + z) SE(d), where the group's rate has fallen by d
    from that of all, and errors go together by subject as they do among all. The accuracy is the
    emotion's, or, without labels of emotions, the first unit's.
    """
    first = sums[:, 0]
    right, faces, squares, products, sizes = first.sum(axis=0)[:5]
    rate = right / max(faces, 1)
    alone = max(rate * (1 - rate), 1 / max(faces, 1)) * faces
    together = max(1.0, (squares - 2 * rate * products + rate**2 * sizes) / alone)
    falls = np.linspace(0, rate, 501)[1:]
    own = np.maximum(members @ first[:, 1], 1)[:, None]
    rest = np.maximum(faces - own, 1)
    fallen = rate - falls
    variance = together * (fallen * (1 - fallen) / own + rate * (1 - rate) / rest)
    seen = falls >= TOLERANCE + (critical[:, None] + _POWER_Z) * np.sqrt(variance)
    least: Array = np.where(seen.any(axis=1), falls[seen.argmax(axis=1)], np.nan)
    return least
