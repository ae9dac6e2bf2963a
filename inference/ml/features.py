"""Inputs of the heads for each face: VGG16's taps and the landmarks, computed once and cached."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs.picture_quality import Quality
from inference.ml.facemesh import LANDMARKS
from inference.ml.preprocessing import Detection, PreparedFace, normalise

_BATCH = 16
_GEOMETRY = 2 * LANDMARKS
_DETECTION = ("box", "corners", "points")


@dataclass(frozen=True)
class Features:
    """Features of n faces.

    Attributes
    ----------
    appearance
        (n, d) VGG16's taps, averaged to their grids.
    geometry
        (n, 936) aligned landmarks, in eye distances; zeros where no face was found.
    found
        (n, 1) 1 where a face was found, else 0.
    tuned
        (n, 18) probabilities by a fine-tuned trunk: emotions, then action units; (n, 0) for a
        frozen one.
    quality
        n values of `annotations.facs.picture_quality.Quality`.
    detections
        n detections; None where no face was found.
    """

    appearance: NDArray[np.float32]
    geometry: NDArray[np.float32]
    found: NDArray[np.float32]
    tuned: NDArray[np.float32]
    quality: tuple[Quality, ...]
    detections: tuple[Detection | None, ...]

    def __len__(self) -> int:
        return len(self.appearance)

    def __getitem__(self, rows: Any) -> Features:
        chosen = np.arange(len(self))[rows]
        return Features(
            self.appearance[chosen],
            self.geometry[chosen],
            self.found[chosen],
            self.tuned[chosen],
            tuple(self.quality[row] for row in chosen),
            tuple(self.detections[row] for row in chosen),
        )

    def inputs(self) -> dict[str, NDArray[np.float32]]:
        """Return the arrays by the names of the heads' inputs."""
        given = {"appearance": self.appearance, "geometry": self.geometry, "found": self.found}
        return given | {"tuned": self.tuned} if self.tuned.shape[1] else given

    @staticmethod
    def concatenate(parts: Sequence[Features]) -> Features:
        """Join the features of several batches of faces, in order."""
        return Features(
            np.concatenate([part.appearance for part in parts]),
            np.concatenate([part.geometry for part in parts]),
            np.concatenate([part.found for part in parts]),
            np.concatenate([part.tuned for part in parts]),
            tuple(quality for part in parts for quality in part.quality),
            tuple(detection for part in parts for detection in part.detections),
        )


class FeatureExtractor:
    """An extractor that computes features once per face and augmented copy, and keeps them on disk.

    Parameters
    ----------
    trunk
        From `trunk.build_trunk`.
    fingerprint
        Digest of what the features depend on besides the picture: weights, size, taps,
        preprocessing.
    cache_dir
        Where features are kept as float16; None computes them each time.
    """

    def __init__(self, trunk: Any, fingerprint: str, cache_dir: Path | None) -> None:
        self.trunk = trunk
        self.folder = cache_dir / fingerprint if cache_dir else None
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)

    def features(
        self,
        keys: Sequence[str | None],
        load: Callable[[int], PreparedFace],
        progress: Callable[[int, int], None] | None = None,
    ) -> Features:
        """Return the features of faces, computed or from the cache.

        Parameters
        ----------
        keys
            n names, at least one, under which features are kept; None for a face not to keep.
        load
            Prepares the i-th face when it is needed.
        progress
            Called with how many faces are computed, and how many are to be computed.

        Returns
        -------
        Features
            Features of n faces.
        """
        rows = [self._cached(key) for key in keys]
        missing = [index for index, row in enumerate(rows) if row is None]
        for first in range(0, len(missing), _BATCH):
            chunk = missing[first : first + _BATCH]
            if progress:
                progress(first, len(missing))
            computed = self._compute([load(index) for index in chunk])
            for place, index in enumerate(chunk):
                rows[index] = computed[place : place + 1]
                self._store(keys[index], computed[place : place + 1])
        if progress:
            progress(len(missing), len(missing))
        return Features.concatenate([row for row in rows if row is not None])

    def _compute(self, faces: Sequence[PreparedFace]) -> Features:
        # A full batch every time: one compiled shape, and batch equals single.
        crops = np.zeros((_BATCH, *faces[0].crop.shape), dtype=np.uint8)
        for place, face in enumerate(faces):
            crops[place] = face.crop
        nothing = np.zeros(_GEOMETRY, dtype=np.float32)
        marks = [nothing if face.geometry is None else face.geometry for face in faces]
        answers = self.trunk.predict_on_batch(normalise(crops))
        appearance, tuned = answers if isinstance(answers, list) else (answers, crops[:, 0, 0, :0])
        return Features(
            _rounded(appearance[: len(faces)]),
            _rounded(np.stack(marks)),
            np.array([[face.geometry is not None] for face in faces], dtype=np.float32),
            _rounded(tuned[: len(faces)]),
            tuple(face.quality for face in faces),
            tuple(face.detection for face in faces),
        )

    def _cached(self, key: str | None) -> Features | None:
        if self.folder is None or key is None:
            return None
        try:
            with np.load(self.folder / f"{key}.npz", allow_pickle=False) as stored:
                return Features(
                    stored["appearance"].astype(np.float32),
                    stored["geometry"].astype(np.float32),
                    stored["found"].astype(np.float32),
                    stored["tuned"].astype(np.float32),
                    (Quality(str(stored["quality"])),),
                    (_detection(stored),),
                )
        except (OSError, ValueError, EOFError, KeyError):
            return None

    def _store(self, key: str | None, row: Features) -> None:
        if self.folder is None or key is None:
            return
        target = self.folder / f"{key}.npz"
        partial = target.with_suffix(f".{os.getpid()}.part")
        with partial.open("wb") as stream:
            np.savez(
                stream,
                appearance=row.appearance.astype(np.float16),
                geometry=row.geometry.astype(np.float16),
                found=row.found.astype(np.uint8),
                tuned=row.tuned.astype(np.float16),
                quality=np.array(row.quality[0].value),
                **_arrays(row.detections[0]),
            )
        partial.replace(target)


def _arrays(detection: Detection | None) -> dict[str, Any]:
    """Return a detection's arrays as the cache keeps them: empty ones where no face was found."""
    if detection is None:
        return dict.fromkeys(_DETECTION, np.zeros(0, dtype=np.float32))
    return {name: getattr(detection, name) for name in _DETECTION}


def _detection(stored: Mapping[str, NDArray[np.float32]]) -> Detection | None:
    arrays = {name: stored[name] for name in _DETECTION}
    return Detection(**arrays) if arrays["points"].size else None


def _rounded(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round as the cache does, so that a cached and a fresh answer are the same."""
    return np.asarray(values).astype(np.float16).astype(np.float32)
