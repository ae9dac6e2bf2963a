"""The predictions of a training's model, beside the truth that it was judged by, face by face.

Only of faces whose readings the user may know, and it is written down that they were shown them.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User

from annotations import facs
from annotations.facs.prediction_set import PredictionSet
from annotations.models import ActionUnitScore, Coding, SnapshotFace
from annotations.visibility import look_at, readable, visible_faces
from facsweb.rest.cells import defuse
from training.models import TrainingRun
from training.runs.sink import Sink

_CHUNK = 2000
_UNITS = facs.MODEL_ACTION_UNITS
_ABOUT = (
    "face", "subject", "sha256", "split", "quality", "distance", "possible_emotions",
    "unsure_action_units", "learnt_from_drawings",
)  # fmt: skip
COLUMNS = (
    *_ABOUT,
    "emotion_truth",
    "emotion_predicted",
    *(f"p_{name}" for name in facs.EMOTIONS),
    *(f"AU{au}_{what}" for au in _UNITS for what in ("truth", "predicted", "probability")),
)

Row = dict[str, Any]
Scores = dict[int, dict[int, tuple[bool, float | None]]]


def prediction_rows(run: TrainingRun, user: User) -> Iterator[list[Row]]:
    """Yield the predictions of the run's model in chunks, by the faces' ids.

    The truth is that of the snapshot that the run learnt from; of a face that isn't in it, today's.
    A unit that wasn't coded, or a face without truth, has None there.

    Parameters
    ----------
    run
        One with a version.
    user
        Who gets them.
    """
    assert run.version is not None
    readings = Coding.objects.filter(coder=run.version.coder_id)
    readings = readings.filter(face__in=readable(visible_faces(user), user).values("pk"))
    columns = (
        "face_id", "pk", "face__subject__code", "face__sha256", "split", "quality", "emotion",
        "emotion_probabilities", "distance", "sets", "coder__drawn_share", "face__is_drawn",
    )  # fmt: skip
    last = 0
    while True:
        after = readings.filter(face__gt=last).order_by("face_id")
        chunk = list(after.values_list(*columns)[:_CHUNK])
        if not chunk:
            return
        last = chunk[-1][0]
        look_at(user, [face for face, *_ in chunk])
        truths = _truths(run, [face for face, *_ in chunk])
        scores = _scores([*(row[1] for row in chunk), *(pk for pk, _ in truths.values())])
        yield [_row(row, truths.get(row[0]), scores) for row in chunk]


def _truths(run: TrainingRun, faces: list[int]) -> dict[int, tuple[int, str]]:
    """Return the id and the emotion of each face's truth."""
    accepted = Coding.objects.accepted().filter(face__in=faces)
    found = {face: (pk, said) for face, pk, said in accepted.values_list("face", "pk", "emotion")}
    if run.snapshot_id is not None:
        then = SnapshotFace.objects.filter(snapshot=run.snapshot_id, face__in=faces)
        rows = then.values_list("face", "coding", "coding__emotion")
        found |= {face: (pk, said) for face, pk, said in rows}
    return found


def _scores(codings: list[int]) -> Scores:
    found: Scores = defaultdict(dict)
    rows = ActionUnitScore.objects.filter(coding__in=codings, au__in=_UNITS).order_by()
    for coding, au, present, probability in rows.values_list(
        "coding", "au", "present", "probability"
    ):
        found[coding][au] = (present, probability)
    return found


def _row(reading: tuple[Any, ...], truth: tuple[int, str] | None, scores: Scores) -> Row:
    face, pk, subject, sha256, split, quality, emotion, chances, *doubts = reading
    known = (face, subject, sha256, split, quality, *_doubts(*doubts))
    about = dict(zip(_ABOUT, known, strict=True))
    row = about | {
        "emotion_truth": (truth[1] or None) if truth else None,
        "emotion_predicted": emotion or None,
        **{f"p_{name}": (chances or {}).get(name) for name in facs.EMOTIONS},
    }
    said, true = scores.get(pk, {}), scores.get(truth[0], {}) if truth else {}
    for au in _UNITS:
        predicted, probability = said.get(au, (None, None))
        row[f"AU{au}_truth"] = true.get(au, (None, None))[0]
        row[f"AU{au}_predicted"], row[f"AU{au}_probability"] = predicted, probability
    return row


def _doubts(
    distance: float | None, sets: dict[str, Any] | None, share: float | None, is_drawn: bool
) -> tuple[float | None, str | None, str | None, bool]:
    found = PredictionSet.from_json(sets) if sets else None
    return (
        distance,
        (" ".join(found.emotions) or None) if found else None,
        " ".join(f"AU{au}" for au in found.unsure) if found else None,
        bool(share) and not is_drawn,
    )


def as_csv(chunks: Iterator[list[Row]]) -> Iterator[bytes]:
    """Yield a CSV, a chunk at a time: 1 present, 0 absent, blank not coded or not said."""
    yield _lines([list(COLUMNS)])
    for rows in chunks:
        yield _lines([[_cell(row[name]) for name in COLUMNS] for row in rows])


def _lines(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return defuse(value) if isinstance(value, str) else str(value)


def as_parquet(chunks: Iterator[list[Row]]) -> Iterator[bytes]:
    """Yield a Parquet file, a row group for each chunk.

    Arrow is loaded only here: the web process hasn't it from the start.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    last = len(_ABOUT) + 2  # both emotions
    kinds = {"face": pa.int64(), **dict.fromkeys(COLUMNS[1:last], pa.string())}
    kinds |= {"distance": pa.float32(), "learnt_from_drawings": pa.bool_()}
    kinds |= {
        name: pa.float32() if name.startswith("p_") or name.endswith("probability") else pa.bool_()
        for name in COLUMNS[last:]
    }
    schema = pa.schema(list(kinds.items()))
    sink = Sink()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        for rows in chunks:
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            yield sink.take()
    yield sink.take()
