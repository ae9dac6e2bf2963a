"""Errors of the client, and of the way between it and the server."""

from __future__ import annotations

from collections.abc import Mapping


class ClientError(Exception):
    """The base of the client's errors; the text is for people."""


class ConnectionLost(ClientError):
    """The server could not be reached, or its answer could not be read."""


class ApiError(ClientError):
    """The server refused: `code` is for programs, `fields` says what is wrong with which field."""

    def __init__(
        self, status: int, code: str, detail: str, fields: Mapping[str, list[str]] | None = None
    ) -> None:
        reasons = [f"{name}: {' '.join(texts)}" for name, texts in (fields or {}).items()]
        super().__init__(" ".join([detail, *reasons]))
        self.status = status
        self.code = code
        self.detail = detail
        self.fields = dict(fields or {})


class RunFailed(ClientError):
    """An import or export that failed or was cancelled."""
