"""Py-Feat's table: `AU12` and the emotions as probabilities, one row a face.

Cheong et al. (2023), "Py-Feat: Python Facial Expression Analysis Toolbox", Affective Science.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from annotations import facs
from annotations.formats.readers.emotions import NAMES, UNREAD, class_of
from annotations.formats.readers.model_csv import (
    Header,
    PredictedUnit,
    Prediction,
    RefusedRow,
    number,
    picture_of,
    read_header,
    read_rows,
    refuse,
    whole_number,
)
from annotations.formats.readers.several_faces import Face, FacesOfPictures, Identify
from annotations.formats.readers.spellings import is_nothing
from annotations.formats.rows import Refused, UnreadableSource

NAME = "Py-Feat"
_PRESENT_FROM = 0.5


def is_pyfeat(header: Header) -> bool:
    """Whether it has action units and what Py-Feat writes beside them, or emotions of pictures."""
    lower = {name.lower() for name in header.names}
    emotions = NAMES.keys() - {"neutral"}
    if not any(not name.lower().endswith(("_c", "_r")) for name in header.unread_units()):
        return header.file_column is not None and len(lower & emotions) >= 3
    return len(lower & ({"input", "facescore", "facerectx"} | emotions)) >= 2


def unread_columns(header: Header) -> list[str]:
    """What looks like an action unit or an emotion and isn't read. Raises UnreadableSource."""
    emotions = [name for name in header.names if name.lower() in UNREAD]
    return header.unread_units(header.unit_columns()) + emotions


def read_pyfeat(
    path: Path, *, identify: Identify, several_faces: str = "refuse"
) -> Iterator[Prediction | RefusedRow]:
    """Predictions row by row; a unit is present from 0.5. Raises UnreadableSource.

    Of several rows of a picture `several_faces` takes none ("refuse"), or the "best", where the
    others' FaceScore is under half of its own. Emotions: see `class_of`.
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
    """CK+'s name -> column. Raises UnreadableSource where two columns are of one emotion."""
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
