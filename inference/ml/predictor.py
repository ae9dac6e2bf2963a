"""Asks a trained network about faces. It needs nothing but the artefact folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from annotations.quality import Quality
from inference.ml.artifact import Manifest, load_manifest, network_path
from inference.ml.features import FeatureExtractor, Features
from inference.ml.preprocessing import load_face, prepare

_CHUNK = 256


@dataclass(frozen=True)
class Prediction:
    """A model's reading of one face; probabilities are within 0 and 1."""

    emotion: str
    emotion_probabilities: dict[str, float]
    au_probabilities: dict[int, float]
    au_present: dict[int, bool]
    quality: Quality


class Predictor:
    def __init__(self, manifest: Manifest, extractor: FeatureExtractor, heads: Any) -> None:
        self.manifest = manifest
        self.extractor = extractor
        self.heads = heads

    @classmethod
    def load(cls, folder: Path, cache_dir: Path | None = None) -> Predictor:
        """Load an artefact. Raises ArtifactError when it is not whole."""
        import keras

        manifest = load_manifest(folder)
        network = keras.saving.load_model(network_path(folder), compile=False, safe_mode=True)
        extractor = FeatureExtractor(
            network.get_layer("trunk"), manifest.trunk_fingerprint, cache_dir
        )
        return cls(manifest, extractor, network.get_layer("heads"))

    def predict(
        self,
        sources: Sequence[Path | bytes],
        *,
        sha256s: Sequence[str] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[Prediction]:
        """One prediction per picture. `sha256s`, the files' digests, let features be reused."""
        if not sources:
            return []
        size = self.manifest.input_size
        features = self.extractor.features(
            list(sha256s) if sha256s else [None] * len(sources),
            lambda index: prepare(load_face(sources[index]), size),
            progress,
        )
        return self.predict_features(features)

    def predict_features(self, features: Features) -> list[Prediction]:
        # Called, not `predict`ed: that would trace a function anew for each fold's heads.
        chunks = [
            self.heads(features[first : first + _CHUNK].inputs(), training=False)
            for first in range(0, len(features), _CHUNK)
        ]
        emotions, units = (
            np.concatenate([np.asarray(chunk[name], dtype=np.float64) for chunk in chunks])
            for name in ("emotion", "action_units")
        )
        rows = zip(emotions, units, features.quality, strict=True)
        return [self._prediction(*row) for row in rows]

    def _prediction(self, emotion: np.ndarray, units: np.ndarray, quality: Quality) -> Prediction:
        names, aus = self.manifest.emotions, self.manifest.action_units
        probabilities = {au: float(value) for au, value in zip(aus, units, strict=True)}
        return Prediction(
            emotion=names[int(emotion.argmax())],
            emotion_probabilities={
                name: float(value) for name, value in zip(names, emotion, strict=True)
            },
            au_probabilities=probabilities,
            au_present={au: probabilities[au] >= self.manifest.thresholds[str(au)] for au in aus},
            quality=quality,
        )
