"""Promises of a model about new people's faces, beside what was observed. No Django."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.measures.bootstrap import estimate_share, resampling_weights, weigh
from training.ml.conformal import shares_of_subjects
from training.ml.stored import Stored


@dataclass(frozen=True)
class Share(Stored):
    """A share of faces, the mean over subjects of each one's share, with its 95 % interval.

    Attributes
    ----------
    value, low, high
        None where nobody can be counted.
    faces, subjects
        The faces that it is of, and their subjects.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    faces: int = 0
    subjects: int = 0


@dataclass(frozen=True)
class UnitPromise(Stored):
    """Shares of faces whose set of a unit held the truth, where it is present and where absent.

    Attributes
    ----------
    present, absent
        Share of faces with that truth whose set held it.
    unsure
        Share of faces on which the unit may as well be present as absent.
    """

    present: Share = field(default_factory=Share)
    absent: Share = field(default_factory=Share)
    unsure: Share = field(default_factory=Share)


@dataclass(frozen=True)
class Promises(Stored):
    """Promised and observed coverage of prediction sets, and false alarms of the distance.

    Attributes
    ----------
    coverage, alarms
        The promises: each class's sets hold it at least so often; at most so many faces of new
        people like those of the training are called unlike them. None: nothing is promised.
    emotions
        Observed coverage of each class of which enough people show it.
    single, single_right
        Share of faces whose set holds one emotion, and how often that is the label.
    units
        By number, of the units that enough people show.
    alarm
        Observed share of faces called unlike those of the training.
    """

    coverage: float | None = None
    emotions: dict[str, Share] = field(default_factory=dict)
    single: Share | None = None
    single_right: Share | None = None
    units: dict[int, UnitPromise] = field(default_factory=dict)
    alarms: float | None = None
    alarm: Share | None = None

    def without(self, units: Collection[int]) -> Promises:
        """Return the same but for some units, whose sets hold another answer now."""
        kept = {au: each for au, each in self.units.items() if au not in units}
        return replace(self, units=kept)


def share_of(holds: NDArray[np.bool_], subjects: NDArray[Any]) -> Share:
    """Return the share of faces where something holds, the mean over subjects.

    Parameters
    ----------
    holds, subjects
        (n,) of each face.

    Examples
    --------
    >>> found = share_of(np.array([True, False, True]), np.array(["Ada", "Ada", "Ben"]))
    >>> found.value, found.faces, found.subjects
    (0.75, 3, 2)
    """
    if not len(holds):
        return Share()
    own = shares_of_subjects(holds, subjects)
    weights = resampling_weights(len(own))
    found = estimate_share(weigh(weights, own) / weights.sum(axis=1), len(own))
    value, low, high = (
        None if np.isnan(each) else round(float(each), 4)
        for each in (found.value, found.low, found.high)
    )
    return Share(value, low, high, len(holds), len(own))
