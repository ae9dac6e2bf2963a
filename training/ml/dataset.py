"""Labelled faces as a training sees them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from inference.ml.references import Reference


@dataclass(frozen=True)
class Sample:
    """One face and its ground truth; None, or an action unit left out, means not coded."""

    id: int
    path: Path
    sha256: str
    subject: str
    emotion: str | None
    action_units: dict[int, bool] | None
    groups: dict[str, str] = field(default_factory=dict)
    #: What the face is compared with, where a recipe asks for it.
    reference: Reference | None = None


class NothingToLearn(ValueError):
    """Every label says the same."""


def check_learnable(samples: Sequence[Sample]) -> None:
    """Refuse samples that a model can't learn from.

    A single emotion is trained on where action units vary, and flagged.

    Raises
    ------
    NothingToLearn
        There is one emotion at most, and no action unit that some faces show and others don't.
    """
    emotions = {sample.emotion for sample in samples if sample.emotion}
    units: dict[int, set[bool]] = {}
    for sample in samples:
        for au, present in (sample.action_units or {}).items():
            units.setdefault(au, set()).add(present)
    if len(emotions) < 2 and all(len(said) < 2 for said in units.values()):
        raise NothingToLearn(NOTHING_TO_LEARN)


#: The preflight says the same.
NOTHING_TO_LEARN = (
    "Every labelled face says the same: there is one emotion at most, and no action unit that some "
    "faces show and others don't. Label faces that differ, then come back."
)


def dataset_sha256(samples: Sequence[Sample]) -> str:
    """Return a digest of images, labels and references, whatever their order and ids.

    Parameters
    ----------
    samples
        Faces with their truth.
    """
    rows = sorted(
        json.dumps(
            [s.sha256, s.subject, s.emotion, sorted((s.action_units or {}).items())]
            + [picture.sha256 for picture in (s.reference.pictures if s.reference else ())]
        )
        for s in samples
    )
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def emotion_targets(samples: Sequence[Sample]) -> NDArray[np.int64]:
    """Return the emotions as class numbers.

    Parameters
    ----------
    samples
        n faces.

    Returns
    -------
    NDArray
        (n,) indices into `facs.EMOTIONS`; -1 where not coded.

    Examples
    --------
    >>> known = Sample(1, Path(), "", "S1", "positive", None)
    >>> unknown = Sample(2, Path(), "", "S1", None, {12: True})
    >>> emotion_targets([known, unknown]).tolist()
    [1, -1]
    """
    return np.array(
        [EMOTIONS.index(s.emotion) if s.emotion else -1 for s in samples], dtype=np.int64
    )


def action_unit_targets(samples: Sequence[Sample]) -> NDArray[np.float32]:
    """Return the presence of the model's action units.

    Parameters
    ----------
    samples
        n faces.

    Returns
    -------
    NDArray
        (n, 15) 0 or 1, -1 where not coded, in the order of `facs.MODEL_ACTION_UNITS`.
    """
    rows = [
        [float((s.action_units or {}).get(au, -1.0)) for au in MODEL_ACTION_UNITS] for s in samples
    ]
    return np.array(rows, dtype=np.float32).reshape(len(samples), len(MODEL_ACTION_UNITS))
