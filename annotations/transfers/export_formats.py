"""The formats of an export, each fed from the database in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeVar

from django.db.models import Model, QuerySet

from annotations.formats.records import (
    CodingRecord,
    FaceRecord,
    LabelledFace,
    LookRecord,
    ReviewRecord,
    SubjectRecord,
)
from annotations.formats.writers.bundle import BundleWriter
from annotations.formats.writers.ckplus import Names, write_ckplus
from annotations.formats.writers.labels_csv import write_labels
from annotations.formats.writers.openface import write_openface
from annotations.formats.writers.parquet import write_parquet
from annotations.models import Coding, Face, Review
from annotations.transfers import export_records
from annotations.transfers.export_order import CHUNK, Numbers, Order
from annotations.transfers.export_privacy import Leaving
from annotations.transfers.export_records import FaceRow, NeutralRow
from annotations.transfers.import_first_looks import look_records
from annotations.transfers.models import Export
from facsweb.jobs.progress import Progress

Format = Export.Format
#: Pictures and rows after which progress is told; a picture may have to come from a bucket.
_STEP = 20
Item = TypeVar("Item")

#: (format, with images) -> what the file's name ends in.
SUFFIXES = {
    (Format.BUNDLE, False): "zip",
    (Format.BUNDLE, True): "zip",
    (Format.LABELS, False): "csv",
    (Format.LABELS, True): "zip",
    (Format.CKPLUS, True): "zip",
    (Format.OPENFACE, False): "csv",
    (Format.PARQUET, False): "parquet",
}


def write(run: Export, target: Path, folder: Path, progress: Progress) -> dict[str, int]:
    """Write the export to `target`; return what it holds, in numbers."""
    return _Writing(run, folder, progress).to(target)


class _Writing:
    def __init__(self, run: Export, folder: Path, progress: Progress) -> None:
        self.run, self.progress = run, progress
        # First which faces: whose they are, and who coded them, is then there to be read.
        self.order = Order(shuffled=run.anonymous)
        self.leaving = Leaving(run, folder)
        self.codings = Numbers(self.order, Coding.objects.all())

    def to(self, target: Path) -> dict[str, int]:
        writers: dict[str, Callable[[Path], dict[str, int]]] = {
            Format.BUNDLE: self._bundle,
            Format.LABELS: self._labels,
            Format.CKPLUS: self._ckplus,
            Format.OPENFACE: self._openface,
            Format.PARQUET: self._parquet,
        }
        return writers[self.run.format](target)

    def _bundle(self, target: Path) -> dict[str, int]:
        run, leaving = self.run, self.leaving
        with BundleWriter(target, anonymous=run.anonymous, images=run.images) as bundle:
            counts = {
                "subjects": bundle.write("subjects", leaving.subjects()),
                "coders": bundle.write("coders", leaving.coders()),
                "faces": bundle.write("faces", map(leaving.face, self._faces())),
                "neutral_frames": bundle.write(
                    "neutral_frames", map(leaving.neutral, self._neutral_frames())
                ),
                "codings": bundle.write("codings", self._codings()),
                "reviews": bundle.write("reviews", self._reviews()),
            }
            bundle.write("first_looks", self._looks())
            if run.images:
                for face in self._faces("writing pictures"):
                    record = leaving.face(face)
                    image = leaving.image(face)
                    bundle.add_image("images", record.sha256, record.extension, image)
                for neutral in self._neutral_frames():
                    kept = leaving.neutral(neutral)
                    image = leaving.image(neutral)
                    bundle.add_image("neutral", kept.sha256, kept.extension, image)
        return counts

    def _labels(self, target: Path) -> dict[str, int]:
        extra = [] if self.run.anonymous else _extra_columns()
        rows = write_labels(target, self._labelled(), images=self.run.images, extra=extra)
        return {"faces": rows}

    def _ckplus(self, target: Path) -> dict[str, int]:
        pairs = set()
        for face in self._faces("naming"):
            record = self.leaving.face(face)
            pairs.add((record.subject, record.sequence))
        neutral = (
            (self.leaving.neutral(frame), self.leaving.image(frame))
            for frame in self._neutral_frames()
        )
        subjects = self.leaving.subjects()
        written = write_ckplus(target, self._labelled(), neutral, subjects, Names(pairs))
        return {
            "faces": written.faces,
            "renamed": written.renamed,
            "emotions_left_out": written.emotions_left_out,
        }

    def _openface(self, target: Path) -> dict[str, int]:
        return {"faces": write_openface(target, self._labelled())}

    def _parquet(self, target: Path) -> dict[str, int]:
        return {"codings": write_parquet(target, self._with_faces())}

    def _faces(self, stage: str = "writing faces") -> Iterator[FaceRow]:
        return self._counted(stage, export_records.face_rows(self.order), Face)

    def _neutral_frames(self) -> Iterator[NeutralRow]:
        return export_records.neutral_rows(self.order)

    def _codings(self) -> Iterator[CodingRecord]:
        every = Coding.objects.all()
        found = export_records.coding_records(self.order, self.codings, every)
        return map(self.leaving.coding, self._counted("writing codings", found, Coding))

    def _reviews(self) -> Iterator[ReviewRecord]:
        found = export_records.review_records(self.order, self.codings)
        return map(self.leaving.review, self._counted("writing reviews", found, Review))

    def _looks(self) -> Iterator[LookRecord]:
        """Return the first looks of people with names.

        An anonymous export has none: it must not tell who looked at what, and when.
        """
        if self.run.anonymous:
            return iter(())
        return map(self.leaving.look, look_records(self.order))

    def _labelled(self) -> Iterator[LabelledFace]:
        """Yield every face with its truth."""
        subjects = _by_code(self.leaving.subjects())
        faces = self._with_codings(Coding.objects.accepted())
        for face, leaving, codings in self._counted("writing faces", faces, Face):
            yield LabelledFace(
                face=leaving,
                subject=subjects[leaving.subject],
                truth=codings[0] if codings else None,
                image=partial(self.leaving.image, face) if self.run.images else None,
            )

    def _with_faces(self) -> Iterator[tuple[CodingRecord, FaceRecord, SubjectRecord]]:
        """Yield every coding with its face and subject."""
        subjects = _by_code(self.leaving.subjects())
        faces = self._with_codings(Coding.objects.all())
        for _, leaving, codings in self._counted("writing codings", faces, Face):
            for coding in codings:
                yield coding, leaving, subjects[leaving.subject]

    def _with_codings(
        self, codings: QuerySet[Coding]
    ) -> Iterator[list[tuple[FaceRow, FaceRecord, list[CodingRecord]]]]:
        """Yield every face, in chunks, with its record and those of `codings` as they leave."""
        records = export_records.coding_records(self.order, self.codings, codings)
        for faces, said in zip(export_records.face_rows(self.order), records, strict=True):
            shown = [self.leaving.face(face) for face in faces]
            of_face: dict[str, list[CodingRecord]] = {face.record.sha256: [] for face in faces}
            for record in said:
                if record.face in of_face:  # else its subject has just withdrawn
                    of_face[record.face].append(self.leaving.coding(record))
            yield [
                (face, leaving, of_face[face.record.sha256])
                for face, leaving in zip(faces, shown, strict=True)
            ]

    def _counted(
        self, stage: str, chunks: Iterable[list[Item]], model: type[Model]
    ) -> Iterator[Item]:
        """Yield the items of `chunks`, and report the progress of going through them."""
        self.progress.stage(stage)
        total = model._default_manager.count()
        for done, item in enumerate(chain.from_iterable(chunks), start=1):
            yield item
            if not done % _STEP or done == total:
                self.progress(min(done, total), total)


def _by_code(subjects: Iterable[SubjectRecord]) -> dict[str, SubjectRecord]:
    return {record.code: record for record in subjects}


def _extra_columns() -> list[str]:
    """Return the names of what imports kept beside the ground truth, in a fixed order."""
    names: set[str] = set()
    kept = Coding.objects.accepted().exclude(extra={}).values_list("extra", flat=True)
    for extra in kept.iterator(chunk_size=CHUNK):
        names |= extra.keys()
    return sorted(names)
