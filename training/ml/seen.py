"""Readings of faces by a model, with what is known of the pictures, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS
from annotations.measures.bootstrap import Array
from training.ml.drift_figures import Sides

#: The columns of `Seen.pictures`: log2 of pixels, 0 or 1, log2 of pixels.
PICTURES = ("shorter side", "in colour", "face’s width")


@dataclass(frozen=True)
class Seen:
    """Readings of n faces by a model, out of fold where it learnt from them.

    Attributes
    ----------
    subjects
        (n,) whose face it is.
    emotion, units
        (n, 3) and (n, 15) probabilities.
    present
        (n, 15) the units that it finds.
    quality
        (n,) values of `Quality`; "" where not judged.
    pictures
        (n, 3) as PICTURES names them; NaN where unknown.
    truth
        (n, 18) 1 where the truth shows the class or unit, 0 where not, NaN where not coded.
    embedding
        (n, e) numbers that tell what the network sees; (n, 0) where none are kept.
    """

    subjects: NDArray[np.str_]
    emotion: Array
    units: Array
    present: NDArray[np.bool_]
    quality: NDArray[np.str_]
    pictures: Array
    truth: Array
    embedding: Array

    def __len__(self) -> int:
        return len(self.subjects)

    def __getitem__(self, rows: Any) -> Seen:
        return Seen(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})

    @property
    def said(self) -> NDArray[np.bool_]:
        """(n, 18) the likeliest class, and the units that are found."""
        likeliest = self.emotion.argmax(axis=1)[:, None] == np.arange(len(EMOTIONS))
        return np.hstack([likeliest, self.present])

    @property
    def sides(self) -> Sides:
        """The number of faces and subjects."""
        people = len(np.unique(self.subjects))
        return Sides(len(self), people, len(self), people)
