"""Between an event loop, which holds every connection, and threads, which never wait for one.

The server (granian) speaks ASGI with us; the product is WSGI. A thread gets a request when all of
it is there, and is free again when all of the answer is: a client that is slow or silent costs a
socket and no thread. Why: docs/decisions/0008-server.md.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from facsweb.monitoring.counters import REFUSED
from facsweb.serving.bodies import IN_MEMORY, SILENCE, Body, Gone, Receive
from facsweb.serving.environ import environ_of, request_line_bytes
from facsweb.serving.refusals import Refusal, too_long_a_line

logger = logging.getLogger(__name__)

Environ = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
#: Tells how many bytes who asks may send there; it raises Refusal if not even what they announce.
MaySend = Callable[[Environ, int], int]

#: Bytes that anybody may send, and the seconds that they may take.
SMALL, SECONDS_FOR_SMALL = 1024 * 1024, 120
#: The most bytes of "GET /path?query HTTP/1.1".
LONGEST_REQUEST_LINE = 8190
_CHUNK = 256 * 1024


@dataclass
class Answer:
    """An answer that is all there: as bytes in memory or as a file, from where it stands."""

    status: int
    headers: list[tuple[bytes, bytes]]
    content: IO[bytes]


class _SentFile:
    """A file wrapper, as WSGI calls it: a thread hands the file on instead of reading it."""

    def __init__(self, file: IO[bytes], block_size: int = 8192) -> None:
        self.file = file
        self.close = getattr(file, "close", lambda: None)

    def __iter__(self) -> Iterable[bytes]:
        return iter(partial(self.file.read, _CHUNK), b"")


class Bridge:
    """An ASGI application that has a WSGI application answer.

    Parameters
    ----------
    application
        WSGI's.
    may_send
        Asked, in a thread, before more than SMALL bytes of a body are taken.
    folder
        Where large bodies and answers lie while they are on their way.
    threads
        How many requests the application works on at once.
    """

    def __init__(
        self, application: Callable[..., Any], may_send: MaySend, *, folder: Path, threads: int
    ) -> None:
        self._application, self._may_send, self._folder = application, may_send, folder
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="answers")
        self._disk = ThreadPoolExecutor(2, thread_name_prefix="disk")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(f"No {scope['type']} is spoken here.")
        body = Body(receive, self._folder, self._disk)
        try:
            environ = environ_of(scope)
            if request_line_bytes(scope) > LONGEST_REQUEST_LINE:
                raise too_long_a_line(environ, LONGEST_REQUEST_LINE)
            await self._receive(body, environ)
            answer = await self._in_thread(self._ask, environ, body)
            await self._send(answer, send, silent=scope["method"] == "HEAD")
        except Refusal as refusal:
            await self._refuse(refusal, body, send)
        except Gone:
            return  # the server closes the connection, as there is no answer
        finally:
            body.close()

    async def _receive(self, body: Body, environ: Environ) -> None:
        announced = environ.get("CONTENT_LENGTH") or "0"
        if announced == "0" and "HTTP_TRANSFER_ENCODING" not in environ:
            return
        length = int(announced) if announced.isascii() and announced.isdecimal() else 0
        if length <= SMALL:
            await body.take(SMALL, SECONDS_FOR_SMALL)
        if not body.ended:
            most = await self._in_thread(self._may_send, environ, max(length, body.size))
            await body.take(most)
            if not body.ended or body.size > most:
                await self._in_thread(self._may_send, environ, body.size)
        environ["CONTENT_LENGTH"] = str(body.size)

    def _ask(self, environ: Environ, body: Body) -> Answer:
        """Have the application answer, and take all of its answer."""
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            started.append((status, headers))

        environ |= {"wsgi.input": body.file(), "wsgi.file_wrapper": _SentFile}
        result = self._application(environ, start_response)
        try:
            content = _own(result.file) if isinstance(result, _SentFile) else None
            if content is None:
                content = self._gathered(result)
        finally:
            if hasattr(result, "close"):
                result.close()
        status, headers = started[-1]
        return Answer(int(status[:3]), [_header(*each) for each in headers], content)

    def _gathered(self, parts: Iterable[bytes]) -> IO[bytes]:
        file = tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(self._folder))  # noqa: SIM115 - _send does
        for part in parts:
            file.write(part)
        file.seek(0)
        return cast("IO[bytes]", file)  # it is one in all but name

    async def _send(self, answer: Answer, send: Send, *, silent: bool) -> None:
        with answer.content as content:
            start = {"type": "http.response.start", "status": answer.status}
            await send(start | {"headers": answer.headers})
            while not silent and (chunk := await self._chunk(content)):
                more = {"type": "http.response.body", "body": chunk, "more_body": True}
                try:
                    async with asyncio.timeout(SILENCE):
                        await send(more)
                except TimeoutError:
                    raise Gone from None
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _chunk(self, content: IO[bytes]) -> bytes:
        if isinstance(content, io.BytesIO) or not getattr(content, "_rolled", True):
            return content.read(_CHUNK)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._disk, content.read, _CHUNK)

    async def _refuse(self, refusal: Refusal, body: Body, send: Send) -> None:
        REFUSED.labels(refusal.status).inc()
        logger.warning("refused unread: %s %s", refusal.status, refusal)
        text = refusal.content
        headers = [*refusal.headers, (b"content-length", str(len(text)).encode())]
        start = {"type": "http.response.start", "status": refusal.status, "headers": headers}
        await send(start)
        # A program that sends all before it reads hears of a broken pipe, instead of why, if the
        # server closes before: it does so with the last byte.
        kept = 1 if refusal.discarded else 0
        first, last = text[: len(text) - kept], text[len(text) - kept :]
        await send({"type": "http.response.body", "body": first, "more_body": True})
        await body.discard(refusal.discarded)
        await send({"type": "http.response.body", "body": last, "more_body": False})

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(function, *arguments))


def _own(file: Any) -> IO[bytes] | None:
    """Return the same open file, to be closed by itself; None of what is no file of the system."""
    try:
        return os.fdopen(os.dup(file.fileno()), "rb", buffering=0)
    except (AttributeError, OSError):
        return None


def _header(name: str, value: str) -> tuple[bytes, bytes]:
    return name.lower().encode("latin-1"), value.strip().encode("latin-1")
