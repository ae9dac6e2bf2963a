"""Demo faces and their features, for the benchmarks of the model."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "facsweb.settings")
django.setup()

from django.conf import settings  # noqa: E402

from annotations.demo.generator import generate  # noqa: E402
from inference.ml.trunk import trunk_weights  # noqa: E402
from training.folders import read_samples, with_true_labels  # noqa: E402
from training.ml.dataset import Sample  # noqa: E402


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
