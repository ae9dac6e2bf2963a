"""Marking faces that are drawings of nobody: who learns from them doesn't know people.

The demo's generator knows its pictures by their bytes, so they are known here under any name.
"""

from __future__ import annotations

from pathlib import Path

from annotations.models import Face
from annotations.synthetic.manifest import drawn_digests

#: Digests in one statement: every database takes so many parameters.
_CHUNK = 500


def mark_drawings(root: Path) -> int:
    """Mark the faces whose pictures the demo's generator drew below `root`.

    Parameters
    ----------
    root
        Any folder: one that the generator did not write marks nothing.

    Returns
    -------
    int
        How many faces were not marked before.
    """
    digests, marked = sorted(drawn_digests(root) or ()), 0
    for first in range(0, len(digests), _CHUNK):
        chunk = Face.objects.filter(sha256__in=digests[first : first + _CHUNK], is_drawn=False)
        marked += chunk.update(is_drawn=True)
    return marked
