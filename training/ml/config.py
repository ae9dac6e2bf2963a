"""The settings of a training; every one has a default that suits CK+."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from inference.ml.experts import Expert
from inference.ml.framing import FRAMINGS
from inference.ml.precision import Precision
from inference.ml.trunk import TRUNKS
from training.ml.recipes import RECIPES
from training.ml.settings import SETTINGS

#: Settings of fine-tuning VGG16's blocks, which is no more: the mixture never gave it any weight
#: (docs/model.md). Stored configurations name them still.
_RETIRED = ("fine_tune", "fine_tune_epochs", "fine_tune_rate")

#: In which numbers a trunk may be computed where it teaches.
PRECISIONS = (Precision.BF16.value, Precision.FP32.value)
#: Whether the expression prior is one of the experts.
PRIOR_CHOICES = ("off", "on")


class ConfigError(ValueError):
    """A configuration that cannot be used; the message names the key, and so does `key`."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True)
class TrainingConfig:
    """All settings of a training; `training.ml.settings` says what each is.

    Raises
    ------
    ConfigError
        A value cannot be used; the message names it.

    Examples
    --------
    >>> TrainingConfig.from_json({"folds": 4}).folds
    4
    """

    recipe: str = "default"
    trunk: str = "vgg16"
    seed: int = 20
    input_size: int = 224
    framing: str = "tight"
    precision: str = "bf16"
    prior: str = "off"
    folds: int = 5
    test_share: float = 0.0
    augmented_copies: int = 1
    dense_units: int = 96
    geometry_units: int = 48
    linear_strength: float = 20.0
    l1: float = 1e-6
    l2: float = 3e-4
    input_dropout: float = 0.3
    dropout: float = 0.4
    learning_rate: float = 1e-3
    batch_size: int = 64
    max_epochs: int = 40
    patience: int = 10
    au_loss_weight: float = 3.0
    label_smoothing: float = 0.05
    max_positive_weight: float = 8.0

    def __post_init__(self) -> None:
        if self.recipe not in RECIPES:
            known = ", ".join(RECIPES)
            raise ConfigError(f"recipe must be one of {known}, not {self.recipe!r}.", "recipe")
        if self.trunk not in TRUNKS:
            known = ", ".join(TRUNKS)
            raise ConfigError(f"trunk must be one of {known}, not {self.trunk!r}.", "trunk")
        if self.framing not in FRAMINGS:
            known = ", ".join(FRAMINGS)
            raise ConfigError(f"framing must be one of {known}, not {self.framing!r}.", "framing")
        if self.precision not in PRECISIONS:
            known = " or ".join(PRECISIONS)
            raise ConfigError(f"precision must be {known}, not {self.precision!r}.", "precision")
        if self.prior not in PRIOR_CHOICES:
            known = " or ".join(PRIOR_CHOICES)
            raise ConfigError(f"prior must be {known}, not {self.prior!r}.", "prior")
        if self.asks_prior and not RECIPES[self.recipe].ensemble:
            message = f"prior is an expert of a mixture, and recipe {self.recipe} mixes none."
            raise ConfigError(message, "prior")
        for name, setting in SETTINGS.items():
            if setting.low is None or setting.high is None:
                continue
            value = getattr(self, name)
            if not setting.low <= value <= setting.high:
                between = f"between {setting.low} and {setting.high}"
                raise ConfigError(f"{name} must be {between}, not {value}.", name)

    @property
    def asks_prior(self) -> bool:
        """Whether the expression prior is one of the model's experts."""
        return self.prior == "on"

    @property
    def linear(self) -> tuple[Expert, ...]:
        """The linear experts: those of the recipe, and one on the expression prior if it is on."""
        return RECIPES[self.recipe].linear + ((Expert.PRIOR,) if self.asks_prior else ())

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
        if values.get("fine_tune"):
            message = "VGG16's blocks are no longer fine-tuned, as it gained nothing: leave it out."
            raise ConfigError(message, "fine_tune")
        for name, value in values.items():
            if name in _RETIRED:
                continue
            if name not in kinds:
                raise ConfigError(f"Unknown key {name!r}; known are {', '.join(sorted(kinds))}.")
            whole = isinstance(value, int) and not isinstance(value, bool)
            fits = isinstance(value, kinds[name]) and not isinstance(value, bool)
            if not (fits or (kinds[name] is float and whole)):
                raise ConfigError(f"{name} must be {_CALLED[kinds[name]]}.", name)
            checked[name] = kinds[name](value)
        recipe = RECIPES.get(checked.get("recipe", cls.recipe))
        return cls(**((recipe.settings if recipe else {}) | checked))


_KINDS: dict[str, type] = {"int": int, "float": float, "str": str}
_CALLED: dict[type, str] = {int: "a number (int)", float: "a number (float)", str: "a name"}


def names_of(setting: str) -> tuple[str, ...]:
    """Return the names that a setting may have; none where it is a number.

    Parameters
    ----------
    setting
        The setting's own name.

    Examples
    --------
    >>> names_of("recipe"), names_of("folds")
    (('default', 'published'), ())
    """
    known = {
        "recipe": (*RECIPES,),
        "trunk": (*TRUNKS,),
        "framing": (*FRAMINGS,),
        "precision": PRECISIONS,
        "prior": PRIOR_CHOICES,
    }
    return known.get(setting, ())
