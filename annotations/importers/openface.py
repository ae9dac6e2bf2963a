"""OpenFace 2's table: `AU12_r` an intensity of 0 to 5, `AU12_c` a presence of 0 or 1.

Baltrušaitis et al. (2018), "OpenFace 2.0: Facial Behavior Analysis Toolkit"; its wiki, "Output
Format". FaceLandmarkImg writes one table a picture, named after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from annotations import facs
from annotations.importers.model_csv import (
    Header,
    PredictedUnit,
    Prediction,
    RefusedRow,
    number,
    picture_of,
    read_header,
    read_rows,
    refuse,
)
from annotations.importers.rows import Refused


def is_openface(header: Header) -> bool:
    return bool(header.unit_columns("_c") or header.unit_columns("_r"))


def read_openface(path: Path) -> Iterator[Prediction | RefusedRow]:
    """Predictions row by row; action units that FACS has no number for here are left out.

    Where only intensities are given, a unit is present from 1: OpenFace's scale calls 1 the least
    trace. Raises UnreadableSource.
    """
    header = read_header(path)
    presence, intensity = header.unit_columns("_c"), header.unit_columns("_r")
    for line, cells, row in _single_faces(path):
        if isinstance(row, RefusedRow):
            yield row
            continue
        try:
            if "success" in row and number(row, "success", 0, 1) == 0:
                raise Refused("success", "OpenFace found no face in this picture.")
            frame = number(row, "frame", 0, 2**31 - 1) if "frame" in row else None
            yield Prediction(
                picture=picture_of(row, header, path),
                line=line,
                frame=None if frame is None else int(frame),
                action_units=_units(row, presence, intensity),
                cells=cells,
            )
        except Refused as refused:
            yield refuse(path, line, refused, cells)


def _single_faces(path: Path) -> Iterator[tuple[int, list[str], dict[str, str] | RefusedRow]]:
    """Rows of pictures with one face; which of several is meant, nobody can tell.

    Rows of one picture stand together, so neighbours are all that must be compared.
    """
    header = read_header(path)
    waiting: list[tuple[int, list[str], dict[str, str]]] = []
    key: tuple[str, ...] | None = None
    columns = [name for name in (header.file_column, "frame", "timestamp") if name in header.names]
    for line, cells, row in read_rows(path):
        if isinstance(row, RefusedRow):
            yield line, cells, row
            continue
        now = tuple(row[name] for name in columns)
        if not columns or now != key:
            yield from _settled(path, waiting)
            waiting, key = [], now
        waiting.append((line, cells, row))
    yield from _settled(path, waiting)


def _settled(
    path: Path, rows: list[tuple[int, list[str], dict[str, str]]]
) -> Iterator[tuple[int, list[str], dict[str, str] | RefusedRow]]:
    several = Refused("face_id", "OpenFace found several faces here; which is meant?")
    for line, cells, row in rows:
        yield line, cells, row if len(rows) == 1 else refuse(path, line, several, cells)


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
