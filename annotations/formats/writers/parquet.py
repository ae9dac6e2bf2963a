"""A table of one row a coding, for pandas, Polars, DuckDB and Spark."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotations import facs
from annotations.facs.head_pose import Pose
from annotations.facs.prediction_set import PredictionSet
from annotations.formats.records import CodingRecord, FaceRecord, SubjectRecord

_ROWS_A_GROUP = 5000
_GRADES = list(facs.INTENSITIES)
_MODEL_UNITS = facs.MODEL_ACTION_UNITS
_COLUMNS_OF = {
    au: (f"AU{au}", f"AU{au}_intensity", f"AU{au}_probability", f"AU{au}_side")
    for au in _MODEL_UNITS
}
_ANGLES = tuple(field.name for field in fields(Pose))  # in degrees

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("face", "subject", "gender", "age_group", "ethnicity")),
        ("sequence", pa.string()),
        ("frame", pa.int32()),
        *((name, pa.string()) for name in ("coder_kind", "coder", "emotion", "basic_emotion")),
        *((f"p_{name}", pa.float32()) for name in facs.EMOTIONS),
        ("split", pa.string()),
        ("quality", pa.string()),
        *((name, pa.float32()) for name in _ANGLES),
        ("compared_with", pa.string()),
        ("distance", pa.float32()),
        ("possible_emotions", pa.string()),
        ("unsure_action_units", pa.string()),
        *((name, pa.bool_()) for name in ("is_accepted", "is_blind", "is_withdrawn")),
        ("created_at", pa.timestamp("us", tz="UTC")),
        *((f"AU{au}", pa.bool_()) for au in _MODEL_UNITS),
        *((f"AU{au}_intensity", pa.int8()) for au in _MODEL_UNITS),
        *((f"AU{au}_probability", pa.float32()) for au in _MODEL_UNITS),
        *((f"AU{au}_side", pa.string()) for au in _MODEL_UNITS),
        ("other_action_units", pa.string()),
    ]
)

Row = tuple[CodingRecord, FaceRecord, SubjectRecord]


def write_parquet(path: Path, codings: Iterable[Row]) -> int:
    """Write codings as a Parquet file of `SCHEMA`, in groups of 5,000 rows.

    An action unit is null where it was not coded; an intensity is 1 to 5 for A to E, a side is L,
    R, T or B. Units beyond the model's fifteen stand as JSON in `other_action_units`: true, false,
    or side and intensity, such as "LC".

    Parameters
    ----------
    path
        The file to write, compressed by zstd; an older one is overwritten.
    codings
        Each with its face and that face's subject; a group of them is in memory at a time.

    Returns
    -------
    int
        How many rows there are.
    """
    written = 0
    rows = iter(codings)
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        while group := list(itertools.islice(rows, _ROWS_A_GROUP)):
            writer.write_table(pa.Table.from_pylist([_row(*row) for row in group], schema=SCHEMA))
            written += len(group)
    return written


def _row(coding: CodingRecord, face: FaceRecord, subject: SubjectRecord) -> dict[str, Any]:
    chances: Mapping[str, float] = coding.emotion_probabilities or {}
    return {
        "face": face.sha256,
        "subject": subject.code,
        "gender": subject.gender,
        "age_group": subject.age_group,
        "ethnicity": subject.ethnicity,
        "sequence": face.sequence,
        "frame": face.frame,
        "coder_kind": coding.coder_kind,
        "coder": coding.coder,
        "emotion": coding.emotion,
        "basic_emotion": coding.basic_emotion,
        **{f"p_{name}": chances.get(name) for name in facs.EMOTIONS},
        "split": coding.split,
        "quality": coding.quality,
        **(coding.pose or {}),
        "compared_with": coding.compared_with or None,
        "distance": coding.distance,
        **_sets(coding),
        "is_accepted": coding.is_accepted,
        "is_blind": coding.is_blind,
        "is_withdrawn": coding.is_withdrawn,
        "created_at": datetime.fromisoformat(coding.created_at) if coding.created_at else None,
        **_units(coding),
    }


def _sets(coding: CodingRecord) -> dict[str, str | None]:
    """Return what a model can't exclude, in words as its API has them, parted by blanks."""
    if not coding.sets:
        return {}
    found = PredictionSet.from_json(coding.sets)
    return {
        "possible_emotions": " ".join(found.emotions) or None,
        "unsure_action_units": " ".join(f"AU{au}" for au in found.unsure),
    }


def _units(coding: CodingRecord) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    others: dict[str, str | bool] = {}
    for score in coding.scores:
        if score.au not in _COLUMNS_OF:
            others[str(score.au)] = f"{score.side}{score.intensity}" or score.present
            continue
        present, intensity, probability, side = _COLUMNS_OF[score.au]
        cells[present] = score.present
        cells[intensity] = _GRADES.index(score.intensity) + 1 if score.intensity else None
        cells[probability] = score.probability
        cells[side] = score.side or None
    return cells | {"other_action_units": json.dumps(others) if others else None}
