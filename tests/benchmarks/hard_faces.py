"""Demo faces made as hard as pictures from the wild, with emotions only: 560 of 500 people.

A quarter to 0.7 of the movement; tilted, small, blurred, tinted, noisy, recompressed; a fifth of
the labels drawn at random.

    python -m tests.benchmarks.hard_faces FOLDER
    manage.py evaluate --data FOLDER
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from annotations.facs import EMOTIONS
from annotations.synthetic import generator, population

_SEED = 77
_WRONG = 0.2
_SHARES = (0.58, 0.20, 0.22)


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(5)
    rows = ["filepath,high_level_emotion,subject"]
    for face in population.sample(_SEED, 500, 560).faces:
        gain = rng.uniform(0.25, 0.7)
        weak = {au: (left * gain, right * gain) for au, (left, right) in face.strengths.items()}
        _, peak = generator.draw_pair(_SEED, replace(face, strengths=weak))
        _spoilt(peak.convert("RGB"), rng).save(
            folder / f"{face.index}.jpg", quality=int(rng.uniform(20, 90))
        )
        emotion = face.high_level
        if rng.random() <= _WRONG:
            emotion = str(rng.choice(EMOTIONS, p=_SHARES))
        rows.append(f"{face.index}.jpg,{emotion},{face.subject.code}")
    (folder / "data_labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _spoilt(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    scale = rng.uniform(0.18, 0.5)
    size = int(picture.width * scale), int(picture.height * scale)
    tilted = picture.rotate(rng.uniform(-15, 15), Image.Resampling.BILINEAR, fillcolor=(90,) * 3)
    small = tilted.resize(size, Image.Resampling.BICUBIC)
    if rng.random() < 0.4:
        small = small.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2)))
    levels = np.asarray(small).astype(float)
    levels = (levels - 128) * rng.uniform(0.5, 1.3) + 128 * rng.uniform(0.6, 1.3)
    levels = levels * rng.uniform(0.8, 1.2, 3) + rng.normal(0, rng.uniform(0, 10), levels.shape)
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


if __name__ == "__main__":
    main()
