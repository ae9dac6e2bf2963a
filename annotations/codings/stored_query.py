"""A query for faces as JSON, for a job that asks it later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from django.db.models import Model
from django.utils.dateparse import parse_datetime

from annotations.codings.face_query import FaceQuery
from annotations.models import Coder, Snapshot


def to_json(query: FaceQuery) -> dict[str, Any]:
    """Return what is asked for, by attribute; rows are ids, and times are as Django encodes them.

    >>> to_json(FaceQuery(emotion="surprise", units=(1, 2)))
    {'emotion': 'surprise', 'units': (1, 2)}
    """
    asked = {field.name: getattr(query, field.name) for field in fields(FaceQuery)}
    usual = FaceQuery()
    return {
        name: value.pk if isinstance(value, Model) else value
        for name, value in asked.items()
        if value != getattr(usual, name)
    }


def from_json(stored: Mapping[str, Any]) -> FaceQuery:
    """Return the query again.

    Parameters
    ----------
    stored
        From `to_json`, as it comes back from the database.

    Raises
    ------
    LookupError
        The model or the snapshot that it names is gone.
    """
    asked = {name: _tuples(value) for name, value in stored.items()}
    for name, rows in (("model", Coder.objects), ("snapshot", Snapshot.objects)):
        if name in asked:
            asked[name] = rows.in_bulk([asked[name]])[asked[name]]
    if "updated_since" in asked:
        asked["updated_since"] = parse_datetime(asked["updated_since"])
    if "uploaded" in asked:
        asked["uploaded"] = tuple(at and parse_datetime(at) for at in asked["uploaded"])
    return FaceQuery(**asked)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
