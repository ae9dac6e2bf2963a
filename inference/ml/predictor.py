"""Asks a trained network about faces. It needs nothing but the artefact folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from annotations.facs import MODEL_ACTION_UNITS
from inference.ml.artifact import Manifest, load_manifest, load_readings, network_path
from inference.ml.features import FeatureExtractor, Features
from inference.ml.preprocessing import load_face, prepare
from inference.ml.readings import Prediction, predictions_of

_CHUNK = 256


class Predictor:
    """Attributes
    ----------
    out_of_fold
        By sha256, readings of the pictures that it was trained on.
    """

    def __init__(
        self,
        manifest: Manifest,
        extractor: FeatureExtractor,
        heads: Any,
        out_of_fold: Mapping[str, Prediction] | None = None,
    ) -> None:
        self.manifest = manifest
        self.extractor = extractor
        self.heads = heads
        self.out_of_fold = out_of_fold or {}

    @classmethod
    def load(cls, folder: Path, cache_dir: Path | None = None) -> Predictor:
        """Load an artefact. Raises ArtifactError when it is not whole."""
        import keras

        manifest = load_manifest(folder)
        network = keras.saving.load_model(network_path(folder), compile=False, safe_mode=True)
        extractor = FeatureExtractor(
            network.get_layer("trunk"), manifest.trunk_fingerprint, cache_dir
        )
        readings = load_readings(folder).by_digest()
        return cls(manifest, extractor, network.get_layer("heads"), readings)

    def predict(
        self,
        sources: Sequence[Path | bytes],
        *,
        sha256s: Sequence[str] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[Prediction]:
        """One prediction per picture.

        With `sha256s`, the files' digests, features are reused, and pictures that the model was
        trained on are answered out of fold.
        """
        known = list(sha256s) if sha256s else [""] * len(sources)
        fresh = [index for index, digest in enumerate(known) if digest not in self.out_of_fold]
        answers = dict(zip(fresh, self._ask(sources, known, fresh, progress), strict=True))
        return [
            answers[index] if index in answers else self.out_of_fold[digest]
            for index, digest in enumerate(known)
        ]

    def _ask(
        self,
        sources: Sequence[Path | bytes],
        sha256s: Sequence[str],
        rows: Sequence[int],
        progress: Callable[[int, int], None] | None,
    ) -> list[Prediction]:
        if not rows:
            return []
        size = self.manifest.input_size
        features = self.extractor.features(
            [sha256s[row] or None for row in rows],
            lambda index: prepare(load_face(sources[rows[index]]), size),
            progress,
        )
        return self.predict_features(features)

    def predict_features(self, features: Features) -> list[Prediction]:
        chunks = [
            self.heads(features[first : first + _CHUNK].inputs(), training=False)
            for first in range(0, len(features), _CHUNK)
        ]
        emotions, units = (
            np.concatenate([np.asarray(chunk[name], dtype=np.float64) for chunk in chunks])
            for name in ("emotion", "action_units")
        )
        thresholds = np.array([self.manifest.thresholds[str(au)] for au in MODEL_ACTION_UNITS])
        return predictions_of(emotions, units, units >= thresholds, features.quality)
