"""A reading: what a coder says of a face, as a plain value that is checked when it is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from annotations import facs
from annotations.models import ActionUnitScore, Coding
from annotations.models.unit_bits import unit_bits
from annotations.problems import InvalidCoding


@dataclass(frozen=True)
class Score:
    """Presence of one action unit, with what else the coder said of it."""

    present: bool
    intensity: str = ""
    probability: float | None = None
    #: FACS's L, R, T or B where the unit shows on a part of the face only.
    side: str = ""

    def without_probability(self) -> Score:
        """Return the score as a person could give it: only models give probabilities."""
        return Score(self.present, self.intensity, side=self.side)


@dataclass(frozen=True)
class Reading:
    """An emotion and scores for a face. An action unit that is not in `scores` was not coded."""

    emotion: str = ""
    scores: Mapping[int, Score] = field(default_factory=dict)
    basic_emotion: str = ""
    emotion_probabilities: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        if self.emotion not in {"", *facs.EMOTIONS}:
            raise InvalidCoding(
                f"Unknown emotion {self.emotion!r}: use one of {', '.join(facs.EMOTIONS)}.",
                {"emotion": [f"Use one of {', '.join(facs.EMOTIONS)}."]},
            )
        for au, score in self.scores.items():
            _check_score(au, score)

    def unit_columns(self) -> dict[str, Any]:
        """Return the columns in which the row of a coding keeps its scores once more."""
        present = {au for au, score in self.scores.items() if score.present}
        absent = self.scores.keys() - present
        return {
            "units_present": unit_bits(present),
            "units_absent": unit_bits(absent),
            "least_confidence": least_confidence(
                self.emotion_probabilities, [score.probability for score in self.scores.values()]
            ),
        }

    def scores_without_probability(self) -> dict[int, Score]:
        return {au: score.without_probability() for au, score in self.scores.items()}


def least_confidence(
    emotions: Mapping[str, float] | None, units: Iterable[float | None]
) -> float | None:
    """Return the lowest confidence of a model in anything that it says of a face.

    Parameters
    ----------
    emotions
        Its probability of each emotion.
    units
        Its probability of each unit that it scores; None where it gives none.

    Returns
    -------
    float or None
        0.5 to 1 for units; None where it gives no probability of an emotion, or none of a unit.

    Examples
    --------
    >>> least_confidence({"negative": 0.1, "positive": 0.9}, [0.75, 0.375, None])
    0.625
    """
    given = [max(chance, 1 - chance) for chance in units if chance is not None]
    return min(max(emotions.values()), *given) if emotions and given else None


def _check_score(au: int, score: Score) -> None:
    if au not in facs.ACTION_UNITS:
        raise InvalidCoding(
            f"AU{au} is not a FACS action unit known here.", {"action_units": [f"AU{au}"]}
        )
    if score.intensity and (score.intensity not in facs.INTENSITIES or not score.present):
        raise InvalidCoding(
            f"AU{au}: intensity is A to E, and only of a present action unit.",
            {"action_units": [f"AU{au}"]},
        )
    if score.side and (score.side not in ActionUnitScore.Side.values or not score.present):
        raise InvalidCoding(
            f"AU{au}: a side is L, R, T or B, and only of a present action unit.",
            {"action_units": [f"AU{au}"]},
        )


def reading_of(coding: Coding) -> Reading:
    """Return the coding as a plain value, for comparing and copying.

    The instance keeps it: a coding and its scores are never changed.
    """
    known: Reading | None = coding.reading
    if known is None:
        known = coding.reading = Reading(
            emotion=coding.emotion,
            basic_emotion=coding.basic_emotion,
            emotion_probabilities=coding.emotion_probabilities,
            scores={
                score.au: Score(score.present, score.intensity, score.probability, score.side)
                for score in coding.scores.all()
            },
        )
    return known
