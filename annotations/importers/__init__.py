"""Labels as others distribute them, read into plain rows. No Django: nothing is written here."""

from annotations.importers.ckplus import read_ckplus
from annotations.importers.labels import LabelsFile, read_labels
from annotations.importers.layouts import LABELS_FILE, detect_layout, look_into, table_of
from annotations.importers.pictures import pictures
from annotations.importers.rows import (
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
