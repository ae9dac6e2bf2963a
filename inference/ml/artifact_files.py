"""The files beside an artefact's manifest, and taking pictures out of them again.

The network stays for ever as it was. Readings and the projection have a row for each picture; those
of people who withdrew go, and what such a file is then stands in `amended.json`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MANIFEST, NETWORK, READINGS = "manifest.json", "network.keras", "out_of_fold.npz"
PROJECTION = "projection.npz"
#: Digests of readings and projections that lost rows since; see `without_pictures`.
AMENDED = "amended.json"
#: The folder of graphs within an artefact, and the file there that states their digests.
GRAPHS, GRAPHS_STATED = "graphs", "graphs.json"
#: Arrays of these files that have a row for each picture.
_PER_PICTURE = ("sha256", "emotion", "units", "present", "fitted", "left_out")


class ArtifactError(Exception):
    """The folder is not a complete artefact that this version can use."""


def without_pictures(folder: Path, is_gone: Callable[[str], bool]) -> int:
    """Take pictures out of the readings and the projection that lie beside an artefact's network.

    The manifest, and with it the artefact's digest and name, stays as it was: the network is the
    same. What the files are now stands in `amended.json`; `load_manifest` accepts either. Each
    file is replaced at once, and that it may be so is written first, so it can be done again after
    being broken off anywhere.

    Parameters
    ----------
    folder
        The artefact.
    is_gone
        Tells of a picture's sha256 whether it is to go.

    Returns
    -------
    int
        The rows that went; one picture may have one in each file.
    """
    removed = 0
    for name, digests in ((READINGS, "sha256"), (PROJECTION, "fitted")):
        if not (folder / name).is_file():
            continue
        with np.load(folder / name, allow_pickle=False) as stored:
            arrays = {each: stored[each] for each in stored.files}
        rows = arrays[digests]
        kept = np.array([not is_gone(_as_text(each)) for each in rows], dtype=bool)
        if kept.all():
            continue
        per_row = {each for each in _PER_PICTURE if each in arrays}
        left = {each: a[kept] if each in per_row else a for each, a in arrays.items()}
        _replace_file(folder, name, left)
        removed += int((~kept).sum())
    return removed


def pictures_of(folder: Path) -> set[str]:
    """Return the sha256 of each picture that an artefact's files name; {} where they are gone."""
    found: set[str] = set()
    for name, digests in ((READINGS, "sha256"), (PROJECTION, "fitted")):
        if (folder / name).is_file():
            with np.load(folder / name, allow_pickle=False) as stored:
                found |= {_as_text(each) for each in stored[digests]}
    return found


def _replace_file(folder: Path, name: str, arrays: dict[str, NDArray[Any]]) -> None:
    partial = folder / f"{name}.{os.getpid()}.part"
    with partial.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)
        stream.flush()
        os.fsync(stream.fileno())
    amended = _amended(folder)
    amended[name] = [*amended.get(name, [])[-1:], sha256_of(partial)]
    written = folder / f"{AMENDED}.{os.getpid()}.part"
    written.write_text(json.dumps(amended, indent=1, sort_keys=True), encoding="utf-8")
    written.replace(folder / AMENDED)
    partial.replace(folder / name)


def _amended(folder: Path) -> dict[str, list[str]]:
    try:
        found: dict[str, list[str]] = json.loads((folder / AMENDED).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{folder.name}/{AMENDED} is malformed: {error}") from None
    return found


def amendments(folder: Path, name: str) -> list[str]:
    """Return further digests that a file may have; a network never has any."""
    return [] if name == NETWORK else _amended(folder).get(name, [])


def graphs_digest(folder: Path) -> str:
    """Return the digest of what an artefact's graphs are stated to be; empty where it has none."""
    stated = folder / GRAPHS / GRAPHS_STATED
    return sha256_of(stated) if stated.is_file() else ""


def _as_text(digest: Any) -> str:
    return digest.decode("ascii") if isinstance(digest, bytes) else str(digest)


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
