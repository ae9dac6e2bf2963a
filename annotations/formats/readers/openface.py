"""OpenFace 2's table: `AU12_r` an intensity of 0 to 5, `AU12_c` a presence of 0 or 1.

Baltrušaitis et al. (2018), "OpenFace 2.0: Facial Behavior Analysis Toolkit"; its wiki, "Output
Format". FaceLandmarkImg writes one table a picture, named after it (`face, confidence, ...`);
FeatureExtraction one a video (`frame, face_id, timestamp, confidence, success, ...`), whose frames
count from 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from annotations import facs
from annotations.formats.readers.model_cells import number, picture_of, whole_number
from annotations.formats.readers.model_csv import (
    Header,
    PredictedUnit,
    Prediction,
    RefusedRow,
    read_header,
    read_rows,
    refuse,
)
from annotations.formats.readers.several_faces import Face, FacesOfPictures, Identify
from annotations.formats.rows import Refused

NAME = "OpenFace"
MIN_CONFIDENCE = 0.5


def is_openface(header: Header) -> bool:
    """Tell whether a table is OpenFace's: columns of its action units end in `_c` or `_r`."""
    return any(name.lower().endswith(("_c", "_r")) for name in header.unread_units())


def unread_columns(header: Header) -> list[str]:
    """Return the columns that look like action units and aren't read. Raises UnreadableSource."""
    return header.unread_units(header.unit_columns("_c"), header.unit_columns("_r"))


def is_video(path: Path) -> bool:
    """Tell whether a table is about several frames of what it is named after.

    Parameters
    ----------
    path
        A table of OpenFace's.

    Returns
    -------
    bool
        False where its rows name their pictures, or it has no column `frame`.

    Raises
    ------
    UnreadableSource
        It is no CSV, or has two columns of one name.
    """
    header = read_header(path)
    frame = header.column("frame")
    if frame is None:
        return False
    first = None
    for _, _, row in read_rows(path):
        if isinstance(row, RefusedRow):
            continue
        try:
            if picture_of(row, header):
                return False
        except Refused:
            return False
        first = row[frame] if first is None else first
        if row[frame] != first:
            return True
    return False


def read_openface(
    path: Path, *, identify: Identify, min_confidence: float = MIN_CONFIDENCE
) -> Iterator[Prediction | RefusedRow]:
    """Read OpenFace's predictions row by row; units that FACS has no number for are left out.

    Where only intensities are given, a unit is present from 1: OpenFace's scale calls 1 the least
    trace. The table is gone through twice, the first time for pictures with several faces.

    Parameters
    ----------
    path
        A table by the OpenFace wiki's "Output Format".
    identify
        Gives the face that a picture's name stands for: see `several_faces.Identify`.
    min_confidence
        Rows of a `confidence` (0 to 1) under it are refused; and those without one, if it is above
        0 and the table has the column.

    Yields
    ------
    Prediction or RefusedRow
        In the table's order. Refused are also rows in which no face was found (`success` 0), and
        all rows of a picture or frame with several faces.

    Raises
    ------
    UnreadableSource
        It is no CSV, or has two columns of one name or action unit.
    """
    header = read_header(path)
    presence, intensity = header.unit_columns("_c"), header.unit_columns("_r")
    faces = FacesOfPictures(path, lambda row: _face(row, header, identify), best=False)
    for line, cells, row in read_rows(path):
        if isinstance(row, RefusedRow):
            yield row
            continue
        picture, frame = "", None
        try:
            picture, frame = picture_of(row, header), _frame(row, header)
            if not _is_tracked(row, header):
                raise Refused("success", "OpenFace found no face in this picture.")
            faces.check(line, NAME)
            yield Prediction(
                picture=picture,
                line=line,
                frame=frame,
                action_units=_units(row, presence, intensity),
                extra=_confidence(row, header, min_confidence),
                cells=cells,
            )
        except Refused as refused:
            yield refuse(path, line, refused, cells, picture, frame)


def _face(row: Mapping[str, str], header: Header, identify: Identify) -> Face | None:
    if not _is_tracked(row, header):
        return None
    return Face.of(picture_of(row, header), _frame(row, header), identify)


def _is_tracked(row: Mapping[str, str], header: Header) -> bool:
    column = header.column("success")
    return column is None or number(row, column, 0, 1) != 0


def _frame(row: Mapping[str, str], header: Header) -> int | None:
    column = header.column("frame")
    return None if column is None else whole_number(row, column)


def _confidence(row: Mapping[str, str], header: Header, least: float) -> dict[str, float]:
    """Return the row's confidence, if the table has a column for it.

    Raises Refused where it is under `least`, or not known though there is a column for it.
    """
    column = header.column("confidence")
    if column is None:
        return {}
    sure = number(row, column, 0, 1)
    if sure is None and least > 0:
        written = row[column].strip()[:20]
        raise Refused(column, f"OpenFace doesn't say how sure it is of this face ({written!r}).")
    if sure is not None and sure < least:
        raise Refused(
            column,
            f"OpenFace is too unsure of this face: confidence {sure:g}, and at least {least:g} "
            "is asked for.",
        )
    return {} if sure is None else {"confidence": sure}


def _units(
    row: Mapping[str, str], presence: Mapping[int, str], intensity: Mapping[int, str]
) -> dict[int, PredictedUnit]:
    found = {}
    for au in sorted((presence.keys() | intensity.keys()) & facs.ACTION_UNITS.keys()):
        level = number(row, intensity[au], 0, 5) if au in intensity else None
        there = number(row, presence[au], 0, 1) if au in presence else None
        if there is not None and there not in {0, 1}:
            raise Refused(presence[au], f"{row[presence[au]][:40]} is not 0 or 1.")
        if there is not None or level is not None:
            present = there == 1 if there is not None else (level or 0) >= 1
            found[au] = PredictedUnit(present, intensity=level)
    return found
