"""The differences between two trainings, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from training.ml.config import TrainingConfig
from training.ml.recipes import RECIPES
from training.ml.settings import SETTINGS

#: Settings as a sentence names them.
LABELS = {name: setting.label for name, setting in SETTINGS.items()}


def settings_that_differ(new: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[str]:
    """Name each setting of two configurations that differs, with both values.

    Parameters
    ----------
    new, old
        As `training.ml.config.TrainingConfig.to_json` gives them; what one of them lacks, as
        those of an older version may, is left out.

    Examples
    --------
    >>> list(settings_that_differ({"folds": 4, "l2": 0.0003}, {"folds": 5, "l2": 0.0003}))
    ['Folds: 4 instead of 5.']
    """
    for name in (*LABELS, *sorted(set(new) - set(LABELS))):
        if name in new and name in old and new[name] != old[name]:
            yield _instead(LABELS.get(name, name), new[name], old[name])


def libraries_that_differ(new: Mapping[str, str], old: Mapping[str, str]) -> Iterator[str]:
    """Name each library whose version differs.

    Examples
    --------
    >>> list(libraries_that_differ({"keras": "3.15.1"}, {"keras": "3.14.0"}))
    ['keras: 3.15.1 instead of 3.14.0.']
    """
    for name in sorted(set(new) | set(old)):
        if new.get(name) != old.get(name):
            yield _instead(name, new.get(name), old.get(name))


def _instead(name: str, new: object, old: object) -> str:
    return f"{name}: {said(new)} instead of {said(old)}."


def said(value: object) -> str:
    """Write a setting's value as a person would.

    Examples
    --------
    >>> said(0.0003), said(""), said(20.0), said(True)
    ('0.0003', 'none', '20', 'True')
    """
    if value in ("", None):
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def differs_from_recipe(config: Mapping[str, Any]) -> list[str]:
    """Tell in sentences which settings aren't those that the recipe brings.

    Parameters
    ----------
    config
        As `training.ml.config.TrainingConfig.to_json` gives it.

    Examples
    --------
    >>> differs_from_recipe({"recipe": "published", "dense_units": 160, "folds": 4})
    ['Folds: 4 instead of 5.']
    """
    recipe = config.get("recipe", "default")
    usual = {"recipe": recipe} if recipe in RECIPES else {}
    return list(settings_that_differ(config, TrainingConfig.from_json(usual).to_json()))


def settings_of(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return every setting's name for people, and its value as they would write it."""
    known = [name for name in LABELS if name in config]
    names = [*known, *sorted(set(config) - set(known))]
    return [(LABELS.get(name, name), said(config[name])) for name in names]
