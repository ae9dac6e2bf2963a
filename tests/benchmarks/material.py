"""Demo faces and their features, for the benchmarks of the model."""

from __future__ import annotations

import argparse
from pathlib import Path

from django.conf import settings

from annotations.demo.generator import generate
from inference.ml.trunk import trunk_weights
from training.folders import read_samples, with_true_labels
from training.ml.dataset import Sample


def arguments(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, help="as for `manage.py evaluate`; else demo faces")
    parser.add_argument("--faces", type=int, default=560, help="demo faces to draw")
    return parser


def labelled(given: argparse.Namespace) -> tuple[list[Sample], list[Sample]]:
    """Samples as labelled, and as they are to be scored."""
    data = given.data
    if data is None:
        data = settings.VAR_DIR / "benchmarks" / f"demo-{given.faces}"
        generate(data, images=given.faces, subjects=max(10, given.faces * 123 // 560))
    samples = read_samples(data, None, print)
    return samples, with_true_labels(data, samples)[0]


def weights() -> Path:
    return trunk_weights("vgg16", settings.WEIGHTS_ROOT, settings.VGG16_WEIGHTS)
