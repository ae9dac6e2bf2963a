"""Features of faces, computed once and cached: by several threads, ahead of who uses them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs.picture_quality import Quality
from inference.ml.feature_cache import Arrays, FeatureCache
from inference.ml.features import Features
from inference.ml.geometry import DISTANCES
from inference.ml.preprocessing import Detection, PreparedFace, normalise
from inference.ml.prior_reader import PriorReader
from inference.ml.runtime import Light, asked
from inference.ml.side_by_side import Ahead
from inference.ml.trunk import tap_widths

#: Faces whose features are computed and kept together.
BATCH = 16
_DETECTION = ("box", "corners", "points", "angles")
_OF_EVERY_FACE = ("geometry", "found", "quality", *_DETECTION)
#: A face, and what a light trunk saw in it.
_Look = tuple[PreparedFace, NDArray[np.float32] | None]


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
        with closing(self.begin(keys, load)) as looking:
            return looking.features(progress)

    def begin(self, keys: Sequence[str | None], load: Callable[[int], PreparedFace]) -> Looking:
        """Begin to compute features, as `features` does, and return while that goes on."""
        for cache in (self.cache, self.prior.cache if self.prior else None):
            if cache is not None:
                cache.fetch(keys)
        rows = [self._cached(key) for key in keys]
        said = [self.prior.cached(key) if self.prior else None for key in keys]
        if any(row is None for row in rows):
            _ = self.trunk  # loaded here, not by several threads at once
        return Looking(self, keys, rows, said, load)

    def look(self, face: PreparedFace, wanted: bool) -> _Look:
        """Have a light trunk look at a face, in a thread of its own; others get whole batches."""
        if wanted and isinstance(self.trunk, Light):
            return face, self.trunk.one(normalise(face.crop[None]))
        return face, None

    def compute(self, keys: Sequence[str | None], looks: Sequence[_Look]) -> list[Features]:
        """Return and keep the features of at most 16 faces that were looked at."""
        faces = [face for face, _ in looks]
        seen = [each for _, each in looks if each is not None]
        if faces and not seen:
            crops = np.stack([face.crop for face in faces])
            seen = [asked(self.trunk, normalise(crops), BATCH)]
        computed = self._arrays_of(faces, np.concatenate(seen)) if faces else []
        for key, arrays in zip(keys, computed, strict=True):
            if self.cache is not None and key is not None:
                self.cache.write(key, arrays)
        return [self._row(arrays) for arrays in computed]

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


class Looking:
    """Features of n faces that are being computed. It has to be closed, to begin no more of them.

    Parameters
    ----------
    extractor
        Whose features they are.
    keys, load
        As `FeatureExtractor.features` takes them.
    rows, said
        Of each face, what is kept of its features and of what the prior said; None for nothing.
    """

    def __init__(
        self,
        extractor: FeatureExtractor,
        keys: Sequence[str | None],
        rows: list[Features | None],
        said: list[Arrays | None],
        load: Callable[[int], PreparedFace],
    ) -> None:
        self._extractor, self._keys, self._rows, self._said = extractor, keys, rows, said
        self._missing = [
            place
            for place, row in enumerate(rows)
            if row is None or (extractor.prior and said[place] is None)
        ]
        self._looks = Ahead(
            lambda place: extractor.look(load(place), rows[place] is None), self._missing
        )

    def features(
        self,
        progress: Callable[[int, int], None] | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> Features:
        """Wait for the features, keep and return them; once.

        Parameters
        ----------
        progress
            As `FeatureExtractor.features` takes it.
        meanwhile
            Called after each face that was looked at, while others are.
        """
        for first in range(0, len(self._missing), BATCH):
            if progress:
                progress(first, len(self._missing))
            places = self._missing[first : first + BATCH]
            looks = {}
            for place, look in zip(places, self._looks, strict=False):
                looks[place] = look
                if meanwhile:
                    meanwhile()
            self._take(looks)
        if progress:
            progress(len(self._missing), len(self._missing))
        whole = Features.concatenate([row for row in self._rows if row is not None])
        if not self._extractor.prior:
            return whole
        return replace(whole, prior=np.stack([each["said"] for each in self._said if each]))

    def close(self) -> None:
        """Begin no more, and wait for what has begun."""
        self._looks.close()

    def _take(self, looks: dict[int, _Look]) -> None:
        """Compute and keep what is missing of some faces, by their places."""
        unseen = [place for place in looks if self._rows[place] is None]
        fresh = self._extractor.compute(
            [self._keys[place] for place in unseen], [looks[place] for place in unseen]
        )
        for place, row in zip(unseen, fresh, strict=True):
            self._rows[place] = row
        prior = self._extractor.prior
        unread = [place for place in looks if self._said[place] is None] if prior else []
        if prior and unread:
            heard = prior.compute(
                [self._keys[place] for place in unread], [looks[place][0] for place in unread]
            )
            for place, arrays in zip(unread, heard, strict=True):
                self._said[place] = arrays


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
