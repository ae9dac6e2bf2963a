"""The rows that hang on a subject, found by the models' own foreign keys.

So a table that is added later is found without anybody thinking of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection
from django.db.models import SET_NULL, FileField, ForeignObjectRel, Model, QuerySet

from annotations.models import Subject

_CHUNK = 500

Ids = dict[type[Model], set[int]]


def hanging_on(subject: Subject) -> Ids:
    """Return the ids of all rows, by model, that point at the subject, or at such a row.

    Rows that would merely forget their pointer (SET_NULL) aren't among them.
    """
    found: Ids = defaultdict(set)
    found[Subject].add(subject.pk)
    new: list[tuple[type[Model], set[int]]] = [(Subject, {subject.pk})]
    while new:
        model, ids = new.pop()
        for relation in _relations(model):
            if relation.on_delete is SET_NULL:
                continue
            theirs, field = _owner(relation), relation.field.name
            more = set(_ids(theirs, field, ids)) - found[theirs]
            if more:
                found[theirs] |= more
                new.append((theirs, more))
    return found


def stored_files(ids: Ids) -> list[str]:
    """Return the names of the files that these rows keep in the storage."""
    names = []
    for model, wanted in ids.items():
        fields = [f.name for f in model._meta.concrete_fields if isinstance(f, FileField)]
        for chunk in _chunks(wanted) if fields else ():
            stored = _rows(model).filter(pk__in=chunk).values_list(*fields)
            names += [name for row in stored for name in row if name]
    return names


def delete(ids: Ids) -> dict[str, int]:
    """Delete rows by their ids; return the model's name -> how many.

    Models that are written once refuse to be deleted by their own managers, so this goes round
    them. Foreign keys are checked when the transaction commits, so the order doesn't matter.
    """
    counts = {}
    for model, wanted in ids.items():
        for relation in _relations(model):
            if relation.on_delete is SET_NULL:
                name = relation.field.name
                for chunk in _chunks(wanted):
                    pointing = _rows(_owner(relation)).filter(**{f"{name}__in": chunk})
                    pointing.update(**{name: None})
        for chunk in _chunks(wanted):
            _rows(model).filter(pk__in=chunk)._raw_delete(connection.alias)
        counts[model._meta.label] = len(wanted)
    return counts


def _relations(model: type[Model]) -> Iterator[ForeignObjectRel]:
    """Yield the foreign keys that point at a model, also those without a name from its side."""
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and not relation.many_to_many:
            yield relation


def _owner(relation: ForeignObjectRel) -> type[Model]:
    model = relation.related_model
    assert isinstance(model, type)  # it is "self" only while models are being declared
    return model


def _rows(model: type[Model]) -> QuerySet[Any]:
    """Return all rows, without the rules of the model's own manager."""
    return QuerySet(model)


def _ids(model: type[Model], field: str, ids: set[int]) -> Iterator[int]:
    for chunk in _chunks(ids):
        yield from _rows(model).filter(**{f"{field}__in": chunk}).values_list("pk", flat=True)


def _chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for first in range(0, len(ordered), _CHUNK):
        yield ordered[first : first + _CHUNK]
