"""The parts that a training has fitted so far, so that it can resume if its worker dies.

Each fold's heads are kept when they are done. They depend on the data, the configuration and the
fold's own seed alone, so a resumed training ends with the weights of an unbroken one, and so does
one whose folds are fitted by several workers (`SharedFits`).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
from numpy.typing import NDArray

#: How long what cancelled or never resumed trainings left is kept.
KEPT = timedelta(days=7)

Weights = list[NDArray[np.float32]]
History = dict[str, list[float]]


class SharedFits(Protocol):
    """The parts of one training among the workers that fit them: who has which, and what came out.

    A claim saves work and guards nothing, as whoever fits a part comes to the same.
    """

    def ask(self) -> None:
        """Ask workers that have nothing to do for help."""

    def take(self, name: str) -> bool:
        """Claim a part; False where another worker has it."""

    def is_taken(self, name: str) -> bool:
        """Tell whether another worker has a part, and is still there."""

    def release(self, name: str) -> None:
        """Give a claim back: the part is kept, or for others to fit."""

    def get(self, name: str) -> bytes | None:
        """Return the file of a part that another machine kept."""

    def put(self, name: str, data: bytes) -> None:
        """Keep the file of a part for other machines."""

    def clear(self) -> None:
        """Remove what was kept for other machines."""


#: Returns what is shared of the training whose `Checkpoints.name` is given.
Share = Callable[[str], SharedFits | None]


@dataclass(frozen=True)
class Keeping:
    """A place where a training keeps its finished parts.

    Parameters
    ----------
    root
        A folder of this machine, below which each training has one.
    share
        Returns what is shared with other workers.
    """

    root: Path | None = None
    share: Share | None = None


NOWHERE = Keeping()


class Checkpoints:
    """Weights and losses of finished parts, in a folder of the training's own.

    Parameters
    ----------
    keeping
        Where they are kept.
    parts
        All that the result depends on; another training has another folder.

    Attributes
    ----------
    name
        A digest of `parts`.
    shared
        What is shared with other workers; None where nothing is.
    """

    def __init__(self, keeping: Keeping, *parts: Any) -> None:
        digest = hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode())
        self.name = digest.hexdigest()[:16]
        self.folder = keeping.root / self.name if keeping.root else None
        self.shared = keeping.share(self.name) if keeping.share else None

    def load(self, name: str) -> tuple[Weights, History] | None:
        """Return a part's weights, and its history by epoch; None where they are not complete.

        Parameters
        ----------
        name
            The part's name, as it was saved.
        """
        kept = _read(self.folder / f"{name}.npz") if self.folder else None
        if kept is None and self.shared:
            data = self.shared.get(name)
            kept = None if data is None else _read(BytesIO(data))
        return kept

    def save(self, name: str, weights: Weights, history: History) -> None:
        """Keep a finished part.

        Parameters
        ----------
        name
            The part's name, unique within the training.
        weights, history
            The weights of its network, and its losses by epoch.
        """
        arrays: dict[str, Any] = {f"w{index}": array for index, array in enumerate(weights)}
        file = BytesIO()
        np.savez(file, history=np.array(json.dumps(history)), **arrays)
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            partial = self.folder / f"{name}.{os.getpid()}.part"
            partial.write_bytes(file.getbuffer())
            partial.replace(self.folder / f"{name}.npz")
        if self.shared:
            self.shared.put(name, file.getvalue())

    @staticmethod
    def forget_old(root: Path | None) -> None:
        """Remove what cancelled or never resumed trainings left, when it is older than `KEPT`."""
        for folder in root.iterdir() if root and root.is_dir() else ():
            if time.time() - folder.stat().st_mtime > KEPT.total_seconds():
                shutil.rmtree(folder, ignore_errors=True)

    @staticmethod
    def forget_all(root: Path | None) -> int:
        """Remove what every training keeps, and return of how many; none may be under way."""
        folders = [*root.iterdir()] if root and root.is_dir() else []
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        return len(folders)

    def clear(self) -> None:
        """Remove what was kept, once the training is done."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
        if self.shared:
            self.shared.clear()


def _read(file: Path | IO[bytes]) -> tuple[Weights, History] | None:
    try:
        with np.load(file, allow_pickle=False) as stored:
            history = json.loads(str(stored["history"]))
            return [stored[f"w{i}"] for i in range(len(stored.files) - 1)], history
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None
