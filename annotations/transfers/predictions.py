"""Tables of another program's readings, written as codings of a model."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from django.db import transaction

from annotations import facs
from annotations.exceptions import AnnotationError
from annotations.importers.model_csv import PredictedUnit, Prediction, RefusedRow, read_header
from annotations.importers.openface import read_openface
from annotations.importers.paths import FRAME_NAME
from annotations.importers.pyfeat import read_pyfeat
from annotations.importers.refused import RefusedWriter
from annotations.importers.rows import RowError
from annotations.labelling import model_named, record_prediction
from annotations.models import Coder, Face, Import
from annotations.services import Reading, Score
from annotations.transfers.progress import Progress
from annotations.transfers.report import Report

_CHUNK = 200
_READERS = {Import.Kind.OPENFACE: read_openface, Import.Kind.PYFEAT: read_pyfeat}
_NAMES = {Import.Kind.OPENFACE: "OpenFace 2", Import.Kind.PYFEAT: "Py-Feat"}
_GRADES = list(facs.INTENSITIES)


def import_predictions(
    tables: list[Path],
    kind: str,
    coder_name: str,
    report: Report,
    progress: Progress,
    folder: Path,
) -> None:
    """Write every table's rows, some hundred a transaction, however long it is."""
    coder = model_named(coder_name or _NAMES[kind])
    progress.stage("writing predictions")
    total = sum(_lines(table) for table in tables)
    done = 0
    refused = folder / "refused.csv"
    with RefusedWriter(refused, read_header(tables[0]).names) as writer:
        for table in tables:
            rows = _READERS[kind](table)
            while chunk := list(itertools.islice(rows, _CHUNK)):
                _write(chunk, table, coder, report, writer)
                done += len(chunk)
                progress(min(done, total), total)
    report.keep(writer)


def _write(
    rows: list[Prediction | RefusedRow],
    table: Path,
    coder: Coder,
    report: Report,
    writer: RefusedWriter,
) -> None:
    with transaction.atomic():
        for row in rows:
            try:
                if isinstance(row, RefusedRow):
                    error, cells = row.error, row.cells
                else:
                    cells = row.cells
                    face = _face(row.picture)
                    source = f"{table.name[-280:]}:{row.line}"
                    with transaction.atomic():
                        _, created = record_prediction(face, coder, _reading(row), source)
                    report.add("codings_created" if created else "unchanged")
                    continue
            except AnnotationError as refused:
                error = RowError(table.name, row.line, "row", refused.detail)
            report.refuse(error)
            writer.add(error.line, f"{error.field}: {error.message}", cells)


def _face(picture: str) -> Face:
    """By CK+'s name of the frame, or by the picture's SHA-256 as our own exports name it."""
    name = FRAME_NAME.match(picture)
    if name:
        known = Face.objects.filter(
            subject__code=name["subject"], sequence=name["sequence"], frame=int(name["frame"])
        )
    else:
        known = Face.objects.filter(sha256=picture)
    face = known.first()
    if face is None:
        raise AnnotationError(
            f"There is no face {picture[:80]!r} here. Name pictures as CK+ does "
            "(S005_001_00000011) or by their SHA-256."
        )
    return face


def _reading(row: Prediction) -> Reading:
    scores = {au: _score(unit) for au, unit in row.action_units.items()}
    return Reading(row.emotion, scores, "", row.emotion_probabilities)


def _score(unit: PredictedUnit) -> Score:
    """OpenFace's 1 to 5 are FACS's A to E (Mavadati et al. 2013, DISFA's coding)."""
    grade = round(unit.intensity) if unit.present and unit.intensity else 0
    return Score(unit.present, _GRADES[grade - 1] if grade else "", unit.probability)


def _lines(table: Path) -> int:
    with table.open("rb") as file:
        chunks: Iterator[bytes] = iter(lambda: file.read(1 << 20), b"")
        return max(0, sum(chunk.count(b"\n") for chunk in chunks) - 1)
