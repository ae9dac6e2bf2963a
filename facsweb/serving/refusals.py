"""Answers to requests that are refused before all of them is read."""

from __future__ import annotations

import json
from html import escape
from typing import Any

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} · facsweb</title><h1>{title}</h1><p>{detail}</p></html>
"""
_TITLES = {
    413: "Too large",
    414: "Too long an address",
    429: "Too much for today",
    503: "Not now",
}


class Refusal(Exception):
    """An answer of its own: for programs the API's shape of an error, for people a plain page.

    Parameters
    ----------
    environ
        Of the request: its path says which of the two.
    status
        HTTP's.
    code
        The error's name, for programs.
    detail
        What is wrong and how to mend it, in a sentence or two.
    retry_after
        Seconds until it may be tried again; None says nothing of it.
    discarded
        Bytes of the rest to read and throw away, so that a program which reads no answer before
        it has sent everything hears this one.
    """

    def __init__(
        self,
        environ: dict[str, Any],
        status: int,
        code: str,
        detail: str,
        *,
        retry_after: int | None = None,
        discarded: int = 0,
    ) -> None:
        super().__init__(detail)
        self.status, self.discarded = status, discarded
        if environ["PATH_INFO"].startswith("/api/"):
            kind = "application/json"
            text = json.dumps({"code": code, "detail": detail, "fields": {}})
        else:
            kind = "text/html; charset=utf-8"
            text = _PAGE.format(title=_TITLES.get(status, "Refused"), detail=escape(detail))
        self.content = text.encode()
        self.headers = [
            (b"content-type", kind.encode()),
            (b"cache-control", b"private, no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"content-security-policy", b"default-src 'none'"),
            (b"connection", b"close"),
        ]
        if retry_after is not None:
            self.headers.append((b"retry-after", str(retry_after).encode()))


def too_long_a_line(environ: dict[str, Any], most: int) -> Refusal:
    """Return the refusal of an address that is too long."""
    return Refusal(
        environ, 414, "too_long", f"An address has at most {most:,} bytes. Ask for less at once."
    )
