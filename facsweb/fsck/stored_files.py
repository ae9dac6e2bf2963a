"""Other stored files: archives of imports, exports, maps; and files that no row names."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.apps import apps
from django.db.models import FileField, Model

from annotations.faces.orphans import orphans
from annotations.models import Face, NeutralFrame
from facsweb.fsck.findings import Check, Finding, Walk
from facsweb.fsck.pictures import chunks, file_is_wrong, still_names
from facsweb.fsck.quarantine import put_stored_away
from inference.models import Explanation


def checks(*, quick: bool) -> list[Check]:
    """Return a check for each other kind of row that names a file, and one for orphans."""
    made = [
        Check(
            f"{model._meta.verbose_name} files",
            partial(_files, model, field, quick=quick),
            model._default_manager.count,
        )
        for model, field in _file_fields()
    ]
    return [*made, Check("files without a row", _orphans, lambda: 0)]


def _file_fields() -> list[tuple[type[Model], str]]:
    """Return the models that name files and have no check of their own, so none is forgotten."""
    return [
        (model, field.name)
        for model in apps.get_models()
        if model not in {Face, NeutralFrame}
        for field in model._meta.get_fields()
        if isinstance(field, FileField)
    ]


def _files(model: type[Model], field: str, after: int, *, quick: bool) -> Walk:
    for rows in chunks(model, after):
        for row in rows:
            file = getattr(row, field)
            if not file.name:
                continue
            # The digest that an import or an export has is that of its `file`.
            digest = getattr(row, "sha256", "") if field == "file" and not quick else ""
            wrong = file_is_wrong(file, digest)
            if wrong and still_names(row, field):
                yield Finding(
                    f"{model._meta.verbose_name} files",
                    f"{model._meta.model_name}:{row.pk}",
                    f"{file.name} {wrong}",
                    *_mending(row, field, wrong),
                )
        yield rows[-1].pk


def _mending(row: Any, field: str, wrong: str) -> tuple[Any, ...]:
    if not wrong.startswith("is missing"):
        return ()
    if isinstance(row, Explanation):
        return "forget it, so that it is made again when asked for", partial(_forget, row)
    return "let the row name no file, so that no page offers it", partial(_clear, row, field)


def _forget(row: Explanation) -> bool:
    type(row)._default_manager.filter(pk=row.pk, image=row.image.name).delete()
    return True


def _clear(row: Any, field: str) -> bool:
    type(row)._default_manager.filter(pk=row.pk, **{field: getattr(row, field).name}).update(
        **{field: ""}
    )
    return True


def _orphans(after: int) -> Walk:
    for name in orphans():
        yield Finding(
            "files without a row",
            name,
            "No row names it: a process was killed, or a restore took the row",
            "move it to the quarantine",
            partial(put_stored_away, name),
        )
