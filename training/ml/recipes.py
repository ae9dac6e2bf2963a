"""How the network is built: the published recipe, for comparison, and ours."""

from __future__ import annotations

from dataclasses import dataclass

from inference.ml.trunk import TAPS


@dataclass(frozen=True)
class Recipe:
    """Attributes
    ----------
    taps
        VGG16 blocks and the grid that each is averaged to.
    geometry
        Whether the heads see the landmarks too.
    balanced
        Whether rare classes and action units weigh more.
    tuned_thresholds
        Whether thresholds per action unit are chosen on the validation subjects; else 0.5.
    """

    taps: tuple[tuple[str, int], ...]
    geometry: bool
    balanced: bool
    tuned_thresholds: bool


RECIPES = {
    "default": Recipe(TAPS, geometry=True, balanced=True, tuned_thresholds=True),
    # Frozen VGG16, block 5 averaged over the face, one dense layer.
    "published": Recipe(
        (("block5_pool", 1),), geometry=False, balanced=False, tuned_thresholds=False
    ),
}
