"""Drift tests of embeddings through the real trunk: their false alarms, and what they see.

    python -m tests.benchmarks.drift_pictures

The demo's kind of faces, 560 of 123 people, are drawn anew and read by the default recipe's trunk.
They are parted into a training and new subjects, over and over: none of them differ. Then the
pictures of 40 new subjects are changed.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.synthetic import generator, population
from inference.ml.preprocessing import load_face, prepare
from inference.ml.weights import fetch_weights
from tests.stack import ROOT
from training.ml.config import TrainingConfig
from training.ml.drift import shift_tests
from training.ml.drift_figures import ALPHA, ShiftTest
from training.ml.extraction import extractor_for, recipe_trunk
from training.ml.projecting import fit_projection
from training.ml.seen import PICTURES, Seen

_SEED = 7
_CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "as they are": lambda picture: picture,
    "0.7 of the light": lambda picture: ImageEnhance.Brightness(picture).enhance(0.7),
    "blurred by 1.5 pixels": lambda picture: picture.filter(ImageFilter.GaussianBlur(1.5)),
    "JPEG of quality 20": lambda picture: _recompressed(picture, 20),
    "turned by 8 degrees": lambda picture: picture.rotate(8, fillcolor="grey"),
}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, default=200)
    asked = parser.parse_args(argv)
    drawn = population.sample(_SEED, 123, 560).faces
    pictures = [generator.draw_pair(_SEED, face)[1].convert("RGB") for face in drawn]
    subjects = np.array([face.subject.code for face in drawn])
    features = _features(pictures)
    for new in (25, 40):
        p = np.array([_parted(features, subjects, new, seed).p for seed in range(asked.parts)])
        print(f"{new} new subjects, {asked.parts} parts: {np.mean(p <= ALPHA):.3f} differ")
    chosen = np.isin(subjects, np.random.default_rng(5).permutation(np.unique(subjects))[:40])
    for name, change in _CHANGES.items():
        new = [change(pictures[row]) for row in np.flatnonzero(chosen)]
        found = _compared(features[~chosen], _features(new), subjects[~chosen], subjects[chosen])
        far = found.columns[0]
        print(f"{name}: p {found.p:.3f}, distance {far.after:.2f}, of its own {far.before:.2f}")


def _recompressed(picture: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def _features(pictures: list[Image.Image]) -> np.ndarray:
    config = TrainingConfig()
    trunk = recipe_trunk(config, fetch_weights(ROOT / "var" / "weights"))
    extractor = extractor_for(config, trunk, Path("unused"))

    def load(index: int):
        stream = io.BytesIO()
        pictures[index].save(stream, "PNG")
        return prepare(load_face(stream.getvalue()), config.input_size, config.framing)

    return extractor.features([None] * len(pictures), load).appearance


def _parted(features: np.ndarray, subjects: np.ndarray, new: int, seed: int) -> ShiftTest:
    names = np.random.default_rng([2, seed]).permutation(np.unique(subjects))
    chosen = np.isin(subjects, names[:new])
    own, others = subjects[~chosen], subjects[chosen]
    return _compared(features[~chosen], features[chosen], own, others, 199)


def _compared(
    before: np.ndarray, after: np.ndarray, own: np.ndarray, others: np.ndarray, shuffles: int = 999
) -> ShiftTest:
    digests = [f"{number:064d}" for number in range(len(before))]
    projection = fit_projection(before, digests, list(own))
    sides = (
        _seen(own, projection(before, digests)),
        _seen(others, projection(after, ["new"] * len(after))),
    )
    return shift_tests(*sides, permutations=shuffles)[-1]


def _seen(subjects: np.ndarray, embedding: np.ndarray) -> Seen:
    """Nothing but what the network sees: every answer is the same."""
    faces = len(subjects)
    return Seen(
        subjects=subjects,
        emotion=np.full((faces, len(EMOTIONS)), 1 / len(EMOTIONS)),
        units=np.full((faces, len(MODEL_ACTION_UNITS)), 0.5),
        present=np.zeros((faces, len(MODEL_ACTION_UNITS)), dtype=bool),
        quality=np.full(faces, "good"),
        pictures=np.zeros((faces, len(PICTURES))),
        truth=np.full((faces, len(EMOTIONS) + len(MODEL_ACTION_UNITS)), np.nan),
        embedding=embedding.astype(float),
    )


if __name__ == "__main__":
    main()
