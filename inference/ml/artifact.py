"""The artefact: one folder per model, with all that a prediction needs, never changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from inference.ml.predictions import Readings
from inference.ml.preprocessing import PREPROCESSING_VERSION
from inference.ml.projection import Projection

FORMAT_VERSION = 3
_MANIFEST, _NETWORK, _READINGS = "manifest.json", "network.keras", "out_of_fold.npz"
_PROJECTION = "projection.npz"
#: Digests of readings and projections that lost rows since; see `without_pictures`.
_AMENDED = "amended.json"
#: Arrays of these files that have a row for each picture.
_PER_PICTURE = ("sha256", "emotion", "units", "present", "fitted", "left_out")
#: Where the manifest keeps the digest of each file that lies beside it.
_DIGESTS = {
    _NETWORK: "network_sha256",
    _READINGS: "readings_sha256",
    _PROJECTION: "projection_sha256",
}


class ArtifactError(Exception):
    """The folder is not a complete artefact that this version can use."""


@dataclass(frozen=True)
class Manifest:
    """A model's description; classes and action units are in the order of the network's outputs."""

    input_size: int
    preprocessing_version: int
    trunk_fingerprint: str
    thresholds: dict[str, float]
    dataset_sha256: str
    seed: int
    config: dict[str, Any]
    metrics: dict[str, Any]
    libraries: dict[str, str]
    network_sha256: str = ""
    readings_sha256: str = ""
    #: Empty of artefacts from before projections, and of networks without one.
    projection_sha256: str = ""
    framing: str = "wide"
    #: The cutoffs of prediction sets (`prediction_sets.SetRule`); empty of older artefacts.
    sets: dict[str, Any] = field(default_factory=dict)
    emotions: tuple[str, ...] = EMOTIONS
    action_units: tuple[int, ...] = MODEL_ACTION_UNITS
    format_version: int = FORMAT_VERSION
    extra: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the manifest as plain dicts, lists, numbers and strings."""
        content: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return content


def write_artifact(
    models_root: Path,
    manifest: Manifest,
    save_network: Callable[[Path], None],
    readings: Readings,
    projection: Projection | None = None,
) -> tuple[Path, str]:
    """Write a new artefact folder.

    It is written beside its final place and renamed when complete, so that nobody ever sees half
    an artefact. The digest covers the manifest, which holds those of what lies beside it.

    Parameters
    ----------
    models_root
        The folder of all artefacts.
    manifest
        The model's description, still without digests.
    save_network
        Writes the network to the path that it is given.
    readings
        The model's readings of its training faces, out of fold.
    projection
        What embeddings of faces are made with; None keeps none.

    Returns
    -------
    Path, str
        The folder, named after the digest, and its sha256.
    """
    models_root.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=models_root))
    try:
        save_network(partial / _NETWORK)
        readings.save(partial / _READINGS)
        if projection is not None:
            projection.save(partial / _PROJECTION)
        kept = [_NETWORK, _READINGS] + [_PROJECTION] * (projection is not None)
        digests = {_DIGESTS[name]: _sha256(partial / name) for name in kept}
        content = manifest.to_json() | {"projection_sha256": ""} | digests
        text = json.dumps(content, indent=1, sort_keys=True)
        (partial / _MANIFEST).write_text(text, encoding="utf-8")
        for name in (*kept, _MANIFEST):
            with (partial / name).open("rb") as stream:
                os.fsync(stream.fileno())
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        folder = models_root / sha256[:12]
        if folder.exists():  # the same training again
            shutil.rmtree(partial)
        else:
            partial.rename(folder)
        return folder, sha256
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def load_manifest(folder: Path, registered: str = "") -> Manifest:
    """Read and check an artefact's manifest, and the digests of what lies beside it.

    Parameters
    ----------
    folder
        The artefact.
    registered
        The digest that the registry has of the manifest: by it, files that were swapped together
        with the manifest are noticed. Empty where none is registered yet.

    Raises
    ------
    ArtifactError
        The artefact is incomplete, was changed, or has another format, preprocessing or order of
        outputs.
    """
    try:
        text = (folder / _MANIFEST).read_bytes()
        if registered and hashlib.sha256(text).hexdigest() != registered:
            raise ArtifactError(
                f"{folder.name}/{_MANIFEST} isn't the one that was registered: the model was "
                "swapped or changed, and nothing is read by it. Take its folder from a backup, or "
                "train again."
            )
        content = json.loads(text)
        content["emotions"] = tuple(content["emotions"])
        content["action_units"] = tuple(content["action_units"])
        manifest = Manifest(**content)
    except FileNotFoundError:
        raise ArtifactError(f"{folder.name} holds no {_MANIFEST}.") from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ArtifactError(f"{folder.name}/{_MANIFEST} is malformed: {error}") from None
    _check(folder, manifest)
    return manifest


def network_path(folder: Path) -> Path:
    """Return the path of an artefact's network."""
    return folder / _NETWORK


def load_readings(folder: Path) -> Readings:
    """Read the out-of-fold readings of the faces that an artefact's model was trained on."""
    return Readings.load(folder / _READINGS)


def load_projection(folder: Path, manifest: Manifest) -> Projection | None:
    """Read what an artefact makes embeddings with; None where it keeps nothing for that."""
    return Projection.load(folder / _PROJECTION) if manifest.projection_sha256 else None


def damage(folder: Path, sha256: str) -> str:
    """Return what of an artefact is missing or was changed, in words; empty if nothing is.

    Parameters
    ----------
    folder
        The artefact, of this or an older format.
    sha256
        The digest that the registry has of its manifest.
    """
    try:
        text = (folder / _MANIFEST).read_bytes()
    except OSError as error:
        return f"{folder.name}/{_MANIFEST} can't be read ({error.strerror})."
    if hashlib.sha256(text).hexdigest() != sha256:
        return f"{folder.name}/{_MANIFEST} isn't the one that was registered."
    stated = json.loads(text)
    for name, digest in ((name, stated.get(key)) for name, key in _DIGESTS.items()):
        if digest and not (folder / name).is_file():
            return f"{folder.name} holds no {name}."
        if digest and _sha256(folder / name) not in {digest, *_amendments(folder, name)}:
            return f"{folder.name}/{name} was changed since it was trained."
    return ""


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
    for name, digests in ((_READINGS, "sha256"), (_PROJECTION, "fitted")):
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
    for name, digests in ((_READINGS, "sha256"), (_PROJECTION, "fitted")):
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
    amended[name] = [*amended.get(name, [])[-1:], _sha256(partial)]
    written = folder / f"{_AMENDED}.{os.getpid()}.part"
    written.write_text(json.dumps(amended, indent=1, sort_keys=True), encoding="utf-8")
    written.replace(folder / _AMENDED)
    partial.replace(folder / name)


def _amended(folder: Path) -> dict[str, list[str]]:
    try:
        found: dict[str, list[str]] = json.loads((folder / _AMENDED).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{folder.name}/{_AMENDED} is malformed: {error}") from None
    return found


def _amendments(folder: Path, name: str) -> list[str]:
    """Return further digests that a file may have; a network never has any."""
    return [] if name == _NETWORK else _amended(folder).get(name, [])


def _as_text(digest: Any) -> str:
    return digest.decode("ascii") if isinstance(digest, bytes) else str(digest)


def _check(folder: Path, manifest: Manifest) -> None:
    if manifest.format_version != FORMAT_VERSION:
        raise ArtifactError(
            f"{folder.name} has format {manifest.format_version}; this version of facsweb reads "
            f"{FORMAT_VERSION}. Retrain."
        )
    if manifest.preprocessing_version != PREPROCESSING_VERSION:
        raise ArtifactError(
            f"{folder.name} learnt from faces found and cropped by version "
            f"{manifest.preprocessing_version} of the preprocessing, and would misread those of "
            f"version {PREPROCESSING_VERSION}, which this version of facsweb has. Train again."
        )
    if manifest.emotions != EMOTIONS or manifest.action_units != MODEL_ACTION_UNITS:
        raise ArtifactError(
            f"{folder.name} was trained with another order of classes or action units: "
            f"{manifest.emotions}, {manifest.action_units}."
        )
    for name, field_name in _DIGESTS.items():
        digest = getattr(manifest, field_name)
        if not digest and name == _PROJECTION:
            continue
        if not (folder / name).is_file():
            raise ArtifactError(f"{folder.name} holds no {name}.")
        if _sha256(folder / name) not in {digest, *_amendments(folder, name)}:
            raise ArtifactError(f"{folder.name}/{name} was changed since it was trained.")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
