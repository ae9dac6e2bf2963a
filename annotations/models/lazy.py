"""Models looked up by name, for modules that the models themselves import (their querysets).

No type can be inferred from a name, so each caller states the type itself.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps


def model(name: str) -> Any:
    """Return a model of this app. Call it once all models are loaded, so within functions."""
    return apps.get_model("annotations", name)


def rows(name: str) -> Any:
    """Return all rows of a model of this app, as a queryset of its own class."""
    return model(name)._default_manager.all()
