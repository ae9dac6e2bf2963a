"""The words of the whole database: each text and JSON column of each table, searched and cut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import (
    CharField,
    Field,
    FileField,
    JSONField,
    Model,
    Q,
    QuerySet,
    TextField,
)
from django.db.models.functions import Cast

from annotations.withdrawal.words import Words

#: What a count of changed rows is called, before the model's name.
WORDS_IN = "words in "
#: Terms in one statement.
_CHUNK = 40
#: Columns whose words are ours, or that name a row elsewhere: they stay as they are.
_KEPT = {"withdrawal.Withdrawal.pending", "annotations.Subject.code"}
#: Tables whose rows are chained by digests, so that none can be changed: they name no subject.
CHAINED = {"audit.AuditEntry", "audit.WaitingEntry", "audit.AuditHead"}


def cut_words(words: Words) -> dict[str, int]:
    """Take every mention of a subject out of the texts of the database.

    Also those of models that are written once, as these refuse only their own managers. Each table
    is a transaction of its own, and doing it again changes nothing.

    Returns
    -------
    dict
        "words in" and the model's name -> how many rows were changed.
    """
    counts: dict[str, int] = {}
    for model in _models():
        with transaction.atomic():
            rows = list(_rows(model, words))
            changed = sum(_cut_row(model, pk, values, words) for pk, values in rows)
        counts[f"{WORDS_IN}{model._meta.label}"] = changed
    counts[f"{WORDS_IN}{Session._meta.label}"] = _cut_sessions(words)
    return {name: count for name, count in counts.items() if count}


def count_mentions(words: Words) -> dict[str, int]:
    """Count the rows whose texts mean a subject, by the model's name."""
    found = {}
    for model in _models():
        if rows := sum(1 for _ in _rows(model, words)):
            found[model._meta.label] = rows
    return found


def labels() -> list[str]:
    """Return the names of all models whose tables may hold words, or held them in deleted rows."""
    kinds = (CharField, FileField, JSONField, TextField)
    return [Session._meta.label] + [
        model._meta.label
        for model in _models()
        if any(isinstance(field, kinds) for field in model._meta.concrete_fields)
    ]


def _models() -> Iterator[type[Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model is not Session and not model._meta.proxy and model._meta.label not in CHAINED:
            yield model


def _rows(model: type[Model], words: Words) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield the id, and the texts by column, of each row in which a term stands."""
    names = [field.attname for field in _texts(model, words)]
    terms = [each for term in words.terms for each in _spellings(term)]
    seen: set[Any] = set()
    for first in range(0, len(terms) if names else 0, _CHUNK):
        wanted, casts = Q(), {}
        for name in names:
            casts[f"_text_{name}"] = Cast(name, TextField())
            for term in terms[first : first + _CHUNK]:
                wanted |= Q(**{f"_text_{name}__contains": term})
        rows = QuerySet(model).annotate(**casts).filter(wanted).values_list("pk", *names)
        for pk, *values in list(rows):
            told = dict(zip(names, values, strict=True))
            if pk not in seen and words.cut(list(told.values())) != list(told.values()):
                seen.add(pk)
                yield pk, told


def _texts(model: type[Model], words: Words) -> Iterator[Field[Any, Any]]:
    shortest = min(map(len, words.terms), default=0)
    for field in model._meta.concrete_fields:
        if f"{model._meta.label}.{field.name}" in _KEPT or field.primary_key or field.choices:
            continue
        if isinstance(field, JSONField | TextField) or (
            isinstance(field, CharField | FileField) and (field.max_length or 0) >= shortest
        ):
            yield field


def _spellings(term: str) -> set[str]:
    """Return a term as it is, and as JSON may have it."""
    return {term, json.dumps(term)[1:-1]}


def _cut_row(model: type[Model], pk: Any, values: dict[str, Any], words: Words) -> int:
    changed = {name: new for name, old in values.items() if (new := words.cut(old)) != old}
    files = {f.attname for f in model._meta.concrete_fields if isinstance(f, FileField)}
    changed = {name: value for name, value in changed.items() if name not in files}
    return QuerySet(model).filter(pk=pk).update(**changed) if changed else 0


def _cut_sessions(words: Words) -> int:
    """Take mentions out of what sessions keep, such as messages not shown yet."""
    changed = 0
    for session in Session.objects.iterator():
        told = session.get_decoded()
        if (cut := words.cut(told)) != told:
            text = SessionStore().encode(cut)
            changed += Session.objects.filter(pk=session.pk).update(session_data=text)
    return changed
