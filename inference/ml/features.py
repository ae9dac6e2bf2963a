"""Inputs of the heads for each face: VGG16's taps and the landmarks, computed once and cached."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs.picture_quality import Quality
from inference.ml.feature_cache import Arrays, FeatureCache
from inference.ml.geometry import DISTANCES
from inference.ml.preprocessing import Detection, PreparedFace, normalise
from inference.ml.prior_reader import PriorReader
from inference.ml.runtime import Light, asked
from inference.ml.side_by_side import ahead
from inference.ml.trunk import tap_widths

_BATCH = 16
_DETECTION = ("box", "corners", "points", "angles")
_OF_EVERY_FACE = ("geometry", "found", "quality", *_DETECTION)
#: A face, and what a light trunk saw in it.
_Look = tuple[PreparedFace, NDArray[np.float32] | None]


@dataclass(frozen=True)
class References:
    """Features of what n faces are compared with (`inference.ml.references`).

    Attributes
    ----------
    appearance, geometry
        (n, d) and (n, 861), as `Features` has them; zeros where there is nothing to compare with.
    compared
        (n, 1) 1 where there is, else 0.
    """

    appearance: NDArray[np.float32]
    geometry: NDArray[np.float32]
    compared: NDArray[np.float32]

    def __getitem__(self, rows: Any) -> References:
        return References(self.appearance[rows], self.geometry[rows], self.compared[rows])

    def inputs(self) -> dict[str, NDArray[np.float32]]:
        """Return the arrays by the names of the heads' inputs."""
        return {
            "reference_appearance": self.appearance,
            "reference_geometry": self.geometry,
            "compared": self.compared,
        }


@dataclass(frozen=True)
class Features:
    """Features of n faces.

    Attributes
    ----------
    appearance
        (n, d) VGG16's taps, averaged to their grids.
    geometry
        (n, 861) distances between landmarks; zeros where no face was found.
    found
        (n, 1) 1 where a face was found, else 0.
    quality
        n values of `annotations.facs.picture_quality.Quality`.
    detections
        n detections; None where no face was found.
    prior
        (n, 7) log-probabilities of the expression prior; None where nobody asked it.
    references
        What the faces are compared with; None for nothing.
    """

    appearance: NDArray[np.float32]
    geometry: NDArray[np.float32]
    found: NDArray[np.float32]
    quality: tuple[Quality, ...]
    detections: tuple[Detection | None, ...]
    prior: NDArray[np.float32] | None = None
    references: References | None = None

    def __len__(self) -> int:
        return len(self.appearance)

    def __getitem__(self, rows: Any) -> Features:
        chosen = np.arange(len(self))[rows]
        return Features(
            self.appearance[chosen],
            self.geometry[chosen],
            self.found[chosen],
            tuple(self.quality[row] for row in chosen),
            tuple(self.detections[row] for row in chosen),
            None if self.prior is None else self.prior[chosen],
            self.references[chosen] if self.references else None,
        )

    def inputs(self) -> dict[str, NDArray[np.float32]]:
        """Return the arrays by the names of the heads' inputs."""
        given = {"appearance": self.appearance, "geometry": self.geometry, "found": self.found}
        compared = self.references or References(*map(np.zeros_like, given.values()))
        told = {} if self.prior is None else {"prior": self.prior}
        return given | told | compared.inputs()

    def inputs_of(self, network: Any) -> dict[str, NDArray[np.float32]]:
        """Return the arrays that a network takes, by the names of its inputs.

        Parameters
        ----------
        network
            Heads, of one fit or of a mixture: Keras's or the light runtime's.
        """
        given = self.inputs()
        return {name: given[name] for name in network.input}

    @staticmethod
    def concatenate(parts: Sequence[Features]) -> Features:
        """Join the features of several batches of faces, in order, without references."""
        told = [part.prior for part in parts if part.prior is not None]
        return Features(
            np.concatenate([part.appearance for part in parts]),
            np.concatenate([part.geometry for part in parts]),
            np.concatenate([part.found for part in parts]),
            tuple(quality for part in parts for quality in part.quality),
            tuple(detection for part in parts for detection in part.detections),
            np.concatenate(told) if len(told) == len(parts) else None,
        )


class FeatureExtractor:
    """An extractor that computes features once per face and augmented copy, and keeps them on disk.

    Parameters
    ----------
    load_trunk
        Returns the trunk (`trunk.build_trunk`) when it is needed first.
    taps
        The names of those of its taps that make the appearance, in order (`trunk.tap_names`).
    cache
        Where features of every tap are kept as float16; None computes them each time.
    prior
        Reads the faces by the expression prior, too; None where nobody asks it.
    """

    def __init__(
        self,
        load_trunk: Callable[[], Any],
        taps: Sequence[str],
        cache: FeatureCache | None,
        prior: PriorReader | None = None,
    ) -> None:
        self._load_trunk, self.taps, self.cache = load_trunk, tuple(taps), cache
        self.prior = prior

    @cached_property
    def trunk(self) -> Any:
        """The trunk, loaded when it is needed first."""
        return self._load_trunk()

    def without_prior(self) -> FeatureExtractor:
        """Return the same extractor, which asks no prior."""
        return FeatureExtractor(lambda: self.trunk, self.taps, self.cache)

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
        said = [self.prior.cached(key) if self.prior else None for key in keys]
        missing = [
            index
            for index, row in enumerate(rows)
            if row is None or (self.prior and said[index] is None)
        ]
        if any(rows[index] is None for index in missing):
            _ = self.trunk  # loaded here, not by several threads at once
        done = 0
        with ahead(lambda index: self._look(load(index), rows[index] is None), missing) as looks:
            while chunk := dict(zip(missing[done : done + _BATCH], looks, strict=False)):
                if progress:
                    progress(done, len(missing))
                self._fill(rows, keys, {at: each for at, each in chunk.items() if rows[at] is None})
                self._ask_prior(said, keys, {at: face for at, (face, _) in chunk.items()})
                done += len(chunk)
        if progress:
            progress(len(missing), len(missing))
        whole = Features.concatenate([row for row in rows if row is not None])
        told = [arrays["said"] for arrays in said if arrays is not None]
        return replace(whole, prior=np.stack(told)) if self.prior else whole

    def _look(self, face: PreparedFace, wanted: bool) -> _Look:
        """Have a light trunk look at a face, in a thread of its own; others get whole batches."""
        if wanted and isinstance(self.trunk, Light):
            return face, self.trunk.one(normalise(face.crop[None]))
        return face, None

    def _fill(
        self, rows: list[Features | None], keys: Sequence[str | None], looks: Mapping[int, _Look]
    ) -> None:
        """Compute and keep the features of some faces, by their places in `rows`."""
        faces = [face for face, _ in looks.values()]
        seen = [each for _, each in looks.values() if each is not None]
        if faces and not seen:
            crops = np.stack([face.crop for face in faces])
            seen = [asked(self.trunk, normalise(crops), _BATCH)]
        computed = self._arrays_of(faces, np.concatenate(seen)) if faces else []
        for index, arrays in zip(looks, computed, strict=True):
            rows[index] = self._row(arrays)
            key = keys[index]
            if self.cache is not None and key is not None:
                self.cache.write(key, arrays)

    def _ask_prior(
        self,
        said: list[Arrays | None],
        keys: Sequence[str | None],
        faces: Mapping[int, PreparedFace],
    ) -> None:
        """Have the prior read those of some faces that it hasn't, by places in `said`."""
        unread = [index for index in faces if said[index] is None] if self.prior else []
        if self.prior and unread:
            fresh = self.prior.compute(
                [keys[index] for index in unread], [faces[index] for index in unread]
            )
            for index, arrays in zip(unread, fresh, strict=True):
                said[index] = arrays

    def _arrays_of(self, faces: Sequence[PreparedFace], seen: NDArray[Any]) -> list[Arrays]:
        """Return what the cache keeps of each face, of what the trunk saw (n, d)."""
        widths = tap_widths(self.trunk)
        taps = np.split(seen.astype(np.float16), np.cumsum(list(widths.values()))[:-1], axis=1)
        return [
            {name: tap[place, None] for name, tap in zip(widths, taps, strict=True)} | _arrays(face)
            for place, face in enumerate(faces)
        ]

    def _cached(self, key: str | None) -> Features | None:
        if self.cache is None or key is None:
            return None
        arrays = self.cache.read(key, (*self.taps, *_OF_EVERY_FACE))
        try:
            return None if arrays is None else self._row(arrays)
        except ValueError:  # what it says isn't known any more
            return None

    def _row(self, arrays: Arrays) -> Features:
        """Return one face's features as the cache tells them, whether cached or fresh."""
        return Features(
            np.concatenate([arrays[name] for name in self.taps], axis=1).astype(np.float32),
            arrays["geometry"].astype(np.float32),
            arrays["found"].astype(np.float32),
            (Quality(str(arrays["quality"])),),
            (_detection(arrays),),
        )


def _arrays(face: PreparedFace) -> Arrays:
    """Return what the cache keeps of a face besides the taps.

    The detection's arrays are empty where no face was found.
    """
    seen = face.geometry
    marks = np.zeros(DISTANCES, dtype=np.float16) if seen is None else seen.astype(np.float16)
    none = np.zeros(0, dtype=np.float32)
    return {
        "geometry": marks[None],
        "found": np.array([[seen is not None]], dtype=np.uint8),
        "quality": np.array(face.quality.value),
        **{
            name: none if face.detection is None else getattr(face.detection, name)
            for name in _DETECTION
        },
    }


def _detection(arrays: Arrays) -> Detection | None:
    found = {name: arrays[name] for name in _DETECTION}
    return Detection(**found) if found["points"].size else None
