"""Prediction sets: of a face, the answers that a model can't exclude, with a stated coverage.

A class is in a face's set unless the model gives it less than all but a tenth of the people who
show it get (class-wise conformal prediction: Vovk 2013, "Conditional validity of inductive
conformal predictors", Mach. Learn. 92; with the probability as score, the smallest sets on average:
Sadinle, Lei & Wasserman 2019, "Least ambiguous set-valued classifiers with bounded error levels",
JASA 114). The cutoffs are chosen by `training.ml.prediction_sets`; here they are applied.

The model's own answer is always in the set, so that none is empty and none contradicts it; by that
a set covers more often than promised, never less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.facs.prediction_set import PredictionSet

#: The share of new people's faces whose label is in their set: the promise.
COVERAGE = 0.9

Cutoffs = tuple[float | None, ...]
Name = TypeVar("Name", str, int)


@dataclass(frozen=True)
class SetRule:
    """The cutoffs of a model's prediction sets; None where too few people show an answer.

    Attributes
    ----------
    coverage
        The promise, of each class by itself.
    emotions
        The least probability of each class with which it is in a set, in the order of
        `facs.EMOTIONS`. Without one, a class is in a set only where it is the model's answer.
    present, absent
        The least, and the largest, probability of presence with which a unit may be present, and
        absent, in the order of `facs.MODEL_ACTION_UNITS`. Without both nothing is said of it.
    """

    coverage: float
    emotions: Cutoffs
    present: Cutoffs
    absent: Cutoffs

    @property
    def judged_units(self) -> tuple[int, ...]:
        """The action units of which something is promised."""
        both = zip(MODEL_ACTION_UNITS, self.present, self.absent, strict=True)
        return tuple(au for au, here, gone in both if here is not None and gone is not None)

    @property
    def promises_anything(self) -> bool:
        """True if enough people show any emotion, or show any unit and don't."""
        return bool(self.judged_units) or any(cut is not None for cut in self.emotions)

    def emotion_sets(self, chances: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which classes (n, 3) are in the sets of faces with such probabilities (n, 3)."""
        answered = np.arange(len(EMOTIONS)) == chances.argmax(axis=1)[:, None]
        sets: NDArray[np.bool_] = answered | (chances >= _numbers(self.emotions, np.inf))
        return sets

    def unit_sets(
        self, chances: NDArray[np.float64], present: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell where "present" and where "absent" are in the sets, each (n, 15).

        Parameters
        ----------
        chances, present
            (n, 15) probabilities and the model's decisions.
        """
        here = present | (chances >= _numbers(self.present, np.inf))
        gone = ~present | (chances <= _numbers(self.absent, -np.inf))
        return here, gone

    def sets(
        self,
        emotion: NDArray[np.float64],
        units: NDArray[np.float64],
        present: NDArray[np.bool_],
    ) -> list[PredictionSet]:
        """Return the sets of n faces.

        Parameters
        ----------
        emotion, units, present
            (n, 3) and (n, 15) probabilities, and (n, 15) decisions.

        Examples
        --------
        >>> units, nothing = np.full((1, 15), 0.4), (None,) * 15
        >>> rule = SetRule(0.9, (0.2, 0.2, None), (0.3, *nothing[1:]), (0.6, *nothing[1:]))
        >>> rule.sets(np.array([[0.5, 0.3, 0.2]]), units, units > 0.5)
        [PredictionSet(emotions=('negative', 'positive'), unsure=(1,), coverage=0.9)]
        """
        named = self.emotion_sets(emotion) & any(cut is not None for cut in self.emotions)
        here, gone = self.unit_sets(units, present)
        unsure = here & gone & np.isin(MODEL_ACTION_UNITS, self.judged_units)
        return [
            PredictionSet(_named(EMOTIONS, row), _named(MODEL_ACTION_UNITS, torn), self.coverage)
            for row, torn in zip(named, unsure, strict=True)
        ]

    def to_json(self) -> dict[str, Any]:
        """Return plain values, as a manifest stores them."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> SetRule:
        """Read what `to_json` wrote."""
        cutoffs = {name: tuple(values[name]) for name in ("emotions", "present", "absent")}
        return cls(values["coverage"], **cutoffs)


def _numbers(cutoffs: Cutoffs, missing: float) -> NDArray[np.float64]:
    return np.array([missing if cut is None else cut for cut in cutoffs])


def _named(names: Sequence[Name], chosen: NDArray[np.bool_]) -> tuple[Name, ...]:
    return tuple(name for name, here in zip(names, chosen, strict=True) if here)
