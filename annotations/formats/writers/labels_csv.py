"""`data_labels.csv`, with or without the images it names: what readers/labels_csv.py reads."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from annotations import facs
from annotations.formats.readers.columns import SIDES
from annotations.formats.readers.layout import LABELS_FILE
from annotations.formats.readers.paths import FRAME_NAME
from annotations.formats.records import FaceRecord, LabelledFace
from facsweb.rest.cells import defuse

_COLUMNS = (
    "filepath", "subject", "gender", "age_group", "ethnicity", "high_level_emotion", "emotion",
)  # fmt: skip
_UNITS = sorted(facs.ACTION_UNITS)


def write_labels(
    path: Path, faces: Iterable[LabelledFace], *, images: bool, extra: Sequence[str] = ()
) -> int:
    """Write `data_labels.csv`, or with images a zip of it and them.

    Faces without a ground truth have no row. Of each action unit: 1 present, 0 absent, blank not
    coded; intensities have no place in this format. Units on a part of the face stand once more
    in the column `sides`, as in L12+R14.

    Parameters
    ----------
    path
        The CSV or zip to write; an older one is overwritten.
    faces
        Taken one by one.
    images
        Whether to write a zip with the pictures, as far as the faces have them.
    extra
        Further columns that an import has kept; they go out again.

    Returns
    -------
    int
        How many faces it holds.
    """
    if not images:
        with path.open("w", encoding="utf-8", newline="") as file:
            return _write_rows(file, faces, extra)
    # The images come while the rows do, and a zip takes one member at a time: the rows wait.
    with zipfile.ZipFile(path, "w", allowZip64=True) as archive, _Spool(path) as spool:
        written = _write_rows(spool, _with_images(archive, faces), extra)
        spool.flush()
        archive.write(spool.name, LABELS_FILE, compress_type=zipfile.ZIP_DEFLATED)
    return written


def picture_name(face: FaceRecord) -> str:
    """Return the path by which a row names its picture, below the folder of the data set.

    Parameters
    ----------
    face
        The face.

    Returns
    -------
    str
        `images/S005_001_00000011.png` where subject, sequence and frame make such a name; else
        `images/<sha256>.<extension>`.
    """
    if face.frame is not None:
        stem = f"{face.subject}_{face.sequence}_{face.frame:08d}"
        if FRAME_NAME.match(stem):
            return f"images/{stem}.{face.extension}"
    return f"images/{face.sha256}.{face.extension}"


def _with_images(archive: zipfile.ZipFile, faces: Iterable[LabelledFace]) -> Iterator[LabelledFace]:
    for labelled in faces:
        if labelled.truth is not None and labelled.image is not None:
            archive.writestr(picture_name(labelled.face), labelled.image())
        yield labelled


def _write_rows(file: io.TextIOBase, faces: Iterable[LabelledFace], extra: Sequence[str]) -> int:
    rows = csv.writer(file)
    rows.writerow([*_COLUMNS, *(f"AU{au}" for au in _UNITS), SIDES, *map(defuse, extra)])
    written = 0
    for labelled in faces:
        if labelled.truth is not None:
            rows.writerow(_cells(labelled, extra))
            written += 1
    return written


def _cells(labelled: LabelledFace, extra: Sequence[str]) -> list[str]:
    truth, subject = labelled.truth, labelled.subject
    assert truth is not None
    shown = {score.au: "1" if score.present else "0" for score in truth.scores}
    about = (
        picture_name(labelled.face),
        subject.code,
        subject.gender,
        subject.age_group,
        subject.ethnicity,
        truth.emotion,
        truth.basic_emotion,
    )
    sides = "+".join(f"{score.side}{score.au}" for score in truth.scores if score.side)
    kept = (str(truth.extra.get(name, "")) for name in extra)
    return [*map(defuse, about), *(shown.get(au, "") for au in _UNITS), sides, *map(defuse, kept)]


class _Spool(io.TextIOWrapper):
    """Rows on disk beside the zip until it takes them; gone afterwards."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_suffix(".rows")
        super().__init__(self._path.open("wb"), encoding="utf-8", newline="")

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._path.unlink(missing_ok=True)
