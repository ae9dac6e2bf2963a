"""The differences between two trainings, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

#: Settings of training/ml/config.py as a sentence names them.
SETTINGS = {
    "recipe": "Recipe",
    "trunk": "Trunk",
    "seed": "Seed",
    "input_size": "Size of the crop in pixels",
    "folds": "Folds",
    "test_share": "Share of subjects kept for the test",
    "augmented_copies": "Augmented copies of each picture",
    "dense_units": "Units of the dense layer",
    "geometry_units": "Units for the landmarks",
    "fine_tune": "Fine-tuned blocks",
    "fine_tune_epochs": "Epochs of fine-tuning",
    "fine_tune_rate": "Learning rate of fine-tuning",
    "linear_strength": "C of the linear experts",
    "l1": "L1 penalty",
    "l2": "L2 penalty",
    "input_dropout": "Dropout of the features",
    "dropout": "Dropout after the dense layer",
    "learning_rate": "Learning rate",
    "batch_size": "Batch size",
    "max_epochs": "Most epochs",
    "patience": "Epochs without improvement until it stops",
    "au_loss_weight": "Weight of the action units’ loss",
    "label_smoothing": "Label smoothing",
    "max_positive_weight": "Largest weight of a rare unit’s positives",
}


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
    for name in (*SETTINGS, *sorted(set(new) - set(SETTINGS))):
        if name in new and name in old and new[name] != old[name]:
            yield _instead(SETTINGS.get(name, name), new[name], old[name])


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
