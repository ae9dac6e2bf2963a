"""The sender's choices of how the rows of an imported file are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

#: What becomes of a picture's several faces, and what a page calls it.
SEVERAL_FACES = [
    ("refuse", "refuse the rows"),
    ("best", "take the one that stands out"),
]


@dataclass(frozen=True)
class ImportOptions:
    """The sender's choices; the defaults add nothing that the file doesn't say."""

    #: Rows of which OpenFace is less confident than this (0 to 1) are refused.
    min_confidence: float = 0.5
    #: Py-Feat with several rows of one picture: "refuse" them, or take the "best", where the
    #: other faces' score is under half of its own.
    several_faces: str = "refuse"
    #: Pictures that nothing is said of come in as faces without a label.
    unlabelled: bool = False
    #: Labels replace the ground truth that another import gave; never one that a person decided.
    replace_truth: bool = False
    #: Read and check everything, write nothing, and report what would be written.
    dry_run: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> ImportOptions:
        """Return the options in `given`; one that is missing, as in old runs, has its default."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in given.items() if name in known})
