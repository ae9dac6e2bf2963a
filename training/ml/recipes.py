"""The recipes by which the network is built: the published one, for comparison, and ours."""

from __future__ import annotations

from dataclasses import dataclass, field

from inference.ml.trunk import TAPS


@dataclass(frozen=True)
class Recipe:
    """The way in which the network over the trunk is built and fitted.

    Attributes
    ----------
    taps
        Where the trunk is tapped (`inference.ml.trunk`), and the grid that each tap is averaged to.
    geometry
        Whether the heads see the landmarks too.
    balanced
        Whether rare classes and action units weigh more.
    ensemble
        Whether the model mixes the dense heads of every fold with two linear experts, calibrated
        and thresholded on out-of-fold predictions; else it is one network's plain answer.
    settings
        Values of the configuration that suit this recipe better than the defaults do.
    """

    taps: tuple[tuple[str, int], ...]
    geometry: bool
    balanced: bool
    ensemble: bool
    settings: dict[str, int | str] = field(default_factory=dict)


RECIPES = {
    "default": Recipe(TAPS, geometry=True, balanced=True, ensemble=True),
    # Frozen trunk, its last block averaged over the face, one dense layer.
    # It gains from more units and epochs than ours, so it has them: the comparison is to be fair.
    "published": Recipe(
        (("last", 1),),
        geometry=False,
        balanced=False,
        ensemble=False,
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
