"""The recipes by which the network is built: the published one, for comparison, and ours."""

from __future__ import annotations

from dataclasses import dataclass, field

from inference.ml.experts import Expert
from inference.ml.trunk import TAPS


@dataclass(frozen=True)
class LinearPart:
    """A logistic regression on one of the heads' inputs.

    Attributes
    ----------
    reads
        The input's name (`inference.ml.features.Features.inputs`).
    where
        The input (n, 1) that is 0 for a face of which there is nothing to read; empty if there
        always is something.
    first_tap
        Whether it sees the columns of the trunk's first tap only.
    """

    reads: str
    where: str = ""
    first_tap: bool = False


#: The linear experts that a recipe may mix with its dense heads.
LINEAR_PARTS = {
    Expert.APPEARANCE: LinearPart("appearance", first_tap=True),
    Expert.LANDMARKS: LinearPart("geometry", where="found"),
    Expert.PRIOR: LinearPart("prior"),
}


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


RECIPES = {
    "default": Recipe(
        TAPS,
        geometry=True,
        balanced=True,
        linear=(Expert.APPEARANCE, Expert.LANDMARKS),
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
