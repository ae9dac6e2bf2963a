"""The recipes by which the network is built: the published one, for comparison, and ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from inference.ml.experts import Expert
from inference.ml.trunk import TAPS


@dataclass(frozen=True)
class LinearPart:
    """A logistic regression on one of the heads' inputs.

    Attributes
    ----------
    reads
        The input's name (`inference.ml.features.Features.inputs`).
    minus
        The input that is subtracted from it; empty for none.
    where
        The input (n, 1) that is 0 for a face of which there is nothing to read; empty if there
        always is something.
    first_tap
        Whether it sees the columns of the trunk's first tap only.
    """

    reads: str
    minus: str = ""
    where: str = ""
    first_tap: bool = False

    def sees(self, inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        """Return what it reads (n, d), arrays or Keras tensors, and where (n, 1); None: always."""
        x = inputs[self.reads]
        return (x - inputs[self.minus] if self.minus else x), inputs.get(self.where)


#: The linear experts that a recipe may mix with its dense heads.
LINEAR_PARTS = {
    Expert.APPEARANCE: LinearPart("appearance", first_tap=True),
    Expert.LANDMARKS: LinearPart("geometry", where="found"),
    Expert.PRIOR: LinearPart("prior"),
    Expert.APPEARANCE_CHANGE: LinearPart(
        "appearance", minus="reference_appearance", where="compared", first_tap=True
    ),
    Expert.LANDMARKS_CHANGE: LinearPart("geometry", minus="reference_geometry", where="compared"),
}
#: Those that read what differs from a reference (`inference.ml.references`).
COMPARING = frozenset(name for name, part in LINEAR_PARTS.items() if part.minus)


@dataclass(frozen=True)
class Recipe:
    """The way in which the network over the trunk is built and fitted.

    The trunk is frozen; what stands on it is one Keras network with two heads, whose parts are
    named here.

    Attributes
    ----------
    taps
        Where the trunk is tapped (`inference.ml.trunk`), and the grid that each tap is averaged to.
    geometry
        Whether the heads see the landmarks too.
    balanced
        Whether rare classes and action units weigh more.
    linear
        The linear experts that are mixed with the dense heads of every fold, calibrated and
        thresholded on out-of-fold predictions; without any the model is one network's plain
        answer.
    settings
        Values of the configuration that suit this recipe better than the defaults do.
    """

    taps: tuple[tuple[str, int], ...]
    geometry: bool
    balanced: bool
    linear: tuple[Expert, ...] = ()
    settings: dict[str, int | str] = field(default_factory=dict)

    @property
    def ensemble(self) -> bool:
        """Whether the model mixes experts."""
        return bool(self.linear)

    @property
    def compares(self) -> bool:
        """Whether faces are compared with their subject's neutral face."""
        return not COMPARING.isdisjoint(self.linear)


RECIPES = {
    "default": Recipe(
        TAPS,
        geometry=True,
        balanced=True,
        linear=(
            Expert.APPEARANCE,
            Expert.LANDMARKS,
            Expert.APPEARANCE_CHANGE,
            Expert.LANDMARKS_CHANGE,
        ),
    ),
    # Frozen trunk, its last block averaged over the face, one dense layer.
    # It gains from more units and epochs than ours, so it has them: the comparison is to be fair.
    "published": Recipe(
        (("last", 1),),
        geometry=False,
        balanced=False,
        settings={"dense_units": 160, "max_epochs": 60, "patience": 14, "framing": "wide"},
    ),
}


def taps_of_every_recipe() -> tuple[tuple[str, int], ...]:
    """Return the taps of all recipes: one pass serves those that see the same crops.

    Examples
    --------
    >>> taps_of_every_recipe()
    (('middle', 4), ('last', 2), ('last', 1))
    """
    return tuple(dict.fromkeys(tap for recipe in RECIPES.values() for tap in recipe.taps))
