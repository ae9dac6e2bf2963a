"""Predictions by a trained network, which need nothing but the artefact folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotations.facs import MODEL_ACTION_UNITS
from inference.ml.artifact import (
    Manifest,
    load_manifest,
    load_projection,
    load_readings,
)
from inference.ml.extractor import FeatureExtractor, Looking
from inference.ml.feature_cache import FeatureCache
from inference.ml.features import Features
from inference.ml.graphs import Graphs
from inference.ml.precision import Precision
from inference.ml.prediction_sets import SetRule
from inference.ml.predictions import Prediction, Readings, predictions_of
from inference.ml.predictor_parts import graphs_of, prior_of, trunk_of
from inference.ml.preprocessing import PreparedFace, load_face, prepare
from inference.ml.projection import Projection
from inference.ml.references import Picture, Reference, compared_with
from inference.ml.runtime import Heads

_CHUNK = 256


class Predictor:
    """A trained network, ready to read faces.

    Attributes
    ----------
    graphs
        What it is asked by.
    precision
        The numbers in which the trunk is computed.
    out_of_fold
        Readings of the pictures that it was trained on.
    projection
        Makes embeddings of faces; None where the model keeps nothing for that.
    """

    def __init__(
        self,
        manifest: Manifest,
        graphs: Graphs,
        extractor: FeatureExtractor,
        out_of_fold: Readings,
        projection: Projection | None,
        precision: Precision = Precision.FP32,
    ) -> None:
        self.manifest, self.graphs, self.precision = manifest, graphs, precision
        self.extractor = extractor
        self.heads: Heads = graphs.heads()
        self.out_of_fold = out_of_fold
        self.projection = projection
        self._kinds = frozenset(manifest.extra.get("compared_with", ()))
        self._rows = out_of_fold.rows()
        self._sets = SetRule.from_json(manifest.sets) if manifest.sets else None

    @classmethod
    def load(
        cls,
        folder: Path,
        cache_dir: Path | None = None,
        registered: str = "",
        *,
        exact: bool = False,
    ) -> Predictor:
        """Load an artefact; make its graphs where there are none, which takes seconds.

        Parameters
        ----------
        folder
            The artefact.
        cache_dir
            Where features are kept; None keeps none.
        registered
            The digest that the registry has of its manifest; empty where it has none.
        exact
            Whether to ask it in fp32, whatever its default.

        Raises
        ------
        ArtifactError
            The folder is not a complete artefact that this version can use, or not the one that
            was registered.
        """
        manifest = load_manifest(folder, registered)
        graphs = graphs_of(folder, manifest.network_sha256)
        trunk, key, precision = trunk_of(manifest, graphs, exact=exact)
        extractor = FeatureExtractor(
            trunk,
            [*graphs.widths],
            FeatureCache(cache_dir, key) if cache_dir else None,
            prior_of(manifest, graphs, cache_dir),
        )
        return cls(
            manifest,
            graphs,
            extractor,
            load_readings(folder),
            load_projection(folder, manifest),
            precision,
        )

    def precision_of(self, sha256: str) -> Precision:
        """Return in which numbers it answers about a picture: out of fold in those learnt in."""
        learnt = Precision(self.manifest.precision)
        return learnt if sha256 in self._rows else self.precision

    @property
    def compares(self) -> bool:
        """Whether it reads a face better beside what it is compared with."""
        return bool(self._kinds) and "compared" in self.heads.input

    def predict(
        self,
        sources: Sequence[Path | bytes],
        *,
        sha256s: Sequence[str] | None = None,
        references: Sequence[Reference | None] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[Prediction]:
        """Predict pictures; the predictions are in the same order.

        Parameters
        ----------
        sources
            n paths or bytes.
        sha256s
            n digests of the files. With them features are reused, and pictures that the model was
            trained on are answered out of fold.
        references
            What each picture is compared with, by a model that compares; None for nothing. Kinds
            that the model didn't learn from count as nothing.
        progress
            Called with how many pictures are computed, and how many are to be computed.

        Returns
        -------
        list of Prediction
            n predictions.

        Raises
        ------
        OSError
            A picture cannot be read.
        """
        if not sources:
            return []
        features = self.features(sources, sha256s, references=references, progress=progress)
        return self.read(features, sha256s)

    def features(
        self,
        sources: Sequence[Path | bytes],
        sha256s: Sequence[str] | None = None,
        *,
        references: Sequence[Reference | None] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Features:
        """Return the features of pictures.

        Parameters
        ----------
        sources, sha256s, references, progress
            As `predict` takes them.

        Returns
        -------
        Features
            Features of n pictures, at least one.
        """
        with closing(self.begin(sources, sha256s)) as looking:
            return self.compared(looking.features(progress), references)

    def begin(
        self,
        sources: Sequence[Path | bytes | Callable[[], Path]],
        sha256s: Sequence[str] | None = None,
    ) -> Looking:
        """Begin to compute the features of pictures, and return while that goes on.

        Parameters
        ----------
        sources
            n paths or bytes, or functions that fetch a file when it is needed, in another thread.
        sha256s
            As `predict` takes them.
        """
        size, framing = self.manifest.input_size, self.manifest.framing

        def load(index: int) -> PreparedFace:
            source = sources[index]
            return prepare(load_face(source() if callable(source) else source), size, framing)

        return self.extractor.begin(list(sha256s) if sha256s else [None] * len(sources), load)

    def compared(
        self, features: Features, references: Sequence[Reference | None] | None = None
    ) -> Features:
        """Return features of pictures together with those of what they are compared with.

        Parameters
        ----------
        features
            Of n pictures.
        references
            As `predict` takes them.
        """
        if not self.compares:
            return features
        known = [
            each if each is not None and each.kind in self._kinds else None
            for each in references or [None] * len(features)
        ]
        return compared_with(features, known, self._features_of_references)

    def _features_of_references(self, others: Sequence[Picture]) -> Features:
        sources, sha256s = [each.source for each in others], [each.sha256 for each in others]
        with closing(self.begin(sources, sha256s)) as looking:
            return looking.features()

    def embeddings(self, features: Features, sha256s: Sequence[str]) -> NDArray[np.float16] | None:
        """Return what the trunk sees in faces (n, e); None where the model keeps nothing for that.

        Parameters
        ----------
        features
            Features of n pictures.
        sha256s
            n digests of the files.
        """
        return self.projection(features.appearance, sha256s) if self.projection else None

    def distances(
        self, embeddings: NDArray[np.float16] | None, sha256s: Sequence[str]
    ) -> NDArray[np.float64] | None:
        """Return how far faces are from those that the model learnt from, over its limit (n,).

        Parameters
        ----------
        embeddings, sha256s
            Of n pictures, as `embeddings` makes and takes them.

        Returns
        -------
        Array or None
            None where the model knows no limit.
        """
        if self.projection is None or embeddings is None:
            return None
        return self.projection.beyond_limit(embeddings, sha256s)

    def read(self, features: Features, sha256s: Sequence[str] | None = None) -> list[Prediction]:
        """Predict from features at hand.

        Parameters
        ----------
        features
            Features of n pictures.
        sha256s
            As `predict` takes them.
        """
        chunks = [
            self.heads(features[first : first + _CHUNK].inputs_of(self.heads))
            for first in range(0, len(features), _CHUNK)
        ]
        emotion, units = (
            np.concatenate([np.asarray(chunk[name], dtype=np.float64) for chunk in chunks])
            for name in ("emotion", "action_units")
        )
        present = units >= [self.manifest.thresholds[str(au)] for au in MODEL_ACTION_UNITS]
        for place, digest in enumerate(sha256s or []):
            row = self._rows.get(digest)
            if row is not None:
                emotion[place] = self.out_of_fold.emotion[row]
                units[place] = self.out_of_fold.units[row]
                present[place] = self.out_of_fold.present[row]
        return predictions_of(emotion, units, present, features.quality, self._sets)
