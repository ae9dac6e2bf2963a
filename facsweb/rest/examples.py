"""Examples of bodies in the schema and on its page, kept apart from the serializers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

Shape = TypeVar("Shape", bound=type[serializers.BaseSerializer[Any]])


def examples_from(
    bodies: Mapping[str, Mapping[str, Any]], *, media_type: str = "application/json"
) -> Callable[[Shape], Shape]:
    """Return a decorator that shows a serializer's examples wherever it is sent or answered.

    Parameters
    ----------
    bodies
        Name of a serializer -> what an example shows -> the body.
    """

    def show(shape: Shape) -> Shape:
        shown = [
            OpenApiExample(what, value=body, media_type=media_type)
            for what, body in bodies[shape.__name__].items()
        ]
        return extend_schema_serializer(examples=shown)(shape)

    return show
