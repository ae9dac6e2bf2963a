"""Kinds of what a model compares a face with, to tell an expression from a face at rest."""

from __future__ import annotations

from enum import StrEnum

#: Of a subject's faces, fewer may all show the same expression.
FEWEST_FOR_MEDIAN = 5
#: More move the median no further, and each has to be looked at.
MOST_FOR_MEDIAN = 25


class ReferenceKind(StrEnum):
    """A kind of reference."""

    NEUTRAL = "neutral"
    MEDIAN = "median"

    @property
    def words(self) -> str:
        """The kind as people read it."""
        return _WORDS[self]


_WORDS = {
    ReferenceKind.NEUTRAL: "the subject’s neutral frame",
    ReferenceKind.MEDIAN: "the median of the subject’s faces",
}
