"""The readings of made-up faces: drawn with chance alone, in CK+'s proportions.

Labels come from `annotations.synthetic.population`, which knows how often CK+'s faces show which
sets of action units. What people and the model say of a face is that, with errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from annotations import facs
from annotations.facs.picture_quality import Quality
from annotations.models.unit_bits import unit_bits
from annotations.synthetic.population import Population

#: How often a person's and the model's emotion, and any of their units, isn't what was drawn. A
#: person differs so on about 17 % of faces, the model on about a third.
PERSON_ERRS, MODEL_ERRS = (0.02, 0.01), (0.1, 0.02)
#: Shares of the splits in which the model met a face; the rest came later and it learnt from none.
SPLITS: Mapping[str, float] = {"validation": 0.64, "test": 0.16, "": 0.2}
QUALITIES: Mapping[str, float] = {
    Quality.GOOD: 0.94, Quality.BLURRED: 0.02, Quality.DARK: 0.02, Quality.EXTREME_POSE: 0.01,
    Quality.NO_FACE: 0.01,
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """One coder's reading of one face, as the columns of a coding."""

    emotion: str
    present: frozenset[int]
    absent: frozenset[int]
    #: What only a model says, by column.
    more: Mapping[str, Any] = field(default_factory=dict)

    def columns(self) -> dict[str, Any]:
        """Return the columns of `annotations.models.Coding` that say so."""
        bits = {"units_present": unit_bits(self.present), "units_absent": unit_bits(self.absent)}
        return {"emotion": self.emotion, **bits, **self.more}


def drawn_labels(population: Population) -> list[Said]:
    """Return what each face was drawn as, the model's units scored present or absent."""
    units = frozenset(facs.MODEL_ACTION_UNITS)
    return [
        Said(face.high_level, present := frozenset(face.intensities), units - present)
        for face in population.faces
    ]


def read_by_people(labels: list[Said], draw: np.random.Generator) -> list[Said]:
    """Return a person's reading of each face."""
    return [_misread(label, *PERSON_ERRS, draw) for label in labels]


def read_by_model(labels: list[Said], draw: np.random.Generator) -> list[Said]:
    """Return the model's reading of each face: its 15 units, and how sure it is."""
    count, units = len(labels), frozenset(facs.MODEL_ACTION_UNITS)
    sure = 1 - 0.6 * draw.random(count) ** 2
    split = draw.choice(list(SPLITS), count, p=list(SPLITS.values()))
    quality = draw.choice(list(QUALITIES), count, p=list(QUALITIES.values()))
    distance = draw.gamma(9, 0.06, count)
    readings = []
    for at, label in enumerate(labels):
        read = _misread(label, *MODEL_ERRS, draw)
        chances = dict.fromkeys(facs.EMOTIONS, (1 - float(sure[at])) / 2)
        more = {
            "emotion_probabilities": chances | {read.emotion: float(sure[at])},
            "confidence": float(sure[at]),
            "split": str(split[at]),
            "quality": str(quality[at]),
            "distance": float(distance[at]),
        }
        readings.append(Said(read.emotion, read.present & units, read.absent, more))
    return readings


def _misread(label: Said, emotion: float, unit: float, draw: np.random.Generator) -> Said:
    """Return the label with another emotion, and other units of the model's, by these chances."""
    said = label.emotion
    if draw.random() < emotion:
        said = str(draw.choice([name for name in facs.EMOTIONS if name != said]))
    wrong = draw.random(len(facs.MODEL_ACTION_UNITS)) < unit
    turned = frozenset(np.array(facs.MODEL_ACTION_UNITS)[wrong].tolist())
    present = label.present ^ turned
    return Said(said, present, frozenset(facs.MODEL_ACTION_UNITS) - present)
