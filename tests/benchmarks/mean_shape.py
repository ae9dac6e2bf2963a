"""Make FaceMesh's mean shape in three dimensions, of drawn neutral faces, which are nobody's.

    python -m tests.benchmarks.mean_shape inference/ml/mean_shape.npy

The middle of the eyes at 0, in eye distances, x right, y down, z away from the camera, symmetrical.
Level is what drawn faces, made of frontal photographs, look like on average.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from annotations.synthetic import face_model, generator, population
from inference.ml.face_detector import find_faces
from inference.ml.facemesh import eyes_of

_SEED, _PEOPLE = 3, 40


def main() -> None:
    shapes = []
    for face in population.sample(_SEED, _PEOPLE, _PEOPLE).faces:
        neutral, _ = generator.draw_pair(_SEED, face)
        faces = find_faces(np.asarray(neutral.convert("RGB")))
        if faces:
            shapes.append(_level(faces[0].points.astype(np.float64)))
    mean = np.mean(shapes, axis=0)
    twin = mean[face_model.load().mirror] * [-1, 1, 1]
    mean = (mean + twin) / 2
    print(f"{len(shapes)} of {_PEOPLE} faces; the nose's tip at {mean[1].round(2)}")
    np.save(Path(sys.argv[1]), mean.astype(np.float32))


def _level(points: np.ndarray) -> np.ndarray:
    right, left = eyes_of(points)
    x, y = left - right
    turn = np.array([[x, y, 0], [-y, x, 0], [0, 0, np.hypot(x, y)]]) / np.hypot(x, y) ** 2
    corners = points[[33, 133, 362, 263]].mean(axis=0)
    return (points - corners) @ turn.T


if __name__ == "__main__":
    main()
