"""Which of the two layouts a folder has."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from annotations.importers.rows import UnreadableSource

IMAGES_FOLDER = "cohn-kanade-images"
#: The folders' own names, and the names of the zips they come in.
FACS_FOLDERS = ("FACS", "FACS_labels")
EMOTION_FOLDERS = ("Emotion", "Emotion_labels")
LABELS_FILE = "data_labels.csv"

BOTH_LAYOUTS = (
    f"Expected either CK+ as distributed ({IMAGES_FOLDER}/ beside FACS/ and Emotion/, or "
    f"FACS_labels/ and Emotion_labels/) or a folder with {LABELS_FILE} and the images it names."
)


def folders(root: Path, names: tuple[str, ...]) -> list[Path]:
    return [root / name for name in names if (root / name).is_dir()]


def detect_layout(path: Path) -> Literal["ckplus", "labels"]:
    """The layout of the folder `path`. Raises UnreadableSource, naming both layouts."""
    if not path.is_dir():
        raise UnreadableSource(f"{path} is not a folder. {BOTH_LAYOUTS}")
    has_labels = bool(folders(path, FACS_FOLDERS + EMOTION_FOLDERS))
    if (path / IMAGES_FOLDER).is_dir() and has_labels:
        return "ckplus"
    if (path / LABELS_FILE).is_file():
        return "labels"
    raise UnreadableSource(f"{path} holds neither layout. {BOTH_LAYOUTS}")
