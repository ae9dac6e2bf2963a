"""A request as WSGI (PEP 3333) has it, from ASGI's."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import unquote_to_bytes


def environ_of(scope: dict[str, Any]) -> dict[str, Any]:
    """Return WSGI's environ, still without a body.

    A header whose name has an underscore is left out: WSGI couldn't tell it from the one with a
    hyphen, which a proxy may have checked.
    """
    raw: bytes = scope.get("raw_path") or scope["path"].encode("utf-8")
    server, client = scope.get("server") or ("localhost", 80), scope.get("client")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(raw.partition(b"?")[0]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": str(client[0]) if client else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        _add(environ, name.decode("latin-1"), value.decode("latin-1"))
    return environ


def _add(environ: dict[str, Any], name: str, value: str) -> None:
    if "_" in name:
        return
    key = name.upper().replace("-", "_")
    if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
        key = f"HTTP_{key}"
    if key in environ:
        value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
    environ[key] = value


def request_line_bytes(scope: dict[str, Any]) -> int:
    """Return how long "GET /path?query HTTP/1.1" is as it was sent."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode("utf-8")
    query: bytes = scope["query_string"]
    return len(f"{scope['method']}  HTTP/1.1") + len(raw) + len(query) + bool(query)
