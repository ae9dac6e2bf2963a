"""Faces for the ML core: drawn pictures whose colour tells the class, in a folder."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from training.ml.dataset import Sample

SHADES = {"negative": (200, 40, 40), "positive": (40, 200, 40), "surprise": (40, 40, 200)}


@pytest.fixture(scope="session")
def samples(tmp_path_factory) -> list[Sample]:
    """36 pictures of 12 subjects; AU12 goes with positive, AU27 with surprise."""
    folder = tmp_path_factory.mktemp("pictures")
    generator = np.random.default_rng(3)
    made = []
    for number in range(36):
        emotion = EMOTIONS[number % 3]
        noise = generator.integers(-30, 30, (80, 100, 3))
        pixels = np.clip(np.array(SHADES[emotion]) + noise, 0, 255).astype(np.uint8)
        path = folder / f"{number}.png"
        Image.fromarray(pixels).save(path)
        units = dict.fromkeys(MODEL_ACTION_UNITS, False)
        units |= {12: emotion == "positive", 27: emotion == "surprise"}
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        subject = f"S{number // 3:03d}"
        groups = {"gender": "female" if number // 3 % 2 else "male"}
        made.append(Sample(number, path, digest, subject, emotion, units, groups))
    return made
