"""The reader of our own lossless export. Everything is checked before anything is believed."""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from annotations.formats import records
from annotations.formats.readers.bundle_lines import record_of
from annotations.formats.rows import RowError, UnreadableSource
from annotations.formats.writers.bundle import (
    FORMAT,
    MANIFEST,
    READ_VERSIONS,
    SINCE_2,
    TABLES,
    VERSION,
)

_MOST_MANIFEST_BYTES = 256 << 20
_LONGEST_LINE = 1 << 20
_CHUNK = 1 << 20
_IMAGE = re.compile(r"(images|neutral)/([0-9a-f]{64})\.(png|jpg)")
_SHAPES: dict[str, type] = {
    "subjects": records.SubjectRecord,
    "coders": records.CoderRecord,
    "faces": records.FaceRecord,
    "neutral_frames": records.NeutralRecord,
    "codings": records.CodingRecord,
    "reviews": records.ReviewRecord,
    "first_looks": records.LookRecord,
}


def is_bundle(path: Path) -> bool:
    """Tell whether a file is a zip with a manifest of ours at its top."""
    try:
        with zipfile.ZipFile(path) as archive:
            return MANIFEST in archive.namelist() and "subjects.jsonl" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


class Bundle:
    """An export that is whole: its manifest names every member, and each is as it says."""

    def __init__(self, path: Path, *, checked: Callable[[int, int], None] | None = None) -> None:
        """Open an export and check all of it.

        Parameters
        ----------
        path
            A zip as `writers.bundle.BundleWriter` writes it.
        checked
            Called with (members checked, members in all).

        Raises
        ------
        UnreadableSource
            It is damaged, of a version that is not read, or not as its manifest says.
        """
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile):
            raise UnreadableSource("The export is damaged: it is not a whole zip file.") from None
        manifest = self._manifest()
        self.anonymous: bool = manifest["anonymous"]
        self.images: bool = manifest["images"]
        self._members: dict[str, Any] = manifest["members"]
        self._check_members(checked)

    def close(self) -> None:
        """Close the file; nothing can be read any more."""
        self._zip.close()

    def rows(self, table: str) -> int:
        """Return how many rows a table has by the manifest; 0 where there is no such table."""
        return int(self._members.get(f"{table}.jsonl", {}).get("rows", 0))

    def read(self, table: str) -> Iterator[Any]:
        """Yield the records of a table.

        Parameters
        ----------
        table
            One of `writers.bundle.TABLES`. A table that the export hasn't is empty.

        Yields
        ------
        Record or RowError
            A dataclass of `annotations.formats.records`; a line that is none comes as its RowError.
        """
        name = f"{table}.jsonl"
        if name not in self._members:
            return
        with self._zip.open(name) as member:
            number = 0
            while line := member.readline(_LONGEST_LINE):
                number += 1
                try:
                    yield record_of(orjson.loads(line), _SHAPES[table])
                except (ValueError, TypeError) as error:
                    field = getattr(error, "field", "line")
                    yield RowError(name, number, field, str(error)[:300])

    def image(self, folder: str, sha256: str, extension: str, most_bytes: int) -> bytes | None:
        """Return a picture's bytes.

        Parameters
        ----------
        folder
            images, or neutral for neutral frames.
        sha256, extension
            The picture's digest, and png or jpg.
        most_bytes
            How big it may be.

        Returns
        -------
        bytes or None
            None where the export has no such picture.

        Raises
        ------
        UnreadableSource
            It is bigger than `most_bytes`.
        """
        name = f"{folder}/{sha256}.{extension}"
        if name not in self._members:
            return None
        with self._zip.open(name) as member:
            data = member.read(most_bytes + 1)
        if len(data) > most_bytes:
            raise UnreadableSource(f"{name} has more than {most_bytes:,} bytes.")
        return data

    def _manifest(self) -> dict[str, Any]:
        try:
            with self._zip.open(MANIFEST) as member:
                manifest = orjson.loads(member.read(_MOST_MANIFEST_BYTES))
        except (KeyError, ValueError, OSError, zlib.error, zipfile.BadZipFile, RuntimeError):
            raise UnreadableSource("The export has no readable manifest.json.") from None
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise UnreadableSource("This zip's manifest.json is not that of a facsweb export.")
        if manifest.get("version") not in READ_VERSIONS:
            raise UnreadableSource(
                f"This export has version {str(manifest.get('version'))[:20]}; "
                f"this facsweb reads up to version {VERSION}."
            )
        flags = [manifest.get(name) for name in ("anonymous", "images")]
        members = manifest.get("members")
        if not all(isinstance(flag, bool) for flag in flags) or not isinstance(members, dict):
            raise UnreadableSource("The export's manifest.json lacks what it must say.")
        return manifest

    def _check_members(self, checked: Callable[[int, int], None] | None) -> None:
        names = self._zip.namelist()
        tables = [f"{table}.jsonl" for table in TABLES]
        if len(set(names)) != len(names) or set(names) != {*self._members, MANIFEST}:
            raise UnreadableSource("The export's members are not those that its manifest names.")
        if not {f"{table}.jsonl" for table in TABLES if table not in SINCE_2} <= set(names):
            raise UnreadableSource("The export lacks one of its tables.")
        for done, (name, said) in enumerate(self._members.items(), start=1):
            if name not in tables and not _IMAGE.fullmatch(name):
                raise UnreadableSource(f"The export holds {name[:80]!r}, which doesn't belong.")
            self._check_member(name, said)
            if checked:
                checked(done, len(self._members))

    def _check_member(self, name: str, said: Any) -> None:
        digest, size = hashlib.sha256(), 0
        limit = said.get("bytes") if isinstance(said, dict) else None
        if not isinstance(limit, int):
            raise UnreadableSource(f"The manifest doesn't say how big {name} is.")
        try:
            with self._zip.open(name) as member:
                while size <= limit and (chunk := member.read(_CHUNK)):
                    digest.update(chunk)
                    size += len(chunk)
        except (OSError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError):
            raise UnreadableSource(f"{name} in the export is damaged.") from None
        if size != limit or digest.hexdigest() != said.get("sha256"):
            raise UnreadableSource(f"{name} in the export is not as its manifest says.")
