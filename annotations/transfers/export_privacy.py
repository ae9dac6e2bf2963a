"""Records and pictures as an export hands them out: as they are, nameless, or without a face."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import SystemRandom
from typing import TypeVar

from annotations.formats.anonymise import Anonymiser
from annotations.formats.deidentify import landmarks_only, pixelated, without_metadata
from annotations.formats.records import (
    CoderRecord,
    CodingRecord,
    FaceRecord,
    LookRecord,
    NeutralRecord,
    ReviewRecord,
    SubjectRecord,
)
from annotations.models import Detection, Face, NeutralFrame
from annotations.transfers import export_records
from annotations.transfers.export_records import FaceRow, NeutralRow
from annotations.transfers.models import Export

Pictured = TypeVar("Pictured", FaceRecord, NeutralRecord)
OfFace = TypeVar("OfFace", CodingRecord, ReviewRecord, LookRecord)


class Leaving:
    """The records and pictures of one export, as it hands them out.

    A picture that is altered has another digest, which then names the face.
    """

    def __init__(self, run: Export, folder: Path) -> None:
        self._run = run
        self._key = secrets.token_bytes(32)
        self._anonymiser = Anonymiser(self._key, self._records()) if run.anonymous else None
        self._alters_pictures = run.images and bool(run.anonymous or run.deidentify)
        self._altered = folder / "pictures"
        self._altered.mkdir(mode=0o700)
        self._digests: dict[str, str] = {}

    def subjects(self) -> Iterator[SubjectRecord]:
        if self._anonymiser is None:
            yield from self._records()
        else:
            nameless = map(self._anonymiser.subject, self._records())
            yield from sorted(nameless, key=lambda record: record.code)

    def _records(self) -> Iterator[SubjectRecord]:
        """Yield the subjects, without their tags where these are none of the asker's business."""
        for record in export_records.subject_records():
            shows = self._run.demographics
            yield record if shows else SubjectRecord(record.code, "", "", "")

    def coders(self) -> Iterator[CoderRecord]:
        known = list(export_records.coder_records())
        if self._anonymiser is None:
            yield from known
        else:
            SystemRandom().shuffle(known)  # people are numbered as they come
            nameless = map(self._anonymiser.coder, known)
            yield from sorted(nameless, key=lambda record: (record.kind, record.name))

    def face(self, face: FaceRow) -> FaceRecord:
        digest = self._digest(face)
        if self._anonymiser is not None:
            return self._anonymiser.face(face.record, digest)
        return self._pictured(face.record, digest)

    def neutral(self, neutral: NeutralRow) -> NeutralRecord:
        digest = self._digest(neutral)
        if self._anonymiser is not None:
            return self._anonymiser.neutral(neutral.record, digest)
        return self._pictured(neutral.record, digest)

    def coding(self, record: CodingRecord) -> CodingRecord:
        """Return the coding as it is handed out; its face must have gone through `face`."""
        if self._anonymiser is not None:
            return self._anonymiser.coding(record)
        return self._of_face(record)

    def review(self, record: ReviewRecord) -> ReviewRecord:
        if self._anonymiser is not None:
            return self._anonymiser.review(record)
        return self._of_face(record)

    def look(self, record: LookRecord) -> LookRecord:
        return self._of_face(record)

    def image(self, picture: FaceRow | NeutralRow) -> bytes:
        """Return the picture's bytes as they are handed out."""
        altered = self._altered / picture.record.sha256
        if altered.exists():
            return altered.read_bytes()
        model = Face if isinstance(picture, FaceRow) else NeutralFrame
        with model._meta.get_field("file").storage.open(picture.file, "rb") as file:
            data: bytes = file.read()
        return self._alter(data, picture) if self._alters_pictures else data

    def _pictured(self, record: Pictured, digest: str) -> Pictured:
        if not self._alters_pictures:
            return record
        return replace(record, sha256=digest, extension="png")

    def _of_face(self, record: OfFace) -> OfFace:
        if not self._alters_pictures:
            return record
        return replace(record, face=self._digests.get(record.face, record.face))

    def _digest(self, picture: FaceRow | NeutralRow) -> str:
        sha256 = picture.record.sha256
        if self._alters_pictures and sha256 not in self._digests:
            data = self.image(picture)
            (self._altered / sha256).write_bytes(data)  # once is enough of the work
            self._digests[sha256] = hashlib.sha256(data).hexdigest()
        elif self._anonymiser is not None and sha256 not in self._digests:
            token = hmac.new(self._key, sha256.encode(), hashlib.sha256)
            self._digests[sha256] = token.hexdigest()
        return self._digests.get(sha256, sha256)

    def _alter(self, data: bytes, picture: FaceRow | NeutralRow) -> bytes:
        if not self._run.deidentify:
            return without_metadata(data)
        found = None
        if isinstance(picture, FaceRow):
            found = Detection.objects.filter(face=picture.pk).first()
        if self._run.deidentify == Export.Deidentify.LANDMARKS:
            return landmarks_only(data, found.landmarks if found else None)
        return pixelated(data, found.box if found else None)
