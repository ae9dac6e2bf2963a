"""One shape for every error of the API: {"code", "detail", "fields"}."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFilesSent,
)
from rest_framework import exceptions, views
from rest_framework.response import Response

from facsweb.problems import Problem
from facsweb.rest.limits import TooLarge, discard_rest
from facsweb.rest.statuses import headers_of, status_of

#: DRF's name for errors that belong to no field.
_NO_FIELD = "non_field_errors"


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an error; named in settings.

    None lets a programming error become a logged 500.
    """
    if isinstance(error, RequestDataTooBig):
        most = f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,}"
        error = TooLarge(f"At most {most} bytes besides files are accepted. Send less at once.")
    if isinstance(error, TooLarge):
        discard_rest(context["request"])
    if isinstance(error, Problem):
        views.set_rollback()
        shape = _shape(error.code, error.detail, error.fields)
        return Response(shape, status=status_of(error), headers=headers_of(error))
    if isinstance(error, TooManyFilesSent):
        files = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        return Response(_shape("too_many_files", f"At most {files} files a request."), status=400)
    if isinstance(error, SuspiciousOperation):
        return Response(_shape("bad_request", "The request can't be read."), status=400)
    answer = views.exception_handler(error, context)
    if answer is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        answer.data = _invalid(error)
    else:
        answer.data = _refused(error, answer)
    return answer


def answer_to(error: exceptions.ValidationError | Problem) -> Problem:
    """Return what is wrong with one item of several, as an error of ours."""
    if isinstance(error, Problem):
        return error
    shape = _invalid(error)
    return Problem(shape["detail"], shape["fields"])


def _refused(error: Exception, answer: Response) -> dict[str, Any]:
    detail = answer.data.get("detail", "") if isinstance(answer.data, dict) else ""
    return _shape(getattr(detail, "code", "") or "error", detail)


def _invalid(error: exceptions.ValidationError) -> dict[str, Any]:
    fields = _flat(error.detail)
    general = fields.pop(_NO_FIELD, [])
    if general:
        return _shape(getattr(general[0], "code", "invalid"), " ".join(general), fields)
    named = ", ".join(sorted(fields))
    return _shape("invalid", f"Some values are not valid: {named}.", fields)


def _flat(detail: Any, path: str = "") -> dict[str, list[Any]]:
    """Flatten nested errors by dotted path: {"faces": {0: ["x"]}} becomes {"faces.0": ["x"]}."""
    named: Iterable[tuple[Any, Any]]
    if isinstance(detail, dict):
        named = detail.items()
    elif isinstance(detail, list) and any(isinstance(part, dict | list) for part in detail):
        named = enumerate(detail)
    else:
        return {path or _NO_FIELD: list(detail) if isinstance(detail, list) else [detail]}
    flat: dict[str, list[Any]] = {}
    for name, part in named:
        below = path if name == _NO_FIELD and path else f"{path}.{name}".lstrip(".")
        flat |= _flat(part, below)
    return flat


def _shape(code: str, detail: Any, fields: dict[str, list[Any]] | None = None) -> dict[str, Any]:
    return {
        "code": code,
        "detail": _printable(detail),
        "fields": {
            _printable(name): [_printable(text) for text in texts]
            for name, texts in (fields or {}).items()
        },
    }


def _printable(text: Any) -> str:
    """Replace lone surrogates that somebody sent: they can't be echoed as UTF-8."""
    return str(text).encode("utf-8", "replace").decode("utf-8")
