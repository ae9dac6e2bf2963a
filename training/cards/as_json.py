"""A card or a data sheet as plain JSON values. No Django."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from training.cards.document import (
    Counted,
    Document,
    Figure,
    Note,
    Section,
    Share,
    Table,
    Value,
)

#: Raised when the shape changes so that a program that reads it must change.
FORMAT_VERSION = 1


def json_of(document: Document) -> dict[str, Any]:
    """Return a document as dicts, lists, texts, numbers and None, as docs/cards.md describes."""
    return {
        "kind": document.kind,
        "format_version": FORMAT_VERSION,
        "title": document.title,
        "lead": document.lead,
        "sections": [
            _section(each) | {"sections": [_section(part) for part in each.sections]}
            for each in document.sections
        ],
        "references": list(document.references),
        "notes": [note_json(each) for each in document.notes],
    }


def note_json(note: Note) -> dict[str, str]:
    """Return a note as it stands in the JSON of its document."""
    moment = _moment(note.written_at)
    return {"author": note.author, "written_at": moment, "text": note.text}


def _section(section: Section) -> dict[str, Any]:
    return {
        "key": section.key,
        "title": section.title,
        "says": list(section.says),
        "facts": [
            {"key": fact.key, "label": fact.label, "value": _value(fact.value), "text": fact.text}
            for fact in section.facts
        ],
        "tables": [_table(each) for each in section.tables],
    }


def _table(table: Table) -> dict[str, Any]:
    keys = [column.key for column in table.columns]
    return {
        "key": table.key,
        "title": table.title,
        "note": table.note,
        "columns": [
            {"key": column.key, "label": column.label, "form": column.form.value}
            for column in table.columns
        ],
        "rows": [dict(zip(keys, map(_value, row), strict=True)) for row in table.rows],
    }


def _value(value: Value) -> Any:
    if isinstance(value, Figure | Share | Counted):
        return asdict(value)
    if isinstance(value, datetime):
        return _moment(value)
    return None if value == "" else value


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
