"""Features of samples and of their augmented copies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from inference.ml.features import FeatureExtractor, Features
from inference.ml.preprocessing import PreparedFace, load_face, prepare
from training.ml.augment import augment_face
from training.ml.config import TrainingConfig
from training.ml.dataset import Sample
from training.ml.progress import Watch


def extract(
    config: TrainingConfig,
    samples: Sequence[Sample],
    copied: NDArray[np.int64],
    extractor: FeatureExtractor,
    watch: Watch,
) -> tuple[Features, Features]:
    """Features of every sample (n), and of the copies of those in `copied` (c * t)."""

    @lru_cache(maxsize=2048)  # a crop is 150 kB; each copy starts from the same one
    def face(index: int) -> PreparedFace:
        return prepare(load_face(samples[index].path), config.input_size)

    plain = extractor.features(
        [sample.sha256 for sample in samples],
        face,
        lambda done, total: watch("features", done, total),
    )
    keys = [
        (index, f"{samples[index].sha256}-{copy}")
        for copy in range(1, config.augmented_copies + 1)
        for index in copied
    ]
    if not keys:
        return plain, plain[:0]
    copies = extractor.features(
        [key for _, key in keys],
        lambda k: augment_face(face(keys[k][0]), keys[k][1]),
        lambda done, total: watch("augmented features", done, total),
    )
    return plain, copies
