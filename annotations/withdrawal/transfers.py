"""The part of imports and exports: files that hold everybody, and archives that were sent."""

from __future__ import annotations

from django.db.models.fields.files import FieldFile

from annotations.tombstones import Gone
from annotations.transfers.models import Export, Import
from annotations.withdrawal.archives import holds
from annotations.withdrawal.disk import remove_by_digest
from annotations.withdrawal.parts import Counts, Part
from annotations.withdrawal.words import Words

_GONE_EXPORT = (
    "A subject who was in it has withdrawn, so its file is deleted. Ask for a new export."
)
_GONE_IMPORT = "A subject who is in it has withdrawn, so the file is deleted. Send it without them."


def remove_exports() -> Counts:
    """Delete the file of each export made so far: each holds everybody, under whatever name."""
    return {
        "exports": sum(
            _drop(run, run.file, _GONE_EXPORT) for run in Export.objects.exclude(file="")
        )
    }


def remove_imports(words: Words, gone: Gone) -> Counts:
    """Delete files sent for import, and tables of refused rows, that hold the subject.

    A running import keeps its file to its end, when it is deleted anyway; its rows are refused.
    """
    archives = refused = 0
    for run in Import.objects.exclude(file="").exclude(status=Import.Status.RUNNING):
        if _is_held(run.file, words, gone):
            run.request_cancel()
            archives += _drop(run, run.file, _GONE_IMPORT)
    for run in Import.objects.exclude(refused=""):
        if _is_held(run.refused, words, gone):
            refused += _drop(run, run.refused, "")
    return {"imports": archives, "tables of refused rows": refused}


def _is_held(stored: FieldFile, words: Words, gone: Gone) -> bool:
    try:
        with stored.open("rb") as file:
            return holds(file, words, gone.picture)
    except FileNotFoundError:
        return False


def _drop(run: Import | Export, stored: FieldFile, why: str) -> bool:
    """Delete a run's file and say why; tell whether there was one."""
    name, field = stored.name or "", stored.field.name
    there = bool(name) and stored.storage.exists(name)
    stored.storage.delete(name)
    values = {field: ""} | ({"error": why} if why else {})
    type(run).objects.filter(pk=run.pk, **{field: name}).update(**values)
    return there


PART = Part("transfers", files=remove_by_digest)
