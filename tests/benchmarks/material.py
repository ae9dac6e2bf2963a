"""Demo faces and their features, for the benchmarks of the model."""

from __future__ import annotations

import argparse
from pathlib import Path

from django.conf import settings

from annotations.synthetic.generator import generate
from inference.ml.trunk import trunk_weights
from training.making.folders import read_samples, with_true_labels
from training.ml.dataset import Sample


def arguments(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, help="as for `manage.py evaluate`; else demo faces")
    parser.add_argument("--faces", type=int, default=560, help="demo faces to draw")
    return parser


def labelled(given: argparse.Namespace) -> tuple[list[Sample], list[Sample]]:
    """Samples as labelled, and as they are to be scored."""
    data = data_of(given)
    samples = read_samples(data, None, print)
    return samples, with_true_labels(data, samples)[0]


def data_of(given: argparse.Namespace) -> Path:
    """The folder that was asked for, or one of demo faces, drawn once."""
    if given.data is not None:
        return given.data
    folder = settings.VAR_DIR / "benchmarks" / f"demo-{given.faces}"
    generate(folder, images=given.faces, subjects=max(10, given.faces * 123 // 560))
    return folder


def weights() -> Path:
    return trunk_weights("vgg16", settings.WEIGHTS_ROOT, settings.VGG16_WEIGHTS)
