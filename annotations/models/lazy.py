"""Models found by name, for what the models themselves import (their querysets)."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import Model, QuerySet


def model(name: str) -> type[Model]:
    """Return a model of this app. Callable once all of them are loaded, so within functions."""
    return apps.get_model("annotations", name)


def rows(name: str) -> QuerySet[Any]:
    """Return all rows of a model of this app."""
    return model(name)._default_manager.all()
