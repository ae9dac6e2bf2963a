"""How often new people's faces are called unlike the training, and faces of other kinds.

    python -m tests.benchmarks.unlike_faces [--photographs FOLDER] [--kept FILE]

The demo's kind of faces, 560 of 123 people, are drawn and read by the default recipe's trunk. Over
and over 40 people are taken away, the distance is learnt from the others' faces, and theirs
are asked: none of them differ. Then the pictures of 40 people are changed, and photographs of real
people asked (default: `../shared/data/london`, where it is there). `FILE` keeps the features of
drawn faces for the next time; nothing of a photograph is kept.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from annotations.measures.bootstrap import estimate_share, resampling_weights, weigh
from annotations.synthetic import generator, population
from inference.ml.preprocessing import load_face, prepare
from inference.ml.projection import ALARMS
from inference.ml.weights import fetch_weights
from tests.stack import ROOT
from training.ml.config import TrainingConfig
from training.ml.conformal import shares_of_subjects
from training.ml.extraction import extractor_for, recipe_trunk
from training.ml.projecting import fit_projection

_SEED, _NEW = 20, 40
_LONDON = Path("../shared/data/london")
_NAMES = {".jpg", ".jpeg", ".png"}


def _recompressed(picture: Image.Image) -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=20)
    return Image.open(stream).convert("RGB")


def _covered(picture: Image.Image) -> Image.Image:
    changed = picture.copy()
    width, height = picture.size
    ImageDraw.Draw(changed).rectangle((0, int(height * 0.6), width, height), fill=(120, 120, 120))
    return changed


_CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "light .7": lambda picture: ImageEnhance.Brightness(picture).enhance(0.7),
    "light .4": lambda picture: ImageEnhance.Brightness(picture).enhance(0.4),
    "blur 1.5": lambda picture: picture.filter(ImageFilter.GaussianBlur(1.5)),
    "blur 4": lambda picture: picture.filter(ImageFilter.GaussianBlur(4)),
    "jpeg 20": _recompressed,
    "turn 8": lambda picture: picture.rotate(8, fillcolor="grey"),
    "turn 25": lambda picture: picture.rotate(25, fillcolor="grey"),
    "occluded": _covered,
}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, default=100)
    parser.add_argument("--photographs", type=Path, default=_LONDON)
    parser.add_argument("--kept", type=Path)
    asked = parser.parse_args(argv)
    drawn = _drawn(asked.kept)
    features, subjects, held = drawn["demo/a"], drawn["subjects"], drawn["held"]
    _alarms(features, subjects, asked.parts)
    known = fit_projection(features[~held], _digests(int((~held).sum())), list(subjects[~held]))
    for name in _CHANGES:
        _power(known, drawn[f"{name}/a"], name)
    found = sorted(p for p in asked.photographs.rglob("*") if p.suffix.lower() in _NAMES)
    if found:
        photographs = (Image.open(path).convert("RGB") for path in found)
        _power(known, _features(photographs), f"{len(found)} photographs")


def _alarms(features: np.ndarray, subjects: np.ndarray, parts: int) -> None:
    """Print how many faces of new people like the others are called unlike them."""
    people = np.unique(subjects)
    told, asked = np.zeros(len(people)), np.zeros(len(people))
    for seed in range(parts):
        new = np.random.default_rng([2, seed]).permutation(people)[:_NEW]
        away = np.isin(subjects, new)
        known = fit_projection(features[~away], _digests(int((~away).sum())), list(subjects[~away]))
        unlike = _unlike(known, features[away])
        rows = np.isin(people, new)
        told[rows] += shares_of_subjects(unlike, subjects[away])
        asked[rows] += 1
    own = told / np.maximum(asked, 1)
    weights = resampling_weights(len(own))
    found = estimate_share(weigh(weights, own) / weights.sum(axis=1), len(own))
    print(f"of {_NEW} new people, {parts} times: {found.value:.3f} [{found.low:.3f}, "
          f"{found.high:.3f}] called unlike (promised: at most {ALARMS})")  # fmt: skip


def _power(known, features: np.ndarray, name: str) -> None:
    print(f"{name}: {_unlike(known, features).mean():.2f} called unlike")


def _unlike(known, features: np.ndarray) -> np.ndarray:
    new = ["new"] * len(features)
    return known.beyond_limit(known(features, new), new) > 1


def _digests(count: int) -> list[str]:
    return [f"{number:064d}" for number in range(count)]


def _drawn(kept: Path | None) -> dict[str, np.ndarray]:
    """Features of the drawn faces as they are, and of 40 people's faces changed."""
    if kept is not None and kept.is_file():
        with np.load(kept) as stored:
            return {name: _single(stored[name]) for name in stored.files}
    faces = population.sample(_SEED, 123, 560).faces
    subjects = np.array([face.subject.code for face in faces])
    new = np.random.default_rng(5).permutation(np.unique(subjects))[:_NEW]
    pictures = [generator.draw_pair(_SEED, face)[1].convert("RGB") for face in faces]
    found = {"subjects": subjects, "held": np.isin(subjects, new), "demo/a": _features(pictures)}
    for name, change in _CHANGES.items():
        chosen = (change(pictures[row]) for row in np.flatnonzero(found["held"]))
        found[f"{name}/a"] = _features(chosen)
    if kept is not None:
        np.savez(kept, **found)
    return found


def _single(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _features(pictures: Iterable[Image.Image]) -> np.ndarray:
    config = TrainingConfig()
    trunk = recipe_trunk(config, fetch_weights(ROOT / "var" / "weights"))
    extractor = extractor_for(config, trunk, Path("unused"))
    several = list(pictures)

    def load(index: int):
        stream = io.BytesIO()
        several[index].save(stream, "PNG")
        return prepare(load_face(stream.getvalue()), config.input_size, config.framing)

    return extractor.features([None] * len(several), load).appearance


if __name__ == "__main__":
    main()
