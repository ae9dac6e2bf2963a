"""Answers that a model can't exclude of a face, and when a face is unlike its training's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

#: Distances are told over the limit that a model found for them.
UNLIKE_FROM = 1.0


@dataclass(frozen=True)
class PredictionSet:
    """The answers for one face that a model can't exclude.

    Attributes
    ----------
    emotions
        In the order of `facs.EMOTIONS`; empty where the model promises nothing of them.
    unsure
        Numbers of the action units that may as well be present as absent.
    coverage
        The promise: the label of a new person's face is in the set at least so often, whichever
        label it is.
    """

    emotions: tuple[str, ...] = ()
    unsure: tuple[int, ...] = ()
    coverage: float = 0.9

    @property
    def is_open(self) -> bool:
        """True if more than one emotion is in the set."""
        return len(self.emotions) > 1

    @property
    def emotions_in_words(self) -> str:
        """The emotions as a reader is told them.

        >>> PredictionSet(("negative", "positive", "surprise")).emotions_in_words
        'negative, positive or surprise'
        """
        *first, last = self.emotions or ("",)
        return f"{', '.join(first)} or {last}" if first else last

    @property
    def percent(self) -> int:
        """The promise in per cent."""
        return round(100 * self.coverage)

    def to_json(self) -> dict[str, Any]:
        """Return plain values, as a coding stores them."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> PredictionSet:
        """Read what `to_json` wrote."""
        emotions, unsure = (tuple(values.get(name, ())) for name in ("emotions", "unsure"))
        return cls(emotions, unsure, float(values.get("coverage", cls.coverage)))
