"""Py-Feat's table: `AU12` and the emotions as probabilities, one row a face.

Cheong et al. (2023), "Py-Feat: Python Facial Expression Analysis Toolbox", Affective Science.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from annotations import facs
from annotations.formats.readers.emotions import NAMES, UNREAD, class_of
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
from annotations.formats.readers.spellings import is_nothing
from annotations.formats.rows import Refused, UnreadableSource

NAME = "Py-Feat"
_PRESENT_FROM = 0.5


def is_pyfeat(header: Header) -> bool:
    """Tell whether a table is Py-Feat's, or one like it.

    Parameters
    ----------
    header
        It has action units (`AU12`) and two at least of what Py-Feat writes beside them (`input`,
        `FaceScore`, `FaceRectX`, emotions); or three emotions and a column that names the picture.
    """
    lower = {name.lower() for name in header.names}
    emotions = NAMES.keys() - {"neutral"}
    if not any(not name.lower().endswith(("_c", "_r")) for name in header.unread_units()):
        return header.file_column is not None and len(lower & emotions) >= 3
    return len(lower & ({"input", "facescore", "facerectx"} | emotions)) >= 2


def unread_columns(header: Header) -> list[str]:
    """Return columns like action units and emotions that aren't read. Raises UnreadableSource."""
    emotions = [name for name in header.names if name.lower() in UNREAD]
    return header.unread_units(header.unit_columns()) + emotions


def read_pyfeat(
    path: Path, *, identify: Identify, several_faces: str = "refuse"
) -> Iterator[Prediction | RefusedRow]:
    """Read Py-Feat's predictions row by row; a unit is present from a probability of 0.5.

    The table is gone through twice, the first time for pictures with several faces. For emotions
    see `emotions.class_of`.

    Parameters
    ----------
    path
        A table as Py-Feat's documentation has it: `input`, `frame`, `FaceScore`, action units such
        as `AU12` and emotions. The last three are of 0 to 1.
    identify
        Gives the face that a picture's name stands for: see `several_faces.Identify`.
    several_faces
        "refuse" takes none of several rows of a picture; "best" takes the one of the highest
        `FaceScore`, where each other's is under half of it.

    Yields
    ------
    Prediction or RefusedRow
        In the table's order.

    Raises
    ------
    UnreadableSource
        It is no CSV, or has two columns of one name, action unit or emotion.
    """
    header = read_header(path)
    units = {au: name for au, name in header.unit_columns().items() if au in facs.ACTION_UNITS}
    emotions = _emotion_columns(header)
    said = [*units.values(), *emotions.values()]
    faces = FacesOfPictures(
        path, lambda row: _face(row, header, said, identify), best=several_faces == "best"
    )
    for line, cells, row in read_rows(path):
        if isinstance(row, RefusedRow):
            yield row
            continue
        picture, frame = "", None
        try:
            picture, frame = picture_of(row, header), _frame(row, header)
            if all(is_nothing(row[column]) for column in said):
                raise Refused(
                    "row", "Nothing is said here; a row needs an emotion or action units."
                )
            faces.check(line, NAME)
            emotion, chances = _emotion(row, emotions)
            score = _score(row, header)
            yield Prediction(
                picture=picture,
                line=line,
                frame=frame,
                action_units=_units(row, units),
                emotion=emotion,
                emotion_probabilities=chances,
                extra={} if score is None else {"FaceScore": score},
                cells=cells,
            )
        except Refused as refused:
            yield refuse(path, line, refused, cells, picture, frame)


def _emotion_columns(header: Header) -> dict[str, str]:
    """Map CK+'s names of emotions to columns. Raises UnreadableSource where two are the same."""
    found: dict[str, str] = {}
    for name in header.names:
        emotion = NAMES.get(name.lower())
        if emotion in found:
            raise UnreadableSource(
                f"Columns {found[emotion]!r} and {name!r} are the same emotion; keep one."
            )
        if emotion is not None:
            found[emotion] = name
    return found


def _face(
    row: Mapping[str, str], header: Header, said: list[str], identify: Identify
) -> Face | None:
    if all(is_nothing(row[column]) for column in said):
        return None
    picture, frame = picture_of(row, header), _frame(row, header)
    return Face.of(picture, frame, identify, _score(row, header))


def _score(row: Mapping[str, str], header: Header) -> float | None:
    column = header.column("facescore")
    return None if column is None else number(row, column, 0, 1)


def _frame(row: Mapping[str, str], header: Header) -> int | None:
    column = header.column("frame")
    return None if column is None else whole_number(row, column)


def _units(row: Mapping[str, str], columns: Mapping[int, str]) -> dict[int, PredictedUnit]:
    found = {}
    for au, column in sorted(columns.items()):
        chance = number(row, column, 0, 1)
        if chance is not None:
            found[au] = PredictedUnit(chance >= _PRESENT_FROM, probability=chance)
    return found


def _emotion(
    row: Mapping[str, str], columns: Mapping[str, str]
) -> tuple[str, dict[str, float] | None]:
    given = {name: number(row, column, 0, 1) for name, column in columns.items()}
    known = {name: chance for name, chance in given.items() if chance is not None}
    return class_of(known) if known and len(known) == len(given) else ("", None)
