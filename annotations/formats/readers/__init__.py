"""Readers that turn labels, as others distribute them, into plain rows.

No Django: nothing is written here.
"""

from annotations.formats.readers.ckplus import read_ckplus
from annotations.formats.readers.labels_csv import LabelsFile, read_labels
from annotations.formats.readers.layout import LABELS_FILE, detect_layout, look_into, table_of
from annotations.formats.readers.pictures import pictures
from annotations.formats.rows import (
    LabelledImage,
    Parsed,
    ParsedScore,
    RowError,
    SourceRow,
    UnreadableSource,
)

__all__ = [
    "LABELS_FILE",
    "LabelledImage",
    "LabelsFile",
    "Parsed",
    "ParsedScore",
    "RowError",
    "SourceRow",
    "UnreadableSource",
    "detect_layout",
    "look_into",
    "pictures",
    "read_ckplus",
    "read_labels",
    "table_of",
]
