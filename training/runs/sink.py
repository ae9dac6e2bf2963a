"""A file that is sent while it is written."""

from __future__ import annotations


class Sink:
    """A file for writers that need no way back: what they wrote is taken out piece by piece."""

    closed = False

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep some bytes until they are taken."""
        self._waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: all is there already."""

    def close(self) -> None:
        """Do nothing: the last bytes are still to be taken."""

    def take(self) -> bytes:
        """Return what was written since this was last called."""
        taken, self._waiting = b"".join(self._waiting), []
        return taken
