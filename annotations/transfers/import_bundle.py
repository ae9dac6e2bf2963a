"""Our own export read back: what is new is added as it was, with its dates; nothing is replaced."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from annotations.codings.services import human_coder
from annotations.faces.images import FaceImage
from annotations.faces.known import face_by_digest, face_of
from annotations.faces.neutral_frames import store_neutral
from annotations.faces.services import (
    Place,
    add_face,
    check_image,
    get_or_add_subject,
    keep_source_name,
)
from annotations.formats.personal import Suspects
from annotations.formats.readers.bundle import Bundle
from annotations.formats.records import CoderRecord, FaceRecord, NeutralRecord, SubjectRecord
from annotations.formats.rows import RowError
from annotations.formats.writers.refused_rows import RefusedWriter
from annotations.models import Coder, Face, NeutralFrame, Subject
from annotations.problems import InvalidCoding
from annotations.transfers.existing_rows import user_named, when
from annotations.transfers.import_first_looks import add_looks
from annotations.transfers.import_history import HistoryWriter
from annotations.transfers.models import Import
from annotations.transfers.report import Report
from facsweb.audit.services import record as record_act
from facsweb.jobs.progress import Progress
from facsweb.problems import Problem

_CHUNK = 300


def import_bundle(
    path: Path, run: Import, report: Report, progress: Progress, folder: Path
) -> None:
    """Read a whole export. Raises UnreadableSource before anything is written if it is damaged.

    People who aren't here become users that nobody can sign in as. A face that has a ground truth
    keeps it; the export's stands beside it.
    """
    progress.stage("checking the export")
    bundle = Bundle(path, checked=progress)
    refused = folder / "refused.csv"
    with RefusedWriter(refused, ("file", "line", "field"), report.gone.veil) as writer:

        def refuse(error: RowError) -> None:
            report.refuse(error)
            line = "" if error.line is None else str(error.line)
            writer.add(error.line, error.message, [error.file, line, error.field])

        _BundleImport(bundle, report, progress, refuse).read(run)
    report.keep(writer)
    bundle.close()


class _BundleImport:
    def __init__(
        self, bundle: Bundle, report: Report, progress: Progress, refuse: Callable[[RowError], None]
    ) -> None:
        self.bundle, self.report, self.progress = bundle, report, progress
        self.refuse = refuse
        #: Digests by which the export names faces that are here under another.
        self.aliases: dict[str, int] = {}
        self.suspects = Suspects()

    def read(self, run: Import) -> None:
        self._each("subjects", self._subject)
        self._each("coders", self._coder)
        self._each("faces", self._face)
        self._each("neutral_frames", self._neutral)
        histories = HistoryWriter(self.report, self.refuse, self.aliases, run)
        self._chunks("codings", histories.add_codings)
        self._chunks("reviews", histories.add_reviews)
        for sentence in self.suspects.sentences():
            self.report.tell(sentence)
        self._chunks("first_looks", lambda lines: add_looks(lines, self.refuse, self.aliases))

    def _records(self, table: str) -> Iterator[tuple[int, Any]]:
        """Yield (line, record) for each record of a table; refuse lines that hold none."""
        self.progress.stage(f"reading {table.replace('_', ' ')}")
        total = self.bundle.rows(table)
        for line, record in enumerate(self.bundle.read(table), start=1):
            if isinstance(record, RowError):
                self.refuse(record)
            else:
                yield line, record
            self.progress(line, total)

    def _each(self, table: str, take: Callable[[Any], None]) -> None:
        for line, record in self._records(table):
            try:
                with transaction.atomic():
                    take(record)
            except Problem as error:
                field = next(iter(error.fields), "row")
                self.refuse(RowError(f"{table}.jsonl", line, field, error.detail))

    def _chunks(self, table: str, take: Callable[[list[tuple[int, Any]]], None]) -> None:
        records = self._records(table)
        while chunk := list(itertools.islice(records, _CHUNK)):
            take(chunk)

    def _subject(self, record: SubjectRecord) -> None:
        get_or_add_subject(
            record.code,
            gender=record.gender,
            age_group=record.age_group,
            ethnicity=record.ethnicity,
        )

    def _coder(self, record: CoderRecord) -> None:
        if record.kind == Coder.Kind.HUMAN:
            coder = human_coder(user_named(record.name))
            settings_of = {"codes_blind": True} if record.codes_blind else {}
            settings_of |= {"rest_is_absent": True} if record.rest_is_absent else {}
            if settings_of and not coder.codings.exists():
                Coder.objects.filter(pk=coder.pk).update(**settings_of)
                if record.codes_blind:
                    told = {"fields": ["codes_blind"], "to": {"codes_blind": True}}
                    record_act("coder.blindness_changed", about=coder, details=told)
        else:
            Coder.objects.get_or_create(
                kind=record.kind,
                name=record.name[:150],
                defaults={"drawn_share": record.drawn_share},
            )

    def _face(self, record: FaceRecord) -> None:
        self.suspects.look_at(record.subject, record.source_name)
        subject = _subject_of(record.subject)
        known, image = face_by_digest(record.sha256), None
        if known is None:
            image = self._picture("images", record)
            known = face_of(image)
        if known is not None:
            if known.subject_id != subject.pk:
                raise InvalidCoding(f"This picture is known as one of {known.subject.code}.")
            if known.sha256 != record.sha256:
                self.aliases[record.sha256] = known.pk
            keep_source_name(known, record.source_name)
            self.report.add("unchanged")
            return
        assert image is not None  # it was read to look for its face
        uploader = user_named(record.uploaded_by) if record.uploaded_by else None
        face, _ = add_face(
            image,
            Place(subject, record.sequence, record.frame),
            source_name=record.source_name,
            user=uploader,
            created_at=when(record.created_at) if record.created_at else None,
        )
        if record.is_drawn:
            Face.objects.filter(pk=face.pk).update(is_drawn=True)
        self.report.add("faces_created")

    def _neutral(self, record: NeutralRecord) -> None:
        place: dict[str, Any] = {"sequence": record.sequence, "frame": record.frame}
        known = NeutralFrame.objects.filter(subject__code=record.subject, **place)
        if known.filter(sha256=record.sha256).exists():
            self.report.add("unchanged")
            return
        image = self._picture("neutral", record)
        store_neutral(image, subject=_subject_of(record.subject), **place)
        self.report.add("neutral_created")

    def _picture(self, folder: str, record: FaceRecord | NeutralRecord) -> FaceImage:
        """Read a picture, under the digest by which the export names it.

        That is the digest of the file as it was once sent, and the export's file is what was kept
        of it. The manifest answers for the latter.
        """
        data = self.bundle.image(folder, record.sha256, record.extension, settings.FACE_MAX_BYTES)
        if data is None:
            raise InvalidCoding(
                "The export has no pictures, and this one isn't here. Export with images.",
                {"sha256": ["No picture."]},
            )
        return replace(check_image(data), sha256=record.sha256)


def _subject_of(code: str) -> Subject:
    subject = Subject.objects.filter(code=code).first()
    if subject is None:
        raise InvalidCoding(f"There is no subject {code[:40]!r} in the export.")
    return subject
