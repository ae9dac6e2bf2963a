"""Program that makes graphs for the light runtime: `python -m inference.ml.make_graphs PATH`.

It loads TensorFlow, so processes that predict run it as a child.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from inference.ml.artifact import load_manifest, network_path
from inference.ml.artifact_files import ArtifactError
from inference.ml.conversion import converted
from inference.ml.expression_prior import build_prior
from inference.ml.graphs import prior_graph, write_graphs


def main(path: Path) -> None:
    """Make the graphs of the artefact in a folder, or that of the prior's weights in a file."""
    if path.is_dir():
        _of_artifact(path)
    else:
        _of_prior(path)


def _of_artifact(folder: Path) -> None:
    manifest = load_manifest(folder)
    import keras  # late: it takes seconds, and nothing of a changed artefact is loaded

    network = keras.saving.load_model(network_path(folder), compile=False, safe_mode=True)
    write_graphs(folder, network, manifest.network_sha256)


def _of_prior(weights: Path) -> None:
    import openvino  # late: nothing is loaded for a path that isn't there

    graph, target = converted(build_prior(weights)), prior_graph(weights)
    with tempfile.TemporaryDirectory(dir=weights.parent) as made:
        openvino.save_model(graph, Path(made) / target.name, compress_to_fp16=False)
        for path in sorted(Path(made).iterdir()):  # the weights before what names them
            path.replace(target.with_name(path.name))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        main(Path(sys.argv[1]))
    except ArtifactError as error:
        sys.exit(str(error))
