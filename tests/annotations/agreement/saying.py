"""Short ways to say what somebody reads on a face."""

from __future__ import annotations

from annotations.codings.reading import Reading, Score
from annotations.codings.services import Provenance, add_coding
from annotations.models import Coder, Coding, Face


def say(face: Face, coder: Coder, *present: int, absent=(), **fields) -> Coding:
    """Write a coding without an emotion; what is neither present nor absent is not coded."""
    scores = {au: Score(au in present) for au in (*present, *absent)}
    return add_coding(face, coder, Reading("", scores), Provenance(**fields))
