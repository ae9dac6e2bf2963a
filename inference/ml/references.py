"""References to compare faces with: neutral frames, or the median of a subject's faces.

What differs from one's own resting face says more about action units than the face alone, as faces
at rest differ: brows lie low, mouths droop. Baltrusaitis, Mahmoud & Robinson (2015), "Cross-dataset
learning and person-specific normalisation for automatic Action Unit detection"; the median over a
subject's faces stands for it where there is no neutral frame, as in OpenFace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from annotations.facs.reference_kind import FEWEST_FOR_MEDIAN, ReferenceKind
from inference.ml.features import Features, References


class Picture(NamedTuple):
    """A picture to compare with: its file's digest, and its path or bytes."""

    sha256: str
    source: Path | bytes


@dataclass(frozen=True)
class Reference:
    """The pictures that one face is compared with.

    Attributes
    ----------
    kind
        Whether it is a neutral frame, or the median of several faces.
    pictures
        Of which the median is taken: neutral frames, or at least `FEWEST_FOR_MEDIAN` faces.
    """

    kind: ReferenceKind
    pictures: tuple[Picture, ...]

    @property
    def fewest(self) -> int:
        """The number of pictures in which a face has to be found."""
        return 1 if self.kind == ReferenceKind.NEUTRAL else FEWEST_FOR_MEDIAN


def compared_with(
    features: Features,
    references: Sequence[Reference | None],
    read: Callable[[Sequence[Picture]], Features],
) -> Features:
    """Return the features of faces together with those of what they are compared with.

    A face is compared where one was found in its own picture and in enough of its reference's.

    Parameters
    ----------
    features
        Of n faces.
    references
        What each is compared with; None for nothing.
    read
        Returns the features of pictures, at least one; each is asked for once.
    """
    pictures = list(dict.fromkeys(each for one in references if one for each in one.pictures))
    appearance, geometry = np.zeros_like(features.appearance), np.zeros_like(features.geometry)
    compared = np.zeros_like(features.found)
    if pictures:
        seen, row_of = read(pictures), {each: row for row, each in enumerate(pictures)}
        for place, reference in enumerate(references):
            if reference is None or not features.found[place]:
                continue
            rows = [row_of[each] for each in reference.pictures if seen.found[row_of[each]]]
            if len(rows) >= reference.fewest:
                appearance[place] = np.median(seen.appearance[rows], axis=0)
                geometry[place] = np.median(seen.geometry[rows], axis=0)
                compared[place] = 1
    return replace(features, references=References(appearance, geometry, compared))
