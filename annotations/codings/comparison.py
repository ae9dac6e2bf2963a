"""The one rule for whether two readings of a face differ, in Python and for whole arrays.

They are compared in the emotion and in the action units that the model answers for
(facs.MODEL_ACTION_UNITS), each where both coded it: what either left uncoded is no difference. So
the gallery's filter, the card, the API, bulk actions, adjudication and the order of queues all
agree. The twin in SQL is annotations/models/differences.py;
tests/annotations/codings/test_comparison.py checks that the three agree.

`says_the_same` asks for more: whether writing one reading after the other would say anything new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations import facs
from annotations.codings.reading import Reading
from annotations.models import Coding
from annotations.models.unit_bits import MODEL_BITS

UNITS = facs.MODEL_ACTION_UNITS


@dataclass(frozen=True)
class Said:
    """The compared part of a reading. No emotion is "", an uncoded unit is missing."""

    emotion: str = ""
    units: Mapping[int, bool] = field(default_factory=dict)


def said_by(coding: Coding) -> Said:
    """Return the compared part of a coding whose scores are fetched."""
    return Said(coding.emotion, {score.au: score.present for score in coding.scores.all()})


def said_in(reading: Reading) -> Said:
    return Said(reading.emotion, {au: score.present for au, score in reading.scores.items()})


def emotions_differ(*said: str) -> bool:
    """Tell whether two or more emotions differ; "" is uncoded."""
    return len(set(said) - {""}) > 1


def units_differ(*said: bool | None) -> bool:
    """Tell whether two or more answers on one action unit differ; None is uncoded."""
    return len(set(said) - {None}) > 1


def codes_differ(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell where codes differ, of many emotions or scores of one unit; below zero is uncoded."""
    differ: NDArray[np.bool_] = (one >= 0) & (other >= 0) & (one != other)
    return differ


def differences(one: Said, other: Said) -> int:
    """Count the differences in the emotion and in the model's action units."""
    units = sum(units_differ(one.units.get(au), other.units.get(au)) for au in UNITS)
    return emotions_differ(one.emotion, other.emotion) + units


def rows_differ(one: Sequence[Any], other: Sequence[Any]) -> bool:
    """Tell whether there are `differences`, by columns of two codings' rows.

    Each is (emotion, units present, units absent), the units as `unit_bits`.
    """
    units = (one[1] & other[2]) | (one[2] & other[1])
    return emotions_differ(one[0], other[0]) or bool(units & MODEL_BITS)


def differences_of_rows(one: Coding, other: Coding) -> int:
    """Count the `differences` of two codings, by the bits in their rows: no score is needed."""
    apart = one.units_present & other.units_absent | one.units_absent & other.units_present
    units: int = (apart & MODEL_BITS).bit_count()
    return emotions_differ(one.emotion, other.emotion) + units


def repeats(one: Said, other: Said) -> bool:
    """Tell whether `one` says all that `other` says: no difference, and nothing left uncoded."""
    emotion = not other.emotion or one.emotion == other.emotion
    return emotion and all(
        one.units.get(au) == other.units[au] for au in UNITS if au in other.units
    )


def says_the_same(one: Reading, other: Reading) -> bool:
    """Tell whether both readings code exactly the same.

    Compared are the emotions, and presence, intensity and side of the same action units.
    Probabilities, which only models give, don't count.
    """
    return (
        one.emotion == other.emotion
        and one.basic_emotion == other.basic_emotion
        and one.scores_without_probability() == other.scores_without_probability()
    )
