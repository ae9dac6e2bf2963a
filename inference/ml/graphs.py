"""The graphs of a model for the light runtime, beside the Keras network that they were made of.

They lie in the folder `graphs` of an artefact: trunk, heads, and the expression prior where the
model asks it; `graphs.json` says what they were made of and their digests. Its own digest, as it
was when the version was registered, is kept by the registry; a machine with another runtime makes
its own. The trunk in int8 is made of that in fp32 each time that it is loaded, which takes a tenth
of a second.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inference.ml.artifact_files import (
    GRAPHS,
    GRAPHS_STATED,
    ArtifactError,
    graphs_digest,
    sha256_of,
)
from inference.ml.framing import PRIOR_SIZE
from inference.ml.precision import Precision, Range
from inference.ml.prior_weights import PRIOR_SHA256
from inference.ml.quantise import quantised
from inference.ml.runtime import Heads, Light, read_graph, runtime_version

TRUNK, HEADS, PRIOR = "trunk", "heads", "prior"
#: How far answers may be from Keras's: of the largest feature, and of a probability.
CLOSE = 1e-3
_PARTIAL = f".{GRAPHS}-"


@dataclass(frozen=True)
class Graphs:
    """The graphs of one artefact, whose files are what they are said to be.

    Attributes
    ----------
    folder
        Where they lie.
    sha256
        The digest of `graphs.json`.
    widths, size
        The trunk's taps (`trunk.tap_widths`), in the order of its output, and its pictures' side in
        pixels.
    """

    folder: Path
    sha256: str
    widths: dict[str, int]
    size: int

    def trunk(
        self, ranges: Sequence[Range] = (), *, precision: Precision = Precision.FP32
    ) -> Light:
        """Load the trunk; where the ranges of its activations are given, in int8."""
        graph = read_graph(self.path(TRUNK))
        if ranges:
            graph = quantised(graph, ranges)
        return Light(graph, (self.size, self.size, 3), self.widths, precision)

    def heads(self) -> Heads:
        """Load the heads."""
        return Heads(self.path(HEADS))

    def prior(self) -> Light:
        """Load the expression prior within the model."""
        return Light(self.path(PRIOR), (PRIOR_SIZE, PRIOR_SIZE, 1))

    def path(self, name: str) -> Path:
        """Return the file of a graph by its name."""
        return self.folder / f"{name}.xml"


def load_graphs(artifact: Path, network_sha256: str) -> Graphs | None:
    """Find the graphs of an artefact, and check every file's digest.

    Parameters
    ----------
    artifact
        The artefact's folder.
    network_sha256
        The digest of the network that they must have been made of.

    Returns
    -------
    Graphs or None
        None where there are none, or they are of another network, runtime or form.

    Raises
    ------
    ArtifactError
        Files were changed or are gone.
    """
    folder = artifact / GRAPHS
    try:
        text = (folder / GRAPHS_STATED).read_bytes()
    except FileNotFoundError:
        return None
    stated = json.loads(text)
    if (stated["network_sha256"], stated["runtime"]) != (network_sha256, runtime_version()):
        return None
    if "taps" not in stated:  # by a version that lost their order
        return None
    _check_files(folder, stated["files"])
    sha256 = hashlib.sha256(text).hexdigest()
    return Graphs(folder, sha256, dict(stated["taps"]), stated["size"])


def damage_to_graphs(artifact: Path, registered: str) -> str:
    """Return what isn't as it was when an artefact was registered with graphs, in words.

    Parameters
    ----------
    artifact
        The artefact's folder.
    registered
        The digest that the registry has of what they are stated to be.
    """
    folder = artifact / GRAPHS
    if graphs_digest(artifact) != registered:
        return f"{artifact.name}/{GRAPHS}/{GRAPHS_STATED} isn't the one that was registered."
    try:
        _check_files(folder, json.loads((folder / GRAPHS_STATED).read_bytes())["files"])
    except ArtifactError as error:
        return str(error)
    return ""


def _check_files(folder: Path, files: Mapping[str, str]) -> None:
    for name, digest in files.items():
        if not (folder / name).is_file() or sha256_of(folder / name) != digest:
            raise ArtifactError(
                f"{folder.parent.name}/{GRAPHS}/{name} is gone or was changed since it was made. "
                "Delete the folder: the graphs are made anew of the network."
            )


def prior_graph(weights: Path) -> Path:
    """Return where the graph of the expression prior lies, beside its weights."""
    return weights.with_name(f"{PRIOR}-{PRIOR_SHA256[:12]}.xml")


def write_graphs(artifact: Path, network: Any, network_sha256: str) -> str:
    """Turn a Keras network into graphs, check that they answer as it does, and write them.

    Parameters
    ----------
    artifact
        The folder beside whose manifest they come to lie.
    network
        As `training.ml.heads.join` joins it: with layers `trunk`, `heads` and perhaps `prior`.
    network_sha256
        The digest of its file.

    Returns
    -------
    str
        The digest of `graphs.json`.

    Raises
    ------
    ArtifactError
        A graph doesn't say what Keras says.
    """
    import openvino  # late: only here is it needed whole

    from inference.ml.conversion import converted  # late: it is for processes with TensorFlow
    from inference.ml.trunk import tap_widths

    parts = [name for name in (TRUNK, HEADS, PRIOR) if _has(network, name)]
    partial = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=artifact))
    try:
        for name in parts:
            graph = converted(network.get_layer(name))
            openvino.save_model(graph, partial / f"{name}.xml", compress_to_fp16=False)
        trunk = network.get_layer(TRUNK)
        stated: dict[str, Any] = {
            "network_sha256": network_sha256,
            "runtime": runtime_version(),
            "size": int(trunk.input_shape[1]),
            "taps": [*tap_widths(trunk).items()],  # a list, as names are sorted when written
            "files": _digests(partial, parts),
        }
        text = json.dumps(stated, indent=1, sort_keys=True)
        graphs = Graphs(partial, "", tap_widths(trunk), stated["size"])
        _check_answers(network, graphs)
        (partial / GRAPHS_STATED).write_text(text, encoding="utf-8")
        folder = artifact / GRAPHS
        shutil.rmtree(folder, ignore_errors=True)
        partial.chmod(artifact.stat().st_mode)
        with contextlib.suppress(OSError):  # another process was quicker: they say the same
            partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return hashlib.sha256(text.encode()).hexdigest()


def copy_graphs(source: Path, target: Path) -> None:
    """Give an artefact the graphs of another that has the same network, unless it has some."""
    if not (source / GRAPHS).is_dir() or (target / GRAPHS).exists():
        return
    partial = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=target))
    try:
        shutil.copytree(source / GRAPHS, partial, dirs_exist_ok=True)
        partial.rename(target / GRAPHS)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _digests(folder: Path, names: list[str]) -> dict[str, str]:
    files = [f"{name}{end}" for name in names for end in (".xml", ".bin")]
    return {name: sha256_of(folder / name) for name in files}


def _has(network: Any, name: str) -> bool:
    return any(layer.name == name for layer in network.layers)


def _check_answers(network: Any, graphs: Graphs) -> None:
    """Ask Keras and the graphs about noise. Raises ArtifactError where they differ."""
    draw = np.random.default_rng(0)
    images = draw.uniform(-120, 130, (2, graphs.size, graphs.size, 3)).astype(np.float32)
    theirs = network.get_layer(TRUNK).predict_on_batch(images)
    seen = graphs.trunk().predict_on_batch(images)
    if np.abs(seen - theirs).max() > CLOSE * np.abs(theirs).max():
        raise ArtifactError("The trunk's graph doesn't say what the network says.")
    heads, light = network.get_layer(HEADS), graphs.heads()
    given = {
        name: draw.uniform(0, 1, (3, *tensor.shape[1:])).astype(np.float32)
        for name, tensor in heads.input.items()
    }
    expected = heads(given, training=False)
    for name, answer in light(given).items():
        if np.abs(answer - np.asarray(expected[name])).max() > CLOSE:
            raise ArtifactError(f"The heads' graph doesn't say what the network says of {name}.")
