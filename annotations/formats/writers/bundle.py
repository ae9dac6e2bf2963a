"""Our own export: a zip of JSON lines, pictures and a manifest that holds every member's SHA-256.

Two exports of the same content are the same bytes, where the same library deflates them: members,
keys and dates are in fixed order, and nothing says when it was made.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson
from isal import isal_zlib

FORMAT, VERSION = "facsweb", 2
#: Versions that are read: what they lack has its default.
READ_VERSIONS = (1, 2)
MANIFEST = "manifest.json"
#: JSON lines in the order in which they are written, and read.
TABLES = ("subjects", "coders", "faces", "neutral_frames", "codings", "reviews", "first_looks")
#: Tables that exports of version 1 have not.
SINCE_2 = {"first_looks"}
_LINE = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
_FLUSH_BYTES = 1 << 20
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


class BundleWriter:
    """A lossless export being written: tables by `write`, pictures by `add_image`.

    Leaving the block adds the manifest. Where the block ends by an exception the file is left
    incomplete, without a manifest: no reader takes it for an export.

    Parameters
    ----------
    path
        The zip to write; an older one is overwritten.
    anonymous, images
        Whether names are left out and whether pictures are in, as the manifest tells its readers.
    """

    def __init__(self, path: Path, *, anonymous: bool, images: bool) -> None:
        self._zip = zipfile.ZipFile(path, "w", allowZip64=True)
        self._about = {"anonymous": anonymous, "images": images}
        self._members: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> BundleWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            manifest = {
                "format": FORMAT, "version": VERSION, **self._about, "members": self._members,
            }  # fmt: skip
            options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2
            self._zip.writestr(_info(MANIFEST), orjson.dumps(manifest, option=options))
        self._zip.close()

    def write(self, table: str, records: Iterable[Any]) -> int:
        """Write a table as one line of JSON a record.

        Parameters
        ----------
        table
            One of `TABLES`, each once.
        records
            Dataclasses of `annotations.formats.records`, taken one by one.

        Returns
        -------
        int
            How many there were.
        """
        name = f"{table}.jsonl"
        digest, size, rows = hashlib.sha256(), 0, 0
        with self._zip.open(_info(name), "w", force_zip64=True) as member:
            # ISA-L takes a tenth of zlib's time, a fifth more room; zipfile lets nobody choose it.
            member._compressor = isal_zlib.compressobj(  # type: ignore[attr-defined]
                isal_zlib.ISAL_DEFAULT_COMPRESSION, isal_zlib.DEFLATED, -isal_zlib.MAX_WBITS
            )
            waiting = bytearray()
            for record in records:
                # Fields in the order of their class; what is a mapping by its keys.
                waiting += orjson.dumps(record, option=_LINE)
                rows += 1
                if len(waiting) > _FLUSH_BYTES:
                    digest.update(waiting)
                    size += member.write(waiting)
                    waiting = bytearray()
            digest.update(waiting)
            size += member.write(waiting)
        self._members[name] = {"bytes": size, "sha256": digest.hexdigest(), "rows": rows}
        return rows

    def add_image(self, folder: str, sha256: str, extension: str, data: bytes) -> None:
        """Add a picture, unless it is there already.

        Parameters
        ----------
        folder
            images, or neutral for neutral frames.
        sha256, extension
            The member's name: `images/<sha256>.<extension>`.
        data
            The picture's file as it is.
        """
        name = f"{folder}/{sha256}.{extension}"
        if name in self._members:
            return
        info = _info(name)
        info.compress_type = zipfile.ZIP_STORED  # PNG and JPEG are compressed already
        self._zip.writestr(info, data)
        self._members[name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=_LONG_AGO)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    info.create_system = 3  # the same bytes on every system
    return info
