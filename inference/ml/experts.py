"""The experts that a model mixes, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any


class Expert(StrEnum):
    """A part of a model that reads faces by itself.

    Older artefacts hold the weights as lists, in this order.
    """

    DENSE = "dense"  # the mean of every fold's dense heads
    APPEARANCE = "appearance"  # logistic regression on the trunk's first tap
    LANDMARKS = "landmarks"  # logistic regression on the aligned landmarks
    PRIOR = "prior"  # logistic regression on what the expression prior says
    APPEARANCE_CHANGE = "appearance_change"  # on the first tap less that of the neutral face
    LANDMARKS_CHANGE = "landmarks_change"  # on the landmarks less those of the neutral face


def mixture_weights(
    extra: Mapping[str, Any], head: str, *, compared: bool = False
) -> dict[str, float]:
    """Read how much each expert counts, from a manifest.

    Parameters
    ----------
    extra
        A manifest's `extra`.
    head
        "emotion" or "action_units".
    compared
        Of faces that are compared with a reference, where they have a mixture of their own.

    Returns
    -------
    dict
        Expert -> its weight; they add to 1. Empty where the model mixes none.

    Examples
    --------
    >>> mixture_weights({"mixture": {"emotion_weights": {"dense": 1.0}}}, "emotion")
    {'dense': 1.0}
    >>> mixture_weights({"mixture": {"unit_weights": [0.5, 0.25, 0.25]}}, "action_units")
    {'dense': 0.5, 'appearance': 0.25, 'landmarks': 0.25}
    >>> mixture_weights({}, "emotion")
    {}
    """
    mixture: Mapping[str, Any] = extra.get("mixture") or {}
    mixture = (compared and mixture.get("compared")) or mixture
    name = "emotion_weights" if head == "emotion" else "unit_weights"
    stored: Mapping[str, float] | Sequence[float] = mixture.get(name) or {}
    named = stored if isinstance(stored, Mapping) else dict(zip(Expert, stored, strict=False))
    return {str(expert): float(weight) for expert, weight in named.items()}
