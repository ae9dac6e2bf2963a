"""Label Studio's export, of pictures that are here already or that came along with it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from annotations.faces.known import face_by_digest
from annotations.formats.readers.foreign import read_json
from annotations.formats.readers.label_studio import Annotation, is_label_studio, read_label_studio
from annotations.formats.readers.paths import files_below, images_below
from annotations.formats.readers.pictures import picture
from annotations.formats.rows import LabelledImage, RowError, SourceRow, UnreadableSource
from annotations.formats.writers.refused_rows import RefusedWriter
from annotations.models import Face
from annotations.transfers import truths
from annotations.transfers.import_context import ImportContext
from annotations.transfers.import_folder import tell
from annotations.transfers.import_rows import check_coder, import_each
from annotations.transfers.label_coders import coder_for, label_in, named_anew
from annotations.transfers.match_faces import Faces, NoSuchFace
from annotations.transfers.options import ImportOptions
from annotations.transfers.report import Report
from annotations.transfers.row_report import Counts, Outcome
from facsweb.problems import Problem

_CODER = "Label Studio"
#: What is called with an annotation that is refused, the field that is wrong, and why.
_Refuse = Callable[[Annotation, str, str], object]


@dataclass(frozen=True)
class _Row:
    """An annotation and its picture: a face that is here, or else a file that came along."""

    annotation: Annotation
    image: LabelledImage
    face: Face | None

    @property
    def key(self) -> str:
        return self.face.sha256 if self.face else str(self.image.path)


def export_in(tree: Path) -> Path | None:
    """Return Label Studio's export below `tree`, if any. Raises UnreadableSource for several."""
    found = [path for path in files_below(tree) if is_export(path)]
    if len(found) > 1:
        raise UnreadableSource("There are several exports of Label Studio. Send each by itself.")
    return found[0] if found else None


def is_export(path: Path) -> bool:
    if path.suffix.lower() not in {".json", ".jsonl"}:
        return False
    try:
        return is_label_studio(read_json(path))
    except (ValueError, OSError):
        return False


def import_label_studio(source: Path, tree: Path, context: ImportContext) -> None:
    """Write every annotation as its annotator's coding.

    Annotators are coders; annotations that name nobody are by `coder_name`. Pictures are looked for
    below `tree`, and then among the faces that are here.
    """
    report, options, progress = context.report, context.options, context.progress
    progress.stage("reading the annotations")
    export = read_label_studio(read_json(source))
    for what, number in export.not_read.items():
        report.leave(what, number)
    columns = ("task", "picture", "annotator")
    with RefusedWriter(context.refused_rows, columns, report.gone.veil) as writer:

        def refuse(found: Annotation, field: str, reason: str) -> None:
            report.refuse(RowError(source.name, found.number, field, reason))
            shown = found.pictures[0] if found.pictures else ""
            writer.add(found.number, f"{field}: {reason}", [str(found.number), shown, found.coder])

        rows = list(_found(export.annotations, source, tree, refuse, report))
        coder = _coder(context.coder_name, rows, report)
        rows = list(_consistent(rows, coder, refuse))
        progress.stage("checking codings" if options.dry_run else "writing codings")
        _write(rows, context, refuse)
    report.keep(writer)


def _coder(coder_name: str, rows: list[_Row], report: Report) -> str:
    """Return the name of the coder for annotations that name nobody."""
    faces = {id(row.image): row.face for row in rows}
    images = [row.image for row in rows]
    coder = coder_for(coder_name, _CODER, images, face_of=lambda image: faces[id(image)])
    if not coder_name and coder != _CODER and any(not image.coder for image in images):
        report.tell(named_anew(coder, _CODER))
    return coder


def _found(
    annotations: Iterable[Annotation], source: Path, tree: Path, refuse: _Refuse, report: Report
) -> Iterator[_Row]:
    along = _Along(tree)
    for found in annotations:
        if found.error is not None:
            refuse(found, found.error.field, found.error.message)
        elif not (found.emotion or found.basic_emotion or found.action_units):
            report.leave("annotations without an emotion or action unit")
        else:
            try:
                path, face = along.picture_of(found)
            except Problem as error:
                refuse(found, "data", error.detail)
                continue
            base = picture(path, tree) if path else LabelledImage(Path(), "", "")
            image = replace(
                base,
                file=source.name,
                line=found.number,
                emotion=found.emotion,
                basic_emotion=found.basic_emotion,
                action_units=found.action_units,
                coder=found.coder,
            )
            yield _Row(found, image, face)


class _Along:
    """Pictures that came along with an export, and faces that are here."""

    def __init__(self, tree: Path) -> None:
        self._faces = Faces()
        self._paths: dict[str, list[Path]] = defaultdict(list)
        for path in images_below(tree):
            self._paths[path.name.lower()].append(path)

    def picture_of(self, found: Annotation) -> tuple[Path | None, Face | None]:
        """Return (the file that came along, the face here), at least one. Raises NoSuchFace."""
        for name in found.pictures:
            paths = self._paths.get(PurePosixPath(name).name.lower(), [])
            if len(paths) > 1:
                raise NoSuchFace(f"{len(paths)} pictures that came along are called {name[:80]!r}.")
            if paths:
                digest = hashlib.sha256(paths[0].read_bytes()).hexdigest()
                return paths[0], face_by_digest(digest)
        refusals = []
        for name in found.pictures:
            try:
                return None, self._faces.named(name)
            except NoSuchFace as error:
                refusals.append(error)
        raise refusals[-1]


def _consistent(rows: list[_Row], coder: str, refuse: _Refuse) -> Iterator[_Row]:
    """Yield the rows, and mark disputed ones.

    Rows in which an annotator contradicts themself are refused.
    """
    said: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    rows = [replace(row, image=replace(row.image, coder=row.image.coder or coder)) for row in rows]
    for row in rows:
        said[row.key][row.image.coder][_reading(row)] += 1
    for row in rows:
        by_coder = said[row.key]
        if len(by_coder[row.image.coder]) > 1:
            reason = f"{row.image.coder} has annotated this picture twice, and differently."
            refuse(row.annotation, "annotations", reason)
            continue
        readings = {reading for each in by_coder.values() for reading in each}
        yield replace(row, image=replace(row.image, is_disputed=len(readings) > 1))


def _reading(row: _Row) -> str:
    image = row.image
    return repr((image.emotion, image.basic_emotion, sorted(image.action_units.items())))


def _write(rows: list[_Row], context: ImportContext, refuse: _Refuse) -> None:
    report, options, progress = context.report, context.options, context.progress
    here = [row for row in rows if row.face is not None]
    along = [row for row in rows if row.face is None]
    counts = Counts()
    for done, row in enumerate(here, start=1):
        assert row.face is not None
        try:
            counts.add(row.image, _coded(row.face, row.image, options))
        except Problem as error:
            refuse(row.annotation, "row", error.detail)
        progress(done, len(rows))
    tell(report, counts.report())
    by_number: dict[int | None, Annotation] = {
        row.annotation.number: row.annotation for row in along
    }
    outcome = import_each(
        (SourceRow(row.annotation.number, row.image) for row in along),
        len(along),
        coder_name=_CODER,
        refuse=lambda row, errors: refuse(by_number[row.line], errors[0].field, errors[0].message),
        options=options,
        progress=progress,
    )
    tell(report, outcome)


def _coded(face: Face, row: LabelledImage, options: ImportOptions) -> Outcome:
    check_coder(row)
    do = truths.effect_of if options.dry_run else truths.import_coding
    effect = do(face, label_in(row), replace_truth=options.replace_truth)
    return Outcome(face.sha256, False, effect)
