"""The layouts a folder may have, and where in it the parts lie: at any depth, in any case."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from annotations.formats.readers.paths import IMAGE_SUFFIXES, files_below
from annotations.formats.rows import UnreadableSource

IMAGES_FOLDER = "cohn-kanade-images"
LABELS_FILE = "data_labels.csv"
LABEL_SUFFIXES = {"facs": "_facs.txt", "emotion": "_emotion.txt"}

BOTH_LAYOUTS = (
    f"Expected either CK+ as distributed ({IMAGES_FOLDER}/ beside FACS/ and Emotion/, or "
    f"FACS_labels/ and Emotion_labels/) or a folder with {LABELS_FILE} and the images it names."
)
_NO_LABELS = (
    f"There are pictures but no labels. Expected beside {IMAGES_FOLDER}/: FACS/ or FACS_labels/ "
    "with files such as S005_001_00000011_facs.txt, or Emotion/ or Emotion_labels/ with "
    f"S005_001_00000011_emotion.txt; or a {LABELS_FILE} that names the pictures. To take the "
    "pictures in as faces without a label, ask for unlabelled pictures."
)
_NO_PICTURES = (
    f"There are label files but no pictures. Expected beside them: {IMAGES_FOLDER}/ with files "
    "such as S005/001/S005_001_00000011.png."
)

Layout = Literal["ckplus", "labels", "pictures"]


@dataclass(frozen=True)
class Found:
    """The files in a folder that this package reads, each kind in a fixed order.

    `labels` are CK+'s files (kind, path), FACS before emotion; `tables` are named data_labels.csv.
    """

    pictures: tuple[Path, ...] = ()
    labels: tuple[tuple[str, Path], ...] = ()
    tables: tuple[Path, ...] = ()


def look_into(folder: Path) -> Found:
    """Find pictures and label files below `folder`, whatever the folders are called.

    Files are known by their names alone. For CK+'s pictures see `ckplus_pictures`.

    Parameters
    ----------
    folder
        Hidden files in it, and those that macOS leaves, are passed over.
    """
    files = list(files_below(folder))
    labels = [
        (kind, path)
        for kind, suffix in LABEL_SUFFIXES.items()
        for path in files
        if path.name.lower().endswith(suffix)
    ]
    images = [path for path in files if path.suffix.lower() in IMAGE_SUFFIXES]
    tables = [path for path in files if path.name.lower() == LABELS_FILE]
    return Found(tuple(images), tuple(labels), tuple(tables))


def ckplus_pictures(found: Found, root: Path) -> tuple[Path, ...]:
    """Return the pictures in folders cohn-kanade-images, if there are any; else all.

    So copies elsewhere, such as thumbnails, are none of CK+'s.

    Parameters
    ----------
    found
        What `look_into` found below `root`.
    root
        The data set's folder.
    """
    own = tuple(path for path in found.pictures if _is_in(path, root, IMAGES_FOLDER))
    return own or found.pictures


def _is_in(path: Path, root: Path, folder: str) -> bool:
    return any(part.lower() == folder for part in path.relative_to(root).parts[:-1])


def has_images_folder(root: Path) -> bool:
    """Tell whether there is a folder cohn-kanade-images, though it may be empty."""
    return any(path.name.lower() == IMAGES_FOLDER for path in root.rglob("*") if path.is_dir())


def table_of(found: Found, root: Path) -> Path:
    """Return the one data_labels.csv.

    Parameters
    ----------
    found
        What `look_into` found below `root`: one table at least.
    root
        The folder.

    Raises
    ------
    UnreadableSource
        There are several.
    """
    if len(found.tables) > 1:
        names = ", ".join(path.relative_to(root).as_posix() for path in found.tables[:5])
        raise UnreadableSource(f"There are several {LABELS_FILE}: {names}. Send each by itself.")
    return found.tables[0]


def detect_layout(path: Path, *, unlabelled: bool = False) -> Layout:
    """Tell which layout a folder has.

    Parameters
    ----------
    path
        The folder.
    unlabelled
        Whether pictures without labels are asked for: nothing else makes a folder "pictures".

    Returns
    -------
    Layout
        "ckplus" for CK+ as distributed, "labels" for a data_labels.csv, or "pictures".

    Raises
    ------
    UnreadableSource
        It has none of them, or is no folder; the text names what is missing.
    """
    if not path.is_dir():
        raise UnreadableSource(f"This is not a folder. {BOTH_LAYOUTS}")
    found = look_into(path)
    if found.labels and (found.pictures or has_images_folder(path)):
        return "ckplus"
    if found.tables:
        return "labels"
    if found.labels:
        raise UnreadableSource(_NO_PICTURES)
    if found.pictures and unlabelled:
        return "pictures"
    if found.pictures:
        raise UnreadableSource(_NO_LABELS)
    raise UnreadableSource(f"It holds neither layout. {BOTH_LAYOUTS}")
