"""What can go wrong between here and there."""

from __future__ import annotations

from collections.abc import Mapping


class ClientError(Exception):
    """Base; the text is for people."""


class ConnectionLost(ClientError):
    """The server could not be reached, or its answer could not be read."""


class ApiError(ClientError):
    """The server refused: `code` for programs, `fields` says what is wrong with which."""

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
    """An import or export ended otherwise than it should."""
