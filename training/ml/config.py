"""The settings of a training; every one has a default that suits CK+."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from inference.ml.trunk import TRUNKS
from training.ml.recipes import RECIPES

#: The blocks of VGG16 that can be fine-tuned, and the frozen layer below them.
FINE_TUNE_FROM = {"block5": "block4_pool", "block4": "block3_pool"}


class ConfigError(ValueError):
    """A configuration that cannot be used; the message names the key."""


@dataclass(frozen=True)
class TrainingConfig:
    """All settings of a training; each field's comment says what it is.

    Raises
    ------
    ConfigError
        A value cannot be used; the message names it.

    Examples
    --------
    >>> TrainingConfig.from_json({"folds": 4}).folds
    4
    """

    recipe: str = "default"  # "published" is the plain network to compare with
    trunk: str = "vgg16"  # another of inference/ml/trunk.py, where its weights can be had
    seed: int = 20  # another seed draws another split: do it to see how much the figures move
    input_size: int = 224  # pixels; VGG16's own. Less is faster and worse
    folds: int = 5  # by subject; each face is predicted by heads that never saw its subject
    test_share: float = 0.0  # of subjects, kept out of everything; 0: every face is in a fold
    augmented_copies: int = 1  # per image; each costs one pass through VGG16
    dense_units: int = 96  # more is slower and no better on 350 images, 64 holds less
    geometry_units: int = 48  # for the 468 landmarks, which say little more than 40 numbers do
    fine_tune: str = ""  # "block5", or "block4" with it: VGG16's blocks, on augmented pixels
    fine_tune_epochs: int = 8
    fine_tune_rate: float = 2e-5  # Adam's peak for them: more forgets ImageNet
    linear_strength: float = 20.0  # C of the linear experts; from 10 to 100 hardly differs
    l1: float = 1e-6  # prunes features that no class needs
    l2: float = 3e-4  # keeps the rest small
    input_dropout: float = 0.3  # of 10,240 features: neighbours in the grid are redundant
    dropout: float = 0.4  # after the dense layer
    learning_rate: float = 1e-3  # Adam's peak; warmed up, then decayed along a cosine
    batch_size: int = 64
    max_epochs: int = 40  # the rate has come down by then; 60 gave nothing more
    patience: int = 10  # epochs without a better validation loss
    au_loss_weight: float = 3.0  # mean over 15 sigmoids is small beside the emotion's loss
    label_smoothing: float = 0.05  # some labels are wrong
    max_positive_weight: float = 8.0  # a rarer action unit's positives weigh no more than this

    def __post_init__(self) -> None:
        if self.recipe not in RECIPES:
            raise ConfigError(f"recipe must be one of {', '.join(RECIPES)}, not {self.recipe!r}.")
        if self.trunk not in TRUNKS:
            raise ConfigError(f"trunk must be one of {', '.join(TRUNKS)}, not {self.trunk!r}.")
        if self.fine_tune not in {"", *FINE_TUNE_FROM}:
            known = ", ".join(FINE_TUNE_FROM)
            raise ConfigError(f"fine_tune must be empty or one of {known}, not {self.fine_tune!r}.")
        if self.fine_tune and (self.trunk != "vgg16" or not RECIPES[self.recipe].ensemble):
            raise ConfigError("fine_tune is for trunk vgg16 and a recipe that mixes experts.")
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ConfigError(f"{name} must be between {low} and {high}, not {value}.")

    def to_json(self) -> dict[str, Any]:
        """Return every name and value, as a run stores them."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> TrainingConfig:
        """Read a configuration; what is not given takes the recipe's value.

        Parameters
        ----------
        values
            Names and values that differ from the recipe's.

        Raises
        ------
        ConfigError
            A key is unknown, or a value does not fit; the message names it.

        Examples
        --------
        >>> TrainingConfig.from_json({"recipe": "published"}).dense_units
        160
        >>> TrainingConfig.from_json({"dropout": "high"})
        Traceback (most recent call last):
        ...
        training.ml.config.ConfigError: dropout must be a number (float).
        """
        if not isinstance(values, dict):
            raise ConfigError("The configuration must be an object of names and values.")
        kinds = {field.name: _KINDS[str(field.type)] for field in fields(cls)}
        checked: dict[str, Any] = {}
        for name, value in values.items():
            if name not in kinds:
                raise ConfigError(f"Unknown key {name!r}; known are {', '.join(sorted(kinds))}.")
            whole = isinstance(value, int) and not isinstance(value, bool)
            fits = isinstance(value, kinds[name]) and not isinstance(value, bool)
            if not (fits or (kinds[name] is float and whole)):
                raise ConfigError(f"{name} must be {_CALLED[kinds[name]]}.")
            checked[name] = kinds[name](value)
        recipe = RECIPES.get(checked.get("recipe", cls.recipe))
        return cls(**((recipe.settings if recipe else {}) | checked))


_KINDS: dict[str, type] = {"int": int, "float": float, "str": str}
_CALLED: dict[type, str] = {int: "a number (int)", float: "a number (float)", str: "a name"}
_RANGES: dict[str, tuple[float, float]] = {
    "seed": (0, 2**31 - 1),
    "input_size": (64, 448),
    "folds": (3, 20),
    "test_share": (0, 0.5),
    "augmented_copies": (0, 50),
    "dense_units": (4, 4096),
    "geometry_units": (1, 1024),
    "fine_tune_epochs": (1, 200),
    "fine_tune_rate": (1e-8, 1e-2),
    "linear_strength": (1e-4, 1e6),
    "l1": (0, 1),
    "l2": (0, 1),
    "input_dropout": (0, 0.95),
    "dropout": (0, 0.95),
    "learning_rate": (1e-7, 1),
    "batch_size": (1, 4096),
    "max_epochs": (1, 2000),
    "patience": (1, 2000),
    "au_loss_weight": (0, 1000),
    "label_smoothing": (0, 0.5),
    "max_positive_weight": (1, 1000),
}
