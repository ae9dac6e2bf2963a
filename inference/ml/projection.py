"""Embeddings of faces, a few numbers each: principal components of what a model's trunk sees.

One more number tells how much of the face lies outside the components, where the faces that they
were fitted to hardly vary. The numbers are for telling whether a face is like those that a model
learnt from; no answer is made of them. They describe a person's face, as biometric templates do:
whoever stores them keeps them in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: The share of new people's faces, like those of a training, that may be called unlike them.
ALARMS = 0.05
_LARGEST = 6e4  # within half precision
_LEAST = 1e-6


def log_length(squares: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the logarithm of lengths, given their squares; of nothing, that of very little."""
    found: NDArray[np.float64] = np.log(np.maximum(squares.astype(np.float64), _LEAST)) / 2
    return found


def distances(embeddings: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return how far faces (n,) lie from the middle of a training's, about 1 for faces like them.

    It is the root mean square of the numbers, so Mahalanobis' distance over the root of how many
    there are, but for the one that tells what lies outside the components.

    Parameters
    ----------
    embeddings
        (n, e); NaN where unknown.

    Examples
    --------
    >>> distances(np.array([[3.0, 4.0], [0.0, 0.0]])).round(2).tolist()
    [3.54, 0.0]
    """
    squares: NDArray[np.float64] = embeddings.astype(np.float64) ** 2
    result: NDArray[np.float64] = np.sqrt(squares.mean(axis=1))
    return result


@dataclass(frozen=True)
class Projection:
    """Principal components of the features of the faces that a model learnt from.

    The scores of those faces spread wider than those of faces that come later, and less of them
    lies outside, as the components were chosen by them; so their scores are shrunk (Lee, Zou &
    Wright 2010, "Convergence and prediction of principal component scores in high-dimensional
    settings", Ann. Stat. 38), and the rest is enlarged.

    Attributes
    ----------
    mean
        (d,) mean of the features.
    components
        (d, e) directions of length 1.
    spread
        (e,) the scores' standard deviations on new faces.
    shrinkage
        (e,) at most 1: what the scores of the fitted faces are multiplied by.
    outside
        (3,) mean and standard deviation of the logarithm of the distance from the components, on
        new faces, and what is added to it for the fitted ones.
    fitted
        (m,) sha256 of the pictures that it was fitted to, as ASCII.
    left_out
        (m,) how far each of these lies from the middle of the others, by components of faces of
        other subjects; NaN where these were too few, None in older models.
    limit
        A number: at most `ALARMS` of the faces of new people like these lie farther. Infinite
        where there are too few people to tell, NaN as above.
    """

    mean: NDArray[np.float32]
    components: NDArray[np.float32]
    spread: NDArray[np.float32]
    shrinkage: NDArray[np.float32]
    outside: NDArray[np.float64]
    fitted: NDArray[np.bytes_]
    left_out: NDArray[np.float64] | None = None
    limit: NDArray[np.float64] | None = None

    def __call__(
        self, features: NDArray[np.float32], sha256s: Sequence[str]
    ) -> NDArray[np.float16]:
        """Return the embeddings (n, e + 1) of faces: each number varies by about 1.

        Parameters
        ----------
        features
            (n, d) a trunk's.
        sha256s
            n digests of the pictures, by which those that it was fitted to are known.
        """
        centred = features - self.mean
        scores = centred @ self.components
        rest = (centred.astype(np.float64) ** 2).sum(axis=1) - (scores**2).sum(axis=1)
        known = np.isin(np.array(sha256s, dtype="S64"), self.fitted)
        within = np.where(known[:, None], scores * self.shrinkage, scores) / self.spread
        middle, spread, added = self.outside
        beyond = (log_length(rest) + known * added - middle) / spread
        numbers = np.hstack([within, beyond[:, None]])
        kept: NDArray[np.float16] = np.clip(numbers, -_LARGEST, _LARGEST).astype(np.float16)
        return kept

    def beyond_limit(
        self, embeddings: NDArray[np.floating], sha256s: Sequence[str]
    ) -> NDArray[np.float64] | None:
        """Return how far faces lie from those that it was fitted to, over the limit: (n,).

        Those that it was fitted to lie as far as they did when their subjects were left out.

        Parameters
        ----------
        embeddings
            (n, e + 1) as it makes them.
        sha256s
            n digests of the pictures.

        Returns
        -------
        Array or None
            None where it knows no limit: there were too few people.
        """
        if self.left_out is None or self.limit is None or not np.isfinite(self.limit):
            return None
        far, place_of = distances(embeddings), {digest: at for at, digest in enumerate(self.fitted)}
        for row, digest in enumerate(sha256s):
            place = place_of.get(np.bytes_(digest.encode()))
            if place is not None:
                far[row] = self.left_out[place]
        over: NDArray[np.float64] = far / float(self.limit)
        return over

    def save(self, path: Path) -> None:
        """Write it as a NumPy archive, without dates."""
        arrays: dict[str, Any] = {
            each.name: value
            for each in fields(self)
            if (value := getattr(self, each.name)) is not None
        }
        with path.open("wb") as stream:
            np.savez(stream, **arrays)

    @classmethod
    def load(cls, path: Path) -> Projection:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(**{name: stored[name] for name in stored.files})
