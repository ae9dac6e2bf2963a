"""The material of a training: labelled faces, their features, and targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS
from inference.ml.extractor import FeatureExtractor
from inference.ml.features import Features
from inference.ml.prior_reader import PriorReader
from inference.ml.references import Reference, compared_with
from training.ml.config import TrainingConfig
from training.ml.dataset import Sample, action_unit_targets, emotion_targets
from training.ml.extraction import (
    Pictures,
    RecipeTrunk,
    extract,
    extractor_for,
    read_references,
)
from training.ml.progress import Watch
from training.ml.recipes import RECIPES

Rows = NDArray[np.int64]

#: Faces that are compared with references of a kind, to learn to read such.
FEWEST_COMPARED = 20


@dataclass(frozen=True)
class Material:
    """Labelled faces with their features.

    Attributes
    ----------
    samples
        n faces.
    plain
        Features of the n faces.
    copies
        Features of all their augmented copies (c * n), copy by copy.
    first_tap
        How many of the appearance's columns belong to the first tap.
    """

    samples: Sequence[Sample]
    plain: Features
    copies: Features
    first_tap: int

    @property
    def compared(self) -> NDArray[np.bool_] | None:
        """The faces that are compared with a reference (n,); None where nobody asked."""
        references = self.plain.references
        return None if references is None else references.compared[:, 0] > 0

    def reference_kinds(self) -> list[str]:
        """Return the kinds of what faces are compared with, by name."""
        given = np.zeros(len(self.samples), dtype=bool) if self.compared is None else self.compared
        pairs = zip(self.samples, given, strict=True)
        return sorted({each.reference.kind for each, is_ in pairs if each.reference and is_})

    @cached_property
    def emotions(self) -> Rows:
        """Class indices (n,), -1 where not coded."""
        return emotion_targets(self.samples)

    @cached_property
    def units(self) -> NDArray[np.float32]:
        """The presence of action units (n, 15), -1 where not coded."""
        return action_unit_targets(self.samples)

    @property
    def subjects(self) -> NDArray[np.str_]:
        """Codes (n,) of the people whose faces they are."""
        return np.array([sample.subject for sample in self.samples])

    def copies_of(self, rows: Rows) -> Features:
        """Return the features of some faces' copies, copy by copy.

        Parameters
        ----------
        rows
            (m,) which faces.
        """
        count = len(self.samples)
        offsets = np.arange(len(self.copies) // max(count, 1))[:, None] * count
        return self.copies[(offsets + rows).ravel()]

    def subset(self, rows: Rows) -> Material:
        """Return the material of some of the faces.

        Parameters
        ----------
        rows
            (m,) which faces.
        """
        return Material(
            [self.samples[row] for row in rows],
            self.plain[rows],
            self.copies_of(rows),
            self.first_tap,
        )


def gather(
    config: TrainingConfig,
    pictures: Pictures,
    trunk: RecipeTrunk,
    cache_dir: Path,
    watch: Watch,
    prior: PriorReader | None = None,
) -> Material:
    """Compute, or find in the cache, all that a recipe learns from.

    Parameters
    ----------
    config
        Says how many copies there are.
    pictures
        n samples.
    trunk
        The recipe's trunk.
    cache_dir
        Where features are kept.
    watch
        Hears how far it is.
    prior
        As `extraction.extractor_for` takes it.
    """
    extractor = extractor_for(config, trunk, cache_dir, prior)
    plain, copies = extract(config, pictures, extractor, watch)
    plain = beside_references(
        config,
        pictures,
        plain,
        extractor,
        lambda done, total: watch("neutral frames", done, total),
    )
    return Material(pictures.samples, plain, copies, trunk.first_tap)


def beside_references(
    config: TrainingConfig,
    pictures: Pictures,
    plain: Features,
    extractor: FeatureExtractor,
    progress: Callable[[int, int], None],
) -> Features:
    """Return the features of faces together with those of what a recipe compares them with.

    Parameters
    ----------
    config
        Names the recipe.
    pictures, plain
        n faces and their features.
    extractor
        Looks at the others.
    progress
        Called with how many of these are computed, and how many are to be computed.
    """
    if not RECIPES[config.recipe].compares:
        return plain
    return compared_with(
        plain,
        _common(pictures.samples),
        lambda others: read_references(pictures, others, extractor, progress),
    )


def _common(samples: Sequence[Sample]) -> list[Reference | None]:
    """Return what faces are compared with; of a kind that few faces have nothing can be learnt."""
    count = Counter(sample.reference.kind for sample in samples if sample.reference)
    return [
        sample.reference
        if sample.reference and count[sample.reference.kind] >= FEWEST_COMPARED
        else None
        for sample in samples
    ]


@dataclass(frozen=True)
class Targets:
    """The truth by head, with the weight of each face.

    Attributes
    ----------
    emotions, units
        (n,) and (n, 15), -1 where not coded.
    by_class
        (3,) weight of each emotion.
    """

    emotions: Rows
    units: NDArray[np.float32]
    by_class: NDArray[Any]

    def __call__(self, rows: Rows) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return targets and sample weights of some faces, by head.

        A face without an emotion weighs nothing for it; action units that are not coded are
        masked in the loss (`losses.Loss`).
        """
        classes = np.maximum(self.emotions[rows], 0)
        weight = self.by_class[classes] * (self.emotions[rows] >= 0)
        return (
            {
                "emotion": np.eye(len(EMOTIONS), dtype=np.float32)[classes],
                "action_units": self.units[rows],
            },
            {
                "emotion": weight.astype(np.float32),
                "action_units": np.ones(len(rows), dtype=np.float32),
            },
        )
