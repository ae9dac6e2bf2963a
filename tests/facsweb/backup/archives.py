"""Looking into archives, and forging them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from facsweb.backup.archive import members

Contents = list[tuple[str, bytes]]


def contents_of(path: Path) -> Contents:
    with path.open("rb") as stream:
        return [(member.name, member.read()) for member in members(stream)]


def archive_of(stream: BinaryIO) -> dict[str, io.BytesIO]:
    return {member.name: io.BytesIO(member.read()) for member in members(stream)}


def entries_of(path: Path) -> dict[str, str]:
    """Each file of the final reading, by its name without the reading's number."""
    with path.open("rb") as stream:
        listed = archive_of(stream)["files.jsonl"].read()
    stated = map(json.loads, listed.splitlines())
    return {each["name"]: each["sha256"] for each in stated if each["used"]}


def write(path: Path, contents: Contents, *, kinds: dict[str, bytes] | None = None) -> Path:
    """Write a tar by the standard library, with entries of any kind."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
        for name, data in contents:
            header = tarfile.TarInfo(name)
            header.type = (kinds or {}).get(name, tarfile.REGTYPE)
            header.size = len(data) if header.type == tarfile.REGTYPE else 0
            header.linkname = "/etc/passwd"
            archive.addfile(header, io.BytesIO(data))
    return path


def forged(contents: Contents, change: Callable[[dict[str, bytes]], object]) -> Contents:
    """Change files, then list and count them anew: all digests are right."""
    held = dict(contents)
    change(held)
    for name in ("files.jsonl", "manifest.json"):
        held[name] = held.pop(name)
    manifest = json.loads(held["manifest.json"])
    listed = list(held.items())[:-2]
    held["files.jsonl"] = b"".join(
        json.dumps({"name": name, "size": len(data), "sha256": _sha256(data)}).encode() + b"\n"
        for name, data in listed
    )
    manifest |= {
        "files": len(listed),
        "total_bytes": sum(len(data) for _, data in listed),
        "files_sha256": _sha256(held["files.jsonl"]),
        "head_sha256": _sha256(held["backup.json"]),
    }
    del manifest["checksum"]
    packed = json.dumps(manifest, indent=1, sort_keys=True).encode() + b"\n"
    held["manifest.json"] = json.dumps(manifest | {"checksum": _sha256(packed)}).encode()
    return list(held.items())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
