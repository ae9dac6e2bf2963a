"""Requests to one server and no other, retried where that can help."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import httpx

from facsweb.client.errors import ApiError, ClientError, ConnectionLost

_LOCAL = {"localhost", "127.0.0.1", "::1"}
_TRIES = 6
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0
_TIMEOUT = httpx.Timeout(10, read=300, write=300)
_AGAIN = {502, 503, 504}


class Transport:
    """Requests with a token, which is sent to `url`'s origin only: no redirect is followed."""

    def __init__(self, url: str, token: str, *, insecure: bool = False) -> None:
        base = httpx.URL(url.rstrip("/") + "/")
        if base.scheme not in {"http", "https"} or not base.host:
            raise ClientError(f"{url!r} is no address; write one such as http://localhost:8000.")
        if base.scheme == "http" and base.host not in _LOCAL and not insecure:
            raise ClientError(
                f"{url} would send the token unencrypted. Use https://, or allow it (--insecure)."
            )
        self._base = base.join("api/v1/")
        headers = {"Authorization": f"Token {token}"} if token else {}
        self._http = httpx.Client(headers=headers, timeout=_TIMEOUT, follow_redirects=False)

    def close(self) -> None:
        self._http.close()

    def json(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        answer = self.request(method, path, **options)
        try:
            told = answer.json()
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise ConnectionLost(f"{self._base} answered something that isn't the API's JSON.")
        return told

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        url = self._own(path)
        for attempt in range(1, _TRIES + 1):
            _rewind(options)
            try:
                answer = self._http.request(method, url, **options)
            except httpx.TransportError as error:
                if attempt == _TRIES:
                    raise ConnectionLost(f"{self._base} can't be reached: {error}") from None
                _wait(attempt, None)
                continue
            if answer.status_code in _AGAIN | {429} and attempt < _TRIES:
                _wait(attempt, answer.headers.get("Retry-After"))
                continue
            return _checked(answer)
        raise AssertionError("the last try answers or raises")

    @contextmanager
    def stream(self, path: str) -> Iterator[httpx.Response]:
        """Yield an answer that is read piece by piece."""
        try:
            with self._http.stream("GET", self._own(path)) as answer:
                if answer.status_code != 200:
                    answer.read()
                yield _checked(answer)
        except httpx.TransportError as error:
            raise ConnectionLost(f"The download broke off: {error}") from None

    def _own(self, path: str) -> httpx.URL:
        """Return the address of `path` on our server.

        A page's `next` is a whole address, and must be on our server too. Raises ClientError.
        """
        url = self._base.join(path)
        if _origin(url) != _origin(self._base):
            raise ClientError(f"The server pointed elsewhere ({url.host}); not followed.")
        return url


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _rewind(options: dict[str, Any]) -> None:
    """Rewind files that a failed try has read: they must be sent from their beginning."""
    for _, part in options.get("files", ()):
        content: bytes | BinaryIO = part[1]
        if not isinstance(content, bytes):
            content.seek(0)


def _wait(attempt: int, retry_after: str | None) -> None:
    draw = random.random()  # noqa: S311 - spreads clients out, no secret
    wait = min(_FIRST_WAIT * 2 ** (attempt - 1), _LONGEST_WAIT) * (0.5 + draw / 2)
    if retry_after and retry_after.isdecimal():
        wait = min(float(retry_after), _LONGEST_WAIT) + draw / 2
    time.sleep(wait)


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        told = answer.json()
        raise ApiError(answer.status_code, told["code"], told["detail"], told.get("fields"))
    except (ValueError, KeyError, TypeError):
        text = f"The server answered {answer.status_code}; is the address right?"
        raise ApiError(answer.status_code, "unknown", text) from None
