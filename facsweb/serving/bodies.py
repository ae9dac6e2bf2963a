"""Taking a request's body from the event loop, so that no thread ever waits for who sends it."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import IO, Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
#: Bytes of one body in memory; the rest goes to a file without a name: no crash leaves it behind.
IN_MEMORY = 256 * 1024
#: Seconds without a byte, after which who sends has gone.
SILENCE = 60
#: Bytes of any refused body that are read and thrown away, and the seconds that this may take.
DISCARDED, SECONDS_DISCARDING = 8 * 1024 * 1024, 60
#: Who sends nothing for so long has stopped, and reads the answer.
SILENCE_DISCARDING = 1


class Gone(Exception):
    """The end of a client that has hung up, or has been silent for too long."""


class Body:
    """A body on its way: `size` bytes have come, and `ended` tells whether that is all."""

    def __init__(self, receive: Receive, folder: Path, disk: Executor) -> None:
        self.size = 0
        self.ended = False
        self._receive, self._folder, self._disk = receive, folder, disk
        self._file: IO[bytes] | None = None
        self._parts: list[bytes] = []
        self._unwritten = 0

    async def take(self, most: int, seconds: float | None = None) -> None:
        """Take what comes until the end, or until there is more than `most` bytes.

        Parameters
        ----------
        most
            Bytes in all, with what was taken before.
        seconds
            That this may take; None asks only that there is never silence.

        Raises
        ------
        Gone
        """
        try:
            async with asyncio.timeout(seconds):
                while not self.ended and self.size <= most:
                    await self._keep(await self._next())
        except TimeoutError:
            raise Gone from None

    async def discard(self, most: int) -> None:
        """Read up to `most` bytes of what is still to come, or DISCARDED, and throw them away."""
        self._parts, left = [], max(most, DISCARDED)
        try:
            async with asyncio.timeout(SECONDS_DISCARDING):
                while not self.ended and left > 0:
                    left -= len(await self._next(SILENCE_DISCARDING))
        except (TimeoutError, Gone):
            return

    def file(self) -> IO[bytes]:
        """Return what came, to be read from its beginning."""
        if self._file is None:
            return io.BytesIO(b"".join(self._parts))
        self._write()
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Give up what came."""
        if self._file is not None:
            self._file.close()

    async def _next(self, seconds: float = SILENCE) -> bytes:
        async with asyncio.timeout(seconds):
            message = await self._receive()
        if message["type"] == "http.disconnect":
            raise Gone
        self.ended = not message.get("more_body", False)
        part: bytes = message.get("body", b"")
        return part

    async def _keep(self, part: bytes) -> None:
        self.size += len(part)
        self._parts.append(part)
        self._unwritten += len(part)
        if self._unwritten > IN_MEMORY:
            await asyncio.get_running_loop().run_in_executor(self._disk, self._write)

    def _write(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - `close` does
        self._file.write(b"".join(self._parts))
        self._parts, self._unwritten = [], 0
