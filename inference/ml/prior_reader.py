"""Readings of pictures by the expression prior, kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs.head_pose import Pose
from annotations.facs.picture_quality import Quality
from inference.ml.expression_prior import PRIOR_LICENCE, PRIOR_SOURCE, build_prior
from inference.ml.feature_cache import Arrays, FeatureCache
from inference.ml.framing import PRIOR_FRAMING, PRIOR_SIZE
from inference.ml.graph_maker import light_prior
from inference.ml.preprocessing import PREPROCESSING_VERSION, PreparedFace
from inference.ml.prior_weights import PRIOR_SHA256
from inference.ml.runtime import asked

_BATCH = 32
_KEPT = ("said", "quality", "angles")


@dataclass(frozen=True)
class PriorReadings:
    """Readings of n pictures.

    Attributes
    ----------
    log_probabilities
        (n, 7) of `expression_prior.PRIOR_CLASSES`.
    quality
        n verdicts; `Quality.NO_FACE` where the middle of the picture was read.
    poses
        n poses of the head; None where no face was found.
    """

    log_probabilities: NDArray[np.float32]
    quality: tuple[Quality, ...]
    poses: tuple[Pose | None, ...]


def prior_fingerprint() -> str:
    """Return a digest of all that a reading depends on besides the picture: 16 hexadecimals."""
    parts = ("prior", PRIOR_SHA256, PRIOR_FRAMING, PRIOR_SIZE, PREPROCESSING_VERSION)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def described_prior() -> dict[str, str]:
    """Return what the manifest of a model says of the prior within it."""
    return {
        "source": PRIOR_SOURCE,
        "licence": PRIOR_LICENCE,
        "weights_sha256": PRIOR_SHA256,
        "fingerprint": prior_fingerprint(),
    }


class PriorReader:
    """The expression prior, which reads a picture once and keeps what it said.

    Parameters
    ----------
    load_prior
        Returns the network (`expression_prior.build_prior`) when it is needed first.
    cache
        Where readings are kept; None reads each time.
    """

    def __init__(self, load_prior: Callable[[], Any], cache: FeatureCache | None) -> None:
        self._load_prior, self.cache = load_prior, cache

    @classmethod
    def of_weights(cls, weights: Path, cache_dir: Path | None) -> PriorReader:
        """Return a reader of the network whose weights were fetched.

        Parameters
        ----------
        weights
            From `prior_weights.fetch_prior`.
        cache_dir
            The folder of all caches; None keeps nothing.
        """
        cache = FeatureCache(cache_dir, prior_fingerprint()) if cache_dir else None
        return cls(lambda: build_prior(weights), cache)

    @classmethod
    def light(cls, weights: Path, cache_dir: Path | None) -> PriorReader:
        """Return a reader that needs no Keras, whose network can't be joined to others.

        Parameters
        ----------
        weights, cache_dir
            As `of_weights` takes them.
        """
        cache = FeatureCache(cache_dir, prior_fingerprint()) if cache_dir else None
        return cls(lambda: light_prior(weights), cache)

    @cached_property
    def prior(self) -> Any:
        """The network, loaded when it is needed first."""
        return self._load_prior()

    def read(
        self,
        keys: Sequence[str | None],
        load: Callable[[int], PreparedFace],
        progress: Callable[[int, int], None] | None = None,
    ) -> PriorReadings:
        """Return the readings of pictures, fresh or from the cache.

        Parameters
        ----------
        keys
            n names under which readings are kept; None for a picture not to keep.
        load
            Prepares the i-th picture when it is needed.
        progress
            Called with how many pictures are read, and how many are to be read.
        """
        if self.cache is not None:
            self.cache.fetch(keys)
        rows = [self.cached(key) for key in keys]
        missing = [place for place, row in enumerate(rows) if row is None]
        for first in range(0, len(missing), _BATCH):
            if progress:
                progress(first, len(missing))
            chunk = missing[first : first + _BATCH]
            fresh = self.compute([keys[place] for place in chunk], [load(place) for place in chunk])
            for place, arrays in zip(chunk, fresh, strict=True):
                rows[place] = arrays
        if progress:
            progress(len(missing), len(missing))
        return _joined([row for row in rows if row is not None])

    def cached(self, key: str | None) -> Arrays | None:
        """Return what is kept of a picture; None where nothing is."""
        return None if self.cache is None or key is None else self.cache.read(key, _KEPT)

    def compute(self, keys: Sequence[str | None], faces: Sequence[PreparedFace]) -> list[Arrays]:
        """Read at most 32 prepared pictures, keep and return what is said of each.

        Parameters
        ----------
        keys
            As `read` takes them.
        faces
            As many.
        """
        if not faces:
            return []
        grey = np.stack([face.grey for face in faces])[..., None].astype(np.float32)
        said = asked(self.prior, grey, _BATCH)
        fresh = [_arrays(face, row) for face, row in zip(faces, said, strict=True)]
        for key, arrays in zip(keys, fresh, strict=True):
            if self.cache is not None and key is not None:
                self.cache.write(key, arrays)
        return fresh


def _arrays(face: PreparedFace, said: NDArray[np.float32]) -> Arrays:
    none = np.zeros(0, dtype=np.float32)
    return {
        "said": said,
        "quality": np.array(face.quality.value),
        "angles": none if face.detection is None else face.detection.angles,
    }


def _joined(rows: Sequence[Arrays]) -> PriorReadings:
    said = [row["said"] for row in rows]
    return PriorReadings(
        np.stack(said).astype(np.float32) if said else np.zeros((0, 7), dtype=np.float32),
        tuple(Quality(str(row["quality"])) for row in rows),
        tuple(_pose(row["angles"]) for row in rows),
    )


def _pose(angles: NDArray[np.float32]) -> Pose | None:
    return Pose(*(round(float(angle), 1) for angle in angles)) if angles.size else None
