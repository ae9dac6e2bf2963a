"""Tables of another program's readings, written as codings of a model."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from django.db import transaction

from annotations import facs
from annotations.codings.reading import Reading, Score
from annotations.codings.services import Provenance
from annotations.formats.readers import openface, pyfeat
from annotations.formats.readers.model_csv import (
    Header,
    PredictedUnit,
    Prediction,
    RefusedRow,
    read_header,
)
from annotations.formats.readers.paths import IMAGE_SUFFIXES
from annotations.formats.rows import RowError, UnreadableSource
from annotations.formats.writers.refused_rows import RefusedWriter
from annotations.models import Coder, Face
from annotations.review.labels import (
    find_model,
    model_named,
    record_prediction,
    would_record_prediction,
)
from annotations.transfers.import_context import ImportContext
from annotations.transfers.match_faces import Faces, NoSuchFace, frames_of
from annotations.transfers.models import Import
from facsweb.problems import Problem

Rows = Iterator[Prediction | RefusedRow]

_CHUNK = 200
_NAMES: dict[str, str] = {Import.Kind.OPENFACE: "OpenFace 2", Import.Kind.PYFEAT: "Py-Feat"}
_UNREAD: dict[str, Callable[[Header], list[str]]] = {
    Import.Kind.OPENFACE: openface.unread_columns,
    Import.Kind.PYFEAT: pyfeat.unread_columns,
}
_GRADES = list(facs.INTENSITIES)
_VIDEOS = {".avi", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv"}
#: What a picture is called in the refused rows of tables that name none.
_PICTURE = "filepath"
OTHER_FRAMES = "frames of a video or sequence, of which there is no such picture here"


def import_predictions(tables: list[Path], kind: str, root: Path, context: ImportContext) -> None:
    """Write every table's rows, a few hundred per transaction, however long it is.

    Folders below `root` help to find a table's pictures. If one of several tables can't be read, it
    is refused by itself; a table that was sent alone raises UnreadableSource.
    """
    report, progress = context.report, context.progress
    progress.stage("checking predictions" if context.options.dry_run else "writing predictions")
    names = _all_columns(tables)
    with RefusedWriter(context.refused_rows, names, report.gone.veil) as writer:
        work = _Import(kind, context, writer, names)
        total = sum(_lines(table) for table in tables)
        done = 0
        for table in tables:
            try:
                for rows in work.read(table, table.relative_to(root).parent.parts):
                    done += rows
                    progress(min(done, total), total)
                report.add("tables_read")
            except UnreadableSource as error:
                if len(tables) == 1:
                    raise
                work.refuse(table, RowError(table.name, None, "file", error.detail), [])
    report.keep(writer)


class _Import:
    """One import's tables, one after the other."""

    def __init__(
        self,
        kind: str,
        context: ImportContext,
        writer: RefusedWriter,
        names: list[str],
    ) -> None:
        self.kind, self.options = kind, context.options
        self.report, self.writer, self.names = context.report, writer, names
        self.faces = Faces()
        name = context.coder_name or _NAMES[kind]
        known = find_model(name)  # before any row: the name may be one of our own models'
        self.model = _Dry(name, known) if context.options.dry_run else _Model(name)
        self.header: tuple[str, ...] = ()

    def read(self, table: Path, folders: Sequence[str]) -> Iterator[int]:
        """Import a table and yield the number of rows of each chunk. Raises UnreadableSource."""
        header = read_header(table)
        self.header = header.names
        unread = _UNREAD[self.kind](header)
        frames = self._frames(table, folders)
        own = "/".join([*folders, table.stem])
        face_of = self._by_picture(own) if frames is None else self._by_frame(frames)
        rows = self._rows(table)
        while chunk := list(itertools.islice(rows, _CHUNK)):
            with nullcontext() if self.options.dry_run else transaction.atomic():
                for row in chunk:
                    self._take(row, table, own, face_of)
            yield len(chunk)
        for name in unread:
            self.report.leave(f"column {name[:60]!r}")

    def refuse(self, table: Path, error: RowError, cells: Sequence[str], picture: str = "") -> None:
        self.report.refuse(error)
        at = dict(zip(self.header, cells, strict=False))
        if _PICTURE not in self.header:
            at[_PICTURE] = picture
        self.writer.add(
            error.line, f"{error.field}: {error.message}", [at.get(n, "") for n in self.names]
        )

    def _rows(self, table: Path) -> Rows:
        if self.kind == Import.Kind.OPENFACE:
            return openface.read_openface(
                table, identify=self.faces.key, min_confidence=self.options.min_confidence
            )
        return pyfeat.read_pyfeat(
            table, identify=self.faces.key, several_faces=self.options.several_faces
        )

    def _frames(self, table: Path, folders: Sequence[str]) -> dict[int, Face] | None:
        """Return the faces of a video's sequence, by frame; None for a table of pictures."""
        if self.kind != Import.Kind.OPENFACE or not openface.is_video(table):
            return None
        frames = frames_of(folders, table.stem)
        if frames is None:
            raise UnreadableSource(
                f"The table {table.name[:80]!r} is of a video, and there is no such sequence here. "
                "Name it after subject and sequence: S005_003.csv, or 003.csv in a folder S005."
            )
        return frames

    def _by_frame(self, frames: dict[int, Face]) -> _FaceOf:
        def face_of(row: Prediction | RefusedRow) -> Face | None:
            return frames.get(row.frame) if row.frame is not None else None

        return face_of

    def _by_picture(self, own: str) -> _FaceOf:
        def face_of(row: Prediction | RefusedRow) -> Face | None:
            written = Path(row.picture or own)
            if self.kind == Import.Kind.PYFEAT and written.suffix.lower() in _VIDEOS:
                return None
            try:
                return self.faces.named(str(written))
            except NoSuchFace:
                frames = self._sequence(written) if row.frame is not None else None
                if frames is None or row.frame is None:
                    raise
                return frames.get(row.frame)

        return face_of

    def _sequence(self, written: Path) -> dict[int, Face] | None:
        """Return the faces, by frame, of the sequence that `written` names; None if it names none.

        Py-Feat's `frame` of a picture is its place in a list, and no frame of a sequence.
        """
        is_picture = written.suffix.lower() in IMAGE_SUFFIXES
        if self.kind != Import.Kind.OPENFACE or is_picture:
            return None
        try:
            return frames_of(written.parent.parts, written.stem)
        except NoSuchFace:
            return None

    def _take(self, row: Prediction | RefusedRow, table: Path, own: str, face_of: _FaceOf) -> None:
        picture = row.picture or own
        try:
            if isinstance(row, RefusedRow):
                if row.frame is not None and _is_elsewhere(row, face_of):
                    self.report.leave(OTHER_FRAMES)
                else:
                    self.refuse(table, row.error, row.cells, picture)
                return
            face = face_of(row)
            if face is None:
                self.report.leave(OTHER_FRAMES)
                return
            source = Provenance(f"{table.name[-280:]}:{row.line}", extra=row.extra or {})
            created = self.model.records(face, _reading(row), source)
            self.report.add("codings_created" if created else "unchanged")
        except Problem as error:
            line = row.error.line if isinstance(row, RefusedRow) else row.line
            self.refuse(table, RowError(table.name, line, "row", error.detail), row.cells, picture)


#: The face that a row speaks of; None where its frame isn't here. Raises NoSuchFace.
_FaceOf = Callable[[Prediction | RefusedRow], Face | None]


class _Model:
    """The model whose readings are written; its coder is created with the first of them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._coder: Coder | None = None

    def records(self, face: Face, reading: Reading, provenance: Provenance) -> bool:
        """Record a reading and tell whether it is new. Raises Problem."""
        with transaction.atomic():
            coder = self._coder or model_named(self._name)
            _, created = record_prediction(face, coder, reading, provenance)
        self._coder = coder
        return created


class _Dry:
    """The dry run of `_Model`: it writes nothing, and remembers the readings until its end."""

    def __init__(self, name: str, coder: Coder | None) -> None:
        self._name, self._coder = name.strip(), coder
        self._said: dict[int, Reading] = {}

    def records(self, face: Face, reading: Reading, provenance: Provenance) -> bool:
        created = would_record_prediction(
            face, self._name, self._coder, reading, said=self._said.get(face.pk)
        )
        if created:
            self._said[face.pk] = reading
        return created


def _is_elsewhere(row: RefusedRow, face_of: _FaceOf) -> bool:
    """Tell whether a refused row is of a frame that isn't here: then nobody need mend it."""
    try:
        return face_of(row) is None
    except NoSuchFace:
        return False


def _all_columns(tables: list[Path]) -> list[str]:
    """Return the columns of the refused rows.

    These are all tables' columns, and one for the picture's name if a table has none.
    """
    names: dict[str, None] = {}
    for table in tables:
        try:
            header = read_header(table)
        except UnreadableSource:
            continue
        names |= dict.fromkeys(header.names)
        if _is_nameless(header):
            names[_PICTURE] = None
    return list(names) or [_PICTURE]


def _is_nameless(header: Header) -> bool:
    return header.file_column is None or header.file_column.lower() == "face"


def _reading(row: Prediction) -> Reading:
    scores = {au: _score(unit) for au, unit in row.action_units.items()}
    return Reading(row.emotion, scores, "", row.emotion_probabilities)


def _score(unit: PredictedUnit) -> Score:
    """Return a unit's score.

    OpenFace's 1 to 5 are FACS's A to E (Mavadati et al. 2013, DISFA's coding).
    """
    grade = round(unit.intensity) if unit.present and unit.intensity else 0
    return Score(unit.present, _GRADES[grade - 1] if grade else "", unit.probability)


def _lines(table: Path) -> int:
    with table.open("rb") as file:
        chunks: Iterator[bytes] = iter(lambda: file.read(1 << 20), b"")
        return max(0, sum(chunk.count(b"\n") for chunk in chunks) - 1)
