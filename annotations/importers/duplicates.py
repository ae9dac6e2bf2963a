"""Rows that speak of the same image."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any

from annotations.importers.rows import LabelledImage, RowError


def settle(rows: Iterable[LabelledImage]) -> tuple[list[LabelledImage], list[RowError]]:
    """Collapse rows that say the same of one image; refuse those that disagree, both of them.

    The same image is the same content, whatever its name: a face is known by its digest.
    """
    by_image: dict[Hashable, list[LabelledImage]] = defaultdict(list)
    for row in rows:
        by_image[_digest(row.path)].append(row)
    agreed: list[LabelledImage] = []
    errors: list[RowError] = []
    for same in by_image.values():
        if all(_says(row) == _says(same[0]) for row in same):
            agreed.append(same[0])
        else:
            errors += _refuse(same, "labels", "The same image has other labels in {}.")
    frames: dict[Hashable, list[LabelledImage]] = defaultdict(list)
    for row in agreed:
        known = (row.subject, row.sequence, row.frame)
        frames[known if row.frame is not None else row.path].append(row)
    for same in frames.values():
        if len(same) > 1:
            errors += _refuse(same, "frame", "Another image has this subject and frame, in {}.")
    return [same[0] for same in frames.values() if len(same) == 1], errors


def _digest(path: Path) -> Hashable:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return path  # the import will tell why it cannot be read


def _says(row: LabelledImage) -> tuple[str, str, str, Mapping[int, Any]]:
    return row.subject, row.emotion, row.basic_emotion, row.action_units


def _refuse(rows: list[LabelledImage], field: str, message: str) -> list[RowError]:
    return [row.refuse(field, message.format(_others(row, rows))) for row in rows]


def _others(row: LabelledImage, rows: list[LabelledImage]) -> str:
    lines = [
        other.file if other.line is None else f"line {other.line}"
        for other in rows
        if other is not row
    ]
    return ", ".join(lines[:5]) + (" and more" if len(lines) > 5 else "")
