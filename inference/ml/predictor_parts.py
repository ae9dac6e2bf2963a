"""Parts of a predictor: its graphs, the trunk in its numbers, the expression prior."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from inference.ml.artifact import Manifest
from inference.ml.artifact_files import ArtifactError
from inference.ml.feature_cache import FeatureCache
from inference.ml.graph_maker import make_graphs
from inference.ml.graphs import Graphs, load_graphs
from inference.ml.precision import Int8, Precision, in_fp32
from inference.ml.prior_reader import PriorReader
from inference.ml.quantise import says_the_same
from inference.ml.runtime import Light, multiplies_bf16

logger = logging.getLogger(__name__)


def graphs_of(folder: Path, network_sha256: str) -> Graphs:
    """Return the graphs that lie beside a network, or make them. Raises ArtifactError."""
    found = load_graphs(folder, network_sha256)
    if found is None:
        make_graphs(folder)
        found = load_graphs(folder, network_sha256)
    if found is None:
        raise ArtifactError(f"{folder.name} has no graphs of its network.")
    return found


def trunk_of(
    manifest: Manifest, graphs: Graphs, *, exact: bool
) -> tuple[Callable[[], Light], str, Precision]:
    """Return what loads the trunk, under what its features are kept, and its precision.

    It is in int8 where that is the model's default, and says here what it said where it was made;
    else in the numbers that the model learnt in, where this processor has them.
    """
    int8 = Int8.from_json(manifest.int8)
    if int8 is not None and int8.is_default and not exact:
        light = graphs.trunk(int8.ranges)
        if says_the_same(light, graphs.size, int8.probe):
            return lambda: light, int8.features_key(manifest.trunk_fingerprint), Precision.INT8
        logger.warning(
            "This processor computes 8-bit numbers otherwise than the one that compared them with "
            "others: the model isn't asked in int8 here."
        )
    if manifest.precision == Precision.BF16 and not exact and multiplies_bf16():
        trunk = partial(graphs.trunk, precision=Precision.BF16)
        return trunk, manifest.trunk_fingerprint, Precision.BF16
    return graphs.trunk, in_fp32(manifest.trunk_fingerprint), Precision.FP32


def prior_of(manifest: Manifest, graphs: Graphs, cache_dir: Path | None) -> PriorReader | None:
    """Return what reads faces by the expression prior within a network; None where none is."""
    described = manifest.extra.get("prior")
    if not described:
        return None
    kept = FeatureCache(cache_dir, described["fingerprint"]) if cache_dir else None
    return PriorReader(graphs.prior, kept)
