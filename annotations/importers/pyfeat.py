"""Py-Feat's table: `AU12` and the emotions as probabilities, one row a face.

Cheong et al. (2023), "Py-Feat: Python Facial Expression Analysis Toolbox", Affective Science.
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

#: Its names of emotions -> CK+'s.
_EMOTIONS = {
    "anger": "anger", "disgust": "disgust", "fear": "fear", "happiness": "happy",
    "sadness": "sadness", "surprise": "surprise", "neutral": "neutral",
}  # fmt: skip
_PRESENT_FROM = 0.5


def is_pyfeat(header: Header) -> bool:
    lower = {name.lower() for name in header.names}
    known = {"input", "facescore", "facerectx"} | (_EMOTIONS.keys() - {"neutral"})
    return bool(header.unit_columns()) and len(lower & known) >= 2


def read_pyfeat(path: Path) -> Iterator[Prediction | RefusedRow]:
    """Predictions row by row; a unit is present from 0.5. Raises UnreadableSource.

    The probability of each of our classes is the sum of its emotions', scaled to sum to 1 without
    neutral, which belongs to no class. A face that is most likely neutral has no emotion here.
    """
    header = read_header(path)
    units = {au: name for au, name in header.unit_columns().items() if au in facs.ACTION_UNITS}
    emotions = {name.lower(): name for name in header.names if name.lower() in _EMOTIONS}
    for line, cells, row in read_rows(path):
        if isinstance(row, RefusedRow):
            yield row
            continue
        try:
            emotion, chances = _emotion(row, emotions)
            frame = number(row, "frame", 0, 2**31 - 1) if "frame" in row else None
            yield Prediction(
                picture=picture_of(row, header, path),
                line=line,
                frame=None if frame is None else int(frame),
                action_units=_units(row, units),
                emotion=emotion,
                emotion_probabilities=chances,
                cells=cells,
            )
        except Refused as refused:
            yield refuse(path, line, refused, cells)


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
    if not given or any(chance is None for chance in given.values()):
        return "", None
    classes = dict.fromkeys(facs.EMOTIONS, 0.0)
    for name, chance in given.items():
        high = facs.HIGH_LEVEL.get(_EMOTIONS[name], "")
        if high:
            classes[high] += chance or 0.0
    whole = sum(classes.values())
    most_likely = max(given, key=lambda name: given[name] or 0.0)
    if most_likely == "neutral" or not whole:
        return "", None
    chances = {name: chance / whole for name, chance in classes.items()}
    return max(chances, key=lambda name: chances[name]), chances
