"""Many faces without pictures, for the benchmarks of lists and exports.

`python -m tests.benchmarks.population 10000` writes them to the database of the settings, each with
a ground truth and a prediction of 15 action units.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys

import django

_BATCH = 1000


def populate(faces: int, seed: int = 1) -> None:
    """`faces` faces of CK+'s proportions, each with an accepted label and a model's reading."""
    from annotations import facs
    from annotations.models import ActionUnitScore, Coder, Coding, Face, Subject
    from tests.benchmarks.unit_columns import fill_unit_columns

    draw = random.Random(seed)
    imported, _ = Coder.objects.get_or_create(kind="import", name="CK+")
    model, _ = Coder.objects.get_or_create(
        kind="model", name="VGG16-benchmark", defaults={"is_default": True}
    )
    subjects = [Subject.objects.get_or_create(code=f"S{n:03d}")[0] for n in range(1, 124)]
    for first in range(0, faces, _BATCH):
        rows = Face.objects.bulk_create(
            Face(
                subject=draw.choice(subjects),
                sequence=f"{number // 123 % 1000:03d}",
                file=f"faces/{number}.png",
                sha256=hashlib.sha256(f"{seed} {number}".encode()).hexdigest(),
                width=640,
                height=490,
                colour_mode="greyscale",
            )
            for number in range(first, min(first + _BATCH, faces))
        )
        truths, readings = [], []
        for face in rows:
            emotion = draw.choices(facs.EMOTIONS, weights=(58, 22, 20))[0]
            read = emotion if draw.random() < 0.9 else draw.choice(facs.EMOTIONS)
            sure = draw.uniform(0.4, 1)
            chances = dict.fromkeys(facs.EMOTIONS, (1 - sure) / 2) | {read: sure}
            truths.append(_coding(face, imported, emotion, is_accepted=True))
            readings.append(
                _coding(face, model, read, emotion_probabilities=chances, confidence=sure)
            )
        Coding.objects.bulk_create(truths)
        Coding.objects.bulk_create(readings)
        scores = []
        for truth, reading in zip(truths, readings, strict=True):
            for au in facs.MODEL_ACTION_UNITS:
                present = draw.random() < 0.15
                chance = draw.uniform(0.5, 1) if present else draw.uniform(0, 0.5)
                chance = chance if draw.random() < 0.97 else 1 - chance
                scores.append(ActionUnitScore(coding=truth, au=au, present=present))
                scores.append(
                    ActionUnitScore(
                        coding=reading, au=au, present=chance >= 0.5, probability=chance
                    )
                )
        ActionUnitScore.objects.bulk_create(scores, batch_size=3000)
    fill_unit_columns()


def _coding(face, coder, emotion: str, **fields):
    from annotations.models import Coding

    return Coding(face=face, coder=coder, coder_kind=coder.kind, emotion=emotion, **fields)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faces", type=int)
    parser.add_argument("--seed", type=int, default=1, help="another one gives other faces")
    given = parser.parse_args()
    django.setup()
    populate(given.faces, given.seed)
    sys.exit(0)
