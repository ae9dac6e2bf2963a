"""The parts that a training has fitted so far, so that it can resume if its worker dies.

Each fold's heads are kept when they are done. They depend on the data, the configuration and the
fold's own seed alone, so a resumed training ends with the weights of an unbroken one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_KEPT_SECONDS = 7 * 24 * 3600

Weights = list[NDArray[np.float32]]


class Checkpoints:
    """Weights and losses of finished parts, in a folder of the training's own.

    Parameters
    ----------
    root
        Where trainings keep their folders; None keeps nothing.
    parts
        All that the result depends on; another training has another folder.
    """

    def __init__(self, root: Path | None, *parts: Any) -> None:
        digest = hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode())
        self.folder = root / digest.hexdigest()[:16] if root else None

    def load(self, name: str) -> tuple[Weights, dict[str, list[float]]] | None:
        """Return a part's weights, and its history by epoch; None where they are not complete.

        Parameters
        ----------
        name
            The part's name, as it was saved.
        """
        if self.folder is None:
            return None
        try:
            with np.load(self.folder / f"{name}.npz", allow_pickle=False) as stored:
                history = json.loads(str(stored["history"]))
                return [stored[f"w{i}"] for i in range(len(stored.files) - 1)], history
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
            return None

    def save(self, name: str, weights: Weights, history: dict[str, list[float]]) -> None:
        """Keep a finished part.

        Parameters
        ----------
        name
            The part's name, unique within the training.
        weights, history
            The weights of its network, and its losses by epoch.
        """
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f"{name}.{os.getpid()}.part"
        arrays: dict[str, Any] = {f"w{index}": array for index, array in enumerate(weights)}
        with partial.open("wb") as stream:
            np.savez(stream, history=np.array(json.dumps(history)), **arrays)
        partial.replace(self.folder / f"{name}.npz")

    @staticmethod
    def forget_old(root: Path | None) -> None:
        """Remove what cancelled or never resumed trainings left, when it is a week old."""
        for folder in root.iterdir() if root and root.is_dir() else ():
            if time.time() - folder.stat().st_mtime > _KEPT_SECONDS:
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
