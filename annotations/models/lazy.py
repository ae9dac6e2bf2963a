"""Models found by name, for what the models themselves import (their querysets).

No type can tell what a name stands for, so each says itself what it makes of it.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps


def model(name: str) -> Any:
    """Return a model of this app. Callable once all of them are loaded, so within functions."""
    return apps.get_model("annotations", name)


def rows(name: str) -> Any:
    """Return all rows of a model of this app, as a queryset of its own class."""
    return model(name)._default_manager.all()
