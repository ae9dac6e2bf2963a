"""Embeddings as the database keeps them, and reading them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from inference.models import Embedding

_TYPE = "<f2"  # half precision, little-endian on every machine
_CHUNK = 500


def packed(numbers: NDArray[np.floating]) -> bytes:
    """Return what `Embedding.vector` keeps of one face's numbers: two bytes each.

    >>> packed(np.array([1.0, -2.0])).hex()
    '003c00c0'
    """
    return numbers.astype(_TYPE).tobytes()


def embeddings_of(codings: Sequence[int]) -> Iterator[tuple[int, NDArray[np.float16]]]:
    """Yield the ids of predictions that have an embedding, and its numbers (e,).

    Parameters
    ----------
    codings
        Ids of predictions.
    """
    for first in range(0, len(codings), _CHUNK):
        kept = Embedding.objects.filter(coding__in=codings[first : first + _CHUNK])
        for coding, vector in kept.values_list("coding_id", "vector"):
            yield coding, np.frombuffer(bytes(vector), dtype=_TYPE)
