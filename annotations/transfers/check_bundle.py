"""A dry run of our own export: counts what its import would add, and writes nothing."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from annotations.formats.readers.bundle import Bundle
from annotations.formats.records import CodingRecord, FaceRecord, NeutralRecord, ReviewRecord
from annotations.formats.rows import RowError
from annotations.models import Coding, Face, NeutralFrame, Review
from annotations.transfers.existing_rows import when
from annotations.transfers.report import Report
from facsweb.jobs.progress import Progress
from facsweb.problems import Problem

_CHUNK = 300


def check_bundle(path: Path, report: Report, progress: Progress) -> None:
    """Check a whole export and count what is new. Raises UnreadableSource if it is damaged.

    Rows are compared with what is here. References between rows are checked only when they are
    written.
    """
    progress.stage("checking the export")
    bundle = Bundle(path, checked=progress)
    check = _Check(bundle, report)
    takes: dict[str, Callable[[list[Any]], Iterable[str]]] = {
        "subjects": lambda records: [],
        "coders": lambda records: [],
        "faces": check.faces,
        "neutral_frames": check.neutral_frames,
        "codings": check.codings,
        "reviews": check.reviews,
        "first_looks": lambda records: [],
    }
    for table, take in takes.items():
        progress.stage(f"checking {table.replace('_', ' ')}")
        records = enumerate(bundle.read(table), start=1)
        while chunk := list(itertools.islice(records, _CHUNK)):
            for _, record in chunk:
                if isinstance(record, RowError):
                    report.refuse(record)
            for count in take([each for _, each in chunk if not isinstance(each, RowError)]):
                report.add(count)
            progress(chunk[-1][0], bundle.rows(table))
    bundle.close()


class _Check:
    """Checks for each kind of record, which yield the name of the count that a record adds to."""

    def __init__(self, bundle: Bundle, report: Report) -> None:
        self._bundle, self._report, self._gone = bundle, report, report.gone

    def faces(self, records: list[FaceRecord]) -> Iterable[str]:
        digests = [record.sha256 for record in records]
        known = dict(Face.objects.filter(sha256__in=digests).values_list("sha256", "subject__code"))
        for record in records:
            if self._gone.picture(record.sha256) or self._gone.subject(record.subject):
                self._refuse("faces", "This picture is of a subject who withdrew. Leave it out.")
            elif record.sha256 not in known:
                if self._bundle.images:
                    yield "faces_created"
                else:
                    self._refuse("faces", "The export has no pictures, and this one isn't here.")
            elif known[record.sha256] != record.subject:
                subject = known[record.sha256]
                self._refuse("faces", f"This picture is known as one of {subject}.")
            else:
                yield "unchanged"

    def neutral_frames(self, records: list[NeutralRecord]) -> Iterable[str]:
        digests = [record.sha256 for record in records]
        rows = NeutralFrame.objects.filter(sha256__in=digests)
        known = set(rows.values_list("sha256", "subject__code", "sequence", "frame"))
        for record in records:
            place = (record.sha256, record.subject, record.sequence, record.frame)
            yield "unchanged" if place in known else "neutral_created"

    def codings(self, records: list[CodingRecord]) -> Iterable[str]:
        rows = Coding.objects.filter(face__sha256__in={record.face for record in records})
        known = set(rows.values_list("face__sha256", "coder_kind", "coder__name", "created_at"))
        for record in records:
            moment = self._when("codings", record.created_at)
            said = (record.face, record.coder_kind, record.coder, moment)
            yield "unchanged" if said in known else "codings_created"

    def reviews(self, records: list[ReviewRecord]) -> Iterable[str]:
        rows = Review.objects.filter(face__sha256__in={record.face for record in records})
        known = set(
            rows.values_list("face__sha256", "reviewer__username", "decision", "created_at")
        )
        for record in records:
            moment = self._when("reviews", record.created_at)
            said = (record.face, record.reviewer, record.decision, moment)
            yield "unchanged" if said in known else "reviews_created"

    def _when(self, table: str, text: str) -> Any:
        try:
            return when(text) if text else None
        except Problem as error:
            self._refuse(table, error.detail)
            return None

    def _refuse(self, table: str, reason: str) -> None:
        self._report.refuse(RowError(f"{table}.jsonl", None, "row", reason))
