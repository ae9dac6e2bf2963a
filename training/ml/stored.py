"""Values that a run stores as JSON, and reads in whatever version of the product wrote them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType
from typing import Any, Self, get_args, get_origin, get_type_hints

#: A part that is left out of the JSON where it is None; every other None is written as null.
LEFT_OUT: dict[str, bool] = {"left_out": True}


class Stored:
    """Reading and writing of frozen dataclasses whose fields all have defaults."""

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote, now or in an older version.

        Parameters
        ----------
        values
            Names and values; what is missing, or null, takes the field's default, and unknown
            names are passed over.
        """
        given = {}
        for name, read in _readers(cls).items():  # type: ignore[arg-type]  # a class is hashable
            value = values.get(name)
            if value is not None:
                given[name] = value if read is None else read(value)
        return cls(**given)

    def to_json(self) -> dict[str, Any]:
        """Return the fields, in order, as plain dicts, lists, numbers and strings."""
        return {
            each.name: _written(value)
            for each in fields(self)  # type: ignore[arg-type]  # its subclasses are dataclasses
            if (value := getattr(self, each.name)) is not None or not each.metadata
        }


@cache
def _readers(kind: type) -> dict[str, Callable[[Any], Any] | None]:
    """Return how the JSON of each field is read; None where it is the value itself."""
    found = {}
    for name, hint in get_type_hints(kind).items():
        others = [each for each in get_args(hint) if each is not NoneType]
        found[name] = _reader(others[0] if NoneType in get_args(hint) else hint)
    return found


@cache
def _reader(kind: Any) -> Callable[[Any], Any] | None:
    if is_dataclass(kind):
        return kind.from_json  # type: ignore[union-attr,no-any-return]
    if get_origin(kind) is tuple:
        each = _reader(get_args(kind)[0]) or _itself
        return lambda values: tuple(map(each, values))
    if get_origin(kind) is dict:
        key_kind, value_kind = get_args(kind)
        each = _reader(value_kind) or _itself
        return lambda values: {key_kind(key): each(value) for key, value in values.items()}
    return None


def _itself(value: Any) -> Any:
    return value


def _written(value: Any) -> Any:
    if isinstance(value, Stored):
        return value.to_json()
    if isinstance(value, tuple):
        return [_written(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _written(each) for key, each in value.items()}
    return value
