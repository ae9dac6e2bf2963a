"""Tables as the programs' own writers write them: the same columns, in the same order."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import openpyxl

#: OpenFace 2, RecorderCSV.cpp: every unit has an intensity but AU28, which is only present or not.
_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
_ALL_UNITS = sorted((*_UNITS, 28))
_GAZE = [f"gaze_{eye}_{axis}" for eye in (0, 1) for axis in "xyz"] + [
    "gaze_angle_x",
    "gaze_angle_y",
]
_POSE = ["pose_Tx", "pose_Ty", "pose_Tz", "pose_Rx", "pose_Ry", "pose_Rz"]
_LANDMARKS = [f"{axis}_{number}" for axis in "xy" for number in range(68)]
_OPENFACE = [
    *_GAZE, *_POSE, *_LANDMARKS,
    *(f"AU{au:02d}_r" for au in _UNITS), *(f"AU{au:02d}_c" for au in _ALL_UNITS),
]  # fmt: skip
_PICTURE = ["face", "confidence"]
_VIDEO = ["frame", "face_id", "timestamp", "confidence", "success"]


def openface_picture(*faces: Mapping[str, str]) -> str:
    """FaceLandmarkImg's table of one picture: a row a face, `face` counts them."""
    rows = [
        {"face": str(number), "confidence": "0.98", **face} for number, face in enumerate(faces)
    ]
    return _openface([*_PICTURE, *_OPENFACE], rows)


def openface_video(*frames: Mapping[str, str]) -> str:
    """FeatureExtraction's table of one video: a row a frame, from 1."""
    rows = [
        {"frame": str(n), "face_id": "0", "timestamp": f"{(n - 1) / 30:.3f}", "confidence": "0.98",
         "success": "1", **frame}
        for n, frame in enumerate(frames, start=1)
    ]  # fmt: skip
    return _openface([*_VIDEO, *_OPENFACE], rows)


def _openface(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    lines = [", ".join(columns)]
    for row in rows:
        lines.append(", ".join(row.get(name, _blank(name)) for name in columns))
    return "\n".join(lines) + "\n"


def _blank(column: str) -> str:
    return "0" if column.endswith("_c") else "0.00" if column.endswith("_r") else "0.0"


#: Py-Feat 0.6, Fex columns of Detector.detect_image, with pandas' nameless index before them.
_PYFEAT_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 28, 43)
_PYFEAT_EMOTIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
_PYFEAT = [
    "", "FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore", *_LANDMARKS,
    "Pitch", "Roll", "Yaw", *(f"AU{au:02d}" for au in _PYFEAT_UNITS), *_PYFEAT_EMOTIONS,
    "input", "frame",
]  # fmt: skip


def pyfeat(*rows: Mapping[str, str], more: Sequence[str] = (), without: Sequence[str] = ()) -> str:
    """Py-Feat's table; `more` columns stand after the emotions."""
    place = _PYFEAT.index("input")
    columns = [*_PYFEAT[:place], *more, *_PYFEAT[place:]]
    columns = [name for name in columns if name not in without]
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(columns)
    for number, row in enumerate(rows):
        filled = {"": str(number), "FaceScore": "0.9994", "frame": str(number), **row}
        table.writerow([filled.get(name, "0.0") for name in columns])
    return buffer.getvalue()


def simple(*rows: str, header: str) -> str:
    return "\n".join([header, *rows]) + "\n"


def xlsx(
    *rows: Sequence[object], sheets: Mapping[str, Sequence[Sequence[object]]] | None = None
) -> bytes:
    """A workbook with these rows on its first sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    for name, more in (sheets or {}).items():
        sheet = book.create_sheet(name)
        for row in more:
            sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
