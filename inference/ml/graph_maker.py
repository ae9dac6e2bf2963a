"""Making graphs for the light runtime where there are none, by a process that has TensorFlow."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from inference.ml.artifact_files import ArtifactError
from inference.ml.framing import PRIOR_SIZE
from inference.ml.graphs import prior_graph
from inference.ml.make_graphs import main
from inference.ml.runtime import Light

_ROOT = Path(__file__).resolve().parents[2]
_SECONDS_TO_MAKE = 600
#: With less than this left, a failure to write one is the disk's: VGG16's in fp32 takes about this.
_BYTES_OF_A_GRAPH = 64 * 1024**2


def make_graphs(artifact: Path) -> None:
    """Make the graphs of an artefact, or of the prior's weights, by a child that loads TensorFlow.

    A process that has loaded it anyhow does it itself. Those of before are replaced.

    Parameters
    ----------
    artifact
        The artefact's folder; or the file of the prior's weights (`prior_weights.fetch_prior`),
        beside which `prior_graph` comes to lie.

    Raises
    ------
    ArtifactError
        It couldn't be done; the message says why.
    OSError
        Nothing can be written there: the disk is full or read-only.
    """
    if "tensorflow" in sys.modules:
        try:
            main(artifact)
        except RuntimeError:  # OpenVINO's, of whatever kind
            _check_disk(artifact.parent)
            raise
        return
    if find_spec("keras") is None:
        raise ArtifactError(
            f"{artifact.name} has no graph yet, and this machine can't make one. Have it read "
            "first by a worker with requirements-train.txt, or install that here. With "
            "S3_BUCKET, run `manage.py share_models` there."
        )
    command = [sys.executable, "-m", "inference.ml.make_graphs", str(artifact)]
    done = subprocess.run(
        command, cwd=_ROOT, capture_output=True, text=True, timeout=_SECONDS_TO_MAKE, check=False
    )
    if done.returncode:
        _check_disk(artifact.parent)
        last = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
        raise ArtifactError(f"{artifact.name} has no graph, and none could be made: {last}")


def _check_disk(folder: Path) -> None:
    """Say that a full or read-only disk was the reason, which OpenVINO doesn't."""
    disk = os.statvfs(folder)
    if disk.f_flag & os.ST_RDONLY:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(folder))
    if disk.f_bavail * disk.f_frsize < _BYTES_OF_A_GRAPH:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def light_prior(weights: Path) -> Light:
    """Load the expression prior by itself; make its graph of the weights where there is none."""
    path = prior_graph(weights)
    if not path.exists() or not path.with_suffix(".bin").exists():
        make_graphs(weights)
    return Light(path, (PRIOR_SIZE, PRIOR_SIZE, 1))
