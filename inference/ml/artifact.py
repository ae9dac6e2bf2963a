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

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from inference.ml.artifact_files import (
    MANIFEST,
    NETWORK,
    PROJECTION,
    READINGS,
    ArtifactError,
    amendments,
    sha256_of,
)
from inference.ml.precision import Precision
from inference.ml.predictions import Readings
from inference.ml.preprocessing import PREPROCESSING_VERSION
from inference.ml.projection import Projection

FORMAT_VERSION = 3
#: Where the manifest keeps the digest of each file that lies beside it.
_DIGESTS = {
    NETWORK: "network_sha256",
    READINGS: "readings_sha256",
    PROJECTION: "projection_sha256",
}


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
    #: The numbers in which its trunk was computed where it learnt (`precision.Precision`).
    precision: str = Precision.FP32
    #: Its trunk in int8 (`precision.Int8`); empty of older artefacts.
    int8: dict[str, Any] = field(default_factory=dict)
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
        save_network(partial / NETWORK)
        readings.save(partial / READINGS)
        if projection is not None:
            projection.save(partial / PROJECTION)
        kept = [NETWORK, READINGS] + [PROJECTION] * (projection is not None)
        digests = {_DIGESTS[name]: sha256_of(partial / name) for name in kept}
        content = manifest.to_json() | {"projection_sha256": ""} | digests
        text = json.dumps(content, indent=1, sort_keys=True)
        (partial / MANIFEST).write_text(text, encoding="utf-8")
        for name in (*kept, MANIFEST):
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
        text = (folder / MANIFEST).read_bytes()
        if registered and hashlib.sha256(text).hexdigest() != registered:
            raise ArtifactError(
                f"{folder.name}/{MANIFEST} isn't the one that was registered: the model was "
                "swapped or changed, and nothing is read by it. Take its folder from a backup, or "
                "train again."
            )
        content = json.loads(text)
        content["emotions"] = tuple(content["emotions"])
        content["action_units"] = tuple(content["action_units"])
        manifest = Manifest(**content)
    except FileNotFoundError:
        raise ArtifactError(f"{folder.name} holds no {MANIFEST}.") from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ArtifactError(f"{folder.name}/{MANIFEST} is malformed: {error}") from None
    _check(folder, manifest)
    return manifest


def network_path(folder: Path) -> Path:
    """Return the path of an artefact's network."""
    return folder / NETWORK


def load_readings(folder: Path) -> Readings:
    """Read the out-of-fold readings of the faces that an artefact's model was trained on."""
    return Readings.load(folder / READINGS)


def load_projection(folder: Path, manifest: Manifest) -> Projection | None:
    """Read what an artefact makes embeddings with; None where it keeps nothing for that."""
    return Projection.load(folder / PROJECTION) if manifest.projection_sha256 else None


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
        text = (folder / MANIFEST).read_bytes()
    except OSError as error:
        return f"{folder.name}/{MANIFEST} can't be read ({error.strerror})."
    if hashlib.sha256(text).hexdigest() != sha256:
        return f"{folder.name}/{MANIFEST} isn't the one that was registered."
    stated = json.loads(text)
    for name, digest in ((name, stated.get(key)) for name, key in _DIGESTS.items()):
        if digest and not (folder / name).is_file():
            return f"{folder.name} holds no {name}."
        if digest and sha256_of(folder / name) not in {digest, *amendments(folder, name)}:
            return f"{folder.name}/{name} was changed since it was trained."
    return ""


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
        if not digest and name == PROJECTION:
            continue
        if not (folder / name).is_file():
            raise ArtifactError(f"{folder.name} holds no {name}.")
        if sha256_of(folder / name) not in {digest, *amendments(folder, name)}:
            raise ArtifactError(f"{folder.name}/{name} was changed since it was trained.")
