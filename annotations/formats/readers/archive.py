"""Unpacking of what somebody sent: zip or tar, known by content, streamed, and never trusted.

An attack (a name that leaves the folder, a link, a bomb) refuses the archive as a whole; what is
merely unusual is left out and reported.
"""

from __future__ import annotations

import gzip
import lzma
import re
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from annotations.formats.readers.archive_members import DAMAGED, Member, is_archive, members_of
from annotations.formats.readers.kinds import kind_of_file
from annotations.formats.readers.paths import IMAGE_SUFFIXES
from annotations.formats.rows import RowError, UnreadableSource

_SUFFIXES = {*IMAGE_SUFFIXES, ".csv", ".tsv", ".txt", ".json", ".jsonl", ".xlsx", ".xml"}
_ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")
#: CK+ comes as four zips, which people send as one; nobody needs more than one layer beyond.
_DEEPEST_ARCHIVE = 2
_CHUNK = 1 << 18
_DRIVE = re.compile(r"\A[A-Za-z]:")
_DEEPEST, _LONGEST_PART = 20, 255
#: No PNG or JPEG has fewer bytes: 67 are a PNG of one pixel.
_SMALLEST_PICTURE = 67
#: Less than this is no bomb: a label file of zeros may well be 1000 to 1.
_RATIO_FROM_BYTES = 10 << 20

#: Errors that spoil one member of a zip: the others can still be read.
_DAMAGED_MEMBER = (
    EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError,
)  # fmt: skip
#: An archive within another is one member of it.
_DAMAGED_WITHIN = (
    *_DAMAGED_MEMBER, gzip.BadGzipFile, ValueError, LookupError, ArithmeticError, RuntimeError,
    struct.error, tarfile.TarError,
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """Bounds on what an archive may unpack to, with all archives within it."""

    members: int = 300_000
    #: Members that hold nothing: each costs a file and a refused row, and no bytes.
    hollow: int = 1_000
    bytes_each: int = 2 << 30
    bytes_in_all: int = 50 << 30
    #: Unpacked to packed, beyond the first 10 MiB.
    ratio: int = 200


@dataclass
class Unpacked:
    """The members of an archive that were left out: refused ones, and kinds of files left alone."""

    errors: list[RowError] = field(default_factory=list)
    left_alone: Counter[str] = field(default_factory=Counter)


def unpack(
    archive: Path,
    into: Path,
    limits: Limits | None = None,
    progress: Callable[[int], None] | None = None,
) -> Unpacked:
    """Unpack an archive's pictures and tables.

    Archives in the archive are unpacked too, under the same limits. A member of a zip that is
    damaged is refused by itself.

    Parameters
    ----------
    archive
        A zip or a tar, compressed or not.
    into
        The folder to unpack into; made if it is missing, for its owner alone.
    limits
        On members, bytes and the ratio of unpacked to packed; the defaults of `Limits` if None.
    progress
        Called with the number of members done.

    Returns
    -------
    Unpacked
        What was left out, and why.

    Raises
    ------
    UnreadableSource
        It is no archive, is damaged or an attack, exceeds the limits, or all of it is encrypted.
        Then nothing of it is left in `into`.
    """
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return _Unpacking(archive, into, limits or Limits(), progress).run()
    except UnreadableSource:
        _empty(into)
        raise
    except DAMAGED as error:
        _empty(into)
        raise UnreadableSource(
            f"The archive is damaged or cut short ({_in_words(error)})."
        ) from None


def data_root(into: Path) -> Path:
    """Return the folder in which the data begins, below those that hold nothing but one folder."""
    while True:
        below = list(into.iterdir())
        if len(below) != 1 or not below[0].is_dir():
            return into
        into = below[0]


class _Unpacking:
    def __init__(
        self, archive: Path, into: Path, limits: Limits, progress: Callable[[int], None] | None
    ) -> None:
        self.archive, self.into, self.limits, self.progress = archive, into, limits, progress
        self.packed = archive.stat().st_size
        self.written = self.members = self.hollow = self.encrypted = 0
        self.seen: dict[str, str] = {}
        self.unpacked = Unpacked()

    def run(self) -> Unpacked:
        self._take_all(self.archive, within="", depth=0)
        if self.encrypted and not self.written:
            raise UnreadableSource("The archive is encrypted. Send it without a password.")
        return self.unpacked

    def _take_all(self, archive: Path, within: str, depth: int) -> None:
        """Unpack every member below the folder `within`; limits hold for all archives together."""
        for member in members_of(archive):
            self.members += 1
            if self.members > self.limits.members:
                raise UnreadableSource(
                    f"The archive has more than {self.limits.members:,} members."
                )
            self._take(member, within, depth)
            if self.progress:
                self.progress(self.members)

    def _take(self, member: Member, within: str, depth: int) -> None:
        name = member.name.replace("\\", "/")
        parts = [part for part in name.split("/") if part not in {"", "."}]
        _check_name(member.name, name, parts)
        if member.oddity:
            raise UnreadableSource(f"{_shown(name)} is {member.oddity}, which is not accepted.")
        if member.is_folder or not parts or _is_macos(parts):
            return
        name, parts = f"{within}{name}", [*filter(None, within.split("/")), *parts]
        is_nested = parts[-1].lower().endswith(_ARCHIVES)
        odd = self._oddity(name, parts)
        if odd:
            self.unpacked.errors.append(RowError(_shown(name), None, "name", odd))
            return
        if not is_nested and Path(parts[-1]).suffix.lower() not in _SUFFIXES:
            self.unpacked.left_alone[kind_of_file(PurePath(*parts))] += 1
            return
        if member.is_encrypted:
            self.encrypted += 1
            why = "This member is encrypted. Send it without a password."
            self.unpacked.errors.append(RowError(_shown(name), None, "file", why))
            return
        self._count_hollow(member, parts[-1])
        target = self.into.joinpath(*parts)
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except (FileExistsError, NotADirectoryError):
            why = "A file of the archive has the name of this one's folder."
            self.unpacked.errors.append(RowError(_shown(name), None, "name", why))
            return
        try:
            self._write(member, target, name)
            if is_nested:
                self._open(target, name, depth + 1)
        except _DAMAGED_MEMBER as error:
            target.unlink(missing_ok=True)
            reason = f"This member of the archive is damaged ({_in_words(error)})."
            self.unpacked.errors.append(RowError(_shown(name), None, "file", reason))

    def _open(self, archive: Path, name: str, depth: int) -> None:
        """Unpack an archive that lay in one, into a folder of its own name, and remove it."""
        try:
            if depth > _DEEPEST_ARCHIVE:
                why = f"More than {_DEEPEST_ARCHIVE} archives within each other."
            elif not is_archive(archive):
                why = "This is neither a zip nor a tar archive, or it is damaged."
            else:
                self._take_all(archive, f"{_without_suffix(name)}/", depth)
                return
        except _DAMAGED_WITHIN as error:
            why = f"This archive is damaged or cut short ({_in_words(error)})."
        finally:
            archive.unlink(missing_ok=True)
        self.unpacked.errors.append(RowError(_shown(name), None, "file", why))

    def _count_hollow(self, member: Member, name: str) -> None:
        """Refuse an archive of empty files, which would take as long as one of faces."""
        least = _SMALLEST_PICTURE if Path(name).suffix.lower() in IMAGE_SUFFIXES else 1
        self.hollow += member.size < least
        if self.hollow > self.limits.hollow:
            raise UnreadableSource(
                f"More than {self.limits.hollow:,} files of the archive are empty, or too small to "
                "be a picture. It is damaged, or no data set: pack it anew."
            )

    def _oddity(self, name: str, parts: list[str]) -> str:
        known = self.seen.setdefault("/".join(parts).casefold(), name)
        if known != name or self.into.joinpath(*parts).exists():
            return f"Another member has this name already: {_shown(known)}."
        if len(parts) > _DEEPEST:
            return f"More than {_DEEPEST} folders deep."
        if any(len(part.encode("utf-8", "replace")) > _LONGEST_PART for part in parts):
            return f"A part of the name has more than {_LONGEST_PART} bytes."
        return ""

    def _write(self, member: Member, target: Path, name: str) -> None:
        source = member.open()
        if source is None:
            raise UnreadableSource(f"{_shown(name)} cannot be read.")
        size = 0
        with source, target.open("xb") as file:
            target.chmod(0o600)
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                self.written += len(chunk)
                self._check_size(name, size)
                file.write(chunk)

    def _check_size(self, name: str, size: int) -> None:
        """Check the limits by what really came out, never by what a header says."""
        limits = self.limits
        if size > limits.bytes_each:
            raise UnreadableSource(f"{_shown(name)} has more than {limits.bytes_each:,} bytes.")
        if self.written > limits.bytes_in_all:
            raise UnreadableSource(f"Unpacked, it has more than {limits.bytes_in_all:,} bytes.")
        if self.written > max(_RATIO_FROM_BYTES, limits.ratio * self.packed):
            raise UnreadableSource(
                f"It unpacks to more than {limits.ratio} times its size: a decompression bomb."
            )


def _without_suffix(name: str) -> str:
    """Name the folder of an archive's members: `FACS_labels.zip` holds those of FACS_labels."""
    lower = name.lower()
    suffix = max((each for each in _ARCHIVES if lower.endswith(each)), key=len, default="")
    return name[: len(name) - len(suffix)].rstrip("/") or name


def _check_name(written: str, name: str, parts: list[str]) -> None:
    """Raise UnreadableSource for what no honest archive has in a name."""
    if name.startswith("/") or _DRIVE.match(name):
        raise UnreadableSource(f"{_shown(written)} is an absolute path.")
    if ".." in parts:
        raise UnreadableSource(f"{_shown(written)} leads out of the archive's folder ('..').")
    if not name.isprintable():
        raise UnreadableSource(f"{_shown(written)} holds a NUL or another control character.")


def _is_macos(parts: list[str]) -> bool:
    return "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1] == ".DS_Store"


def _shown(name: str) -> str:
    text = "".join(letter if letter.isprintable() else "\ufffd" for letter in name)
    return text if len(text) <= 120 else f"{text[:60]}…{text[-40:]}"


def _in_words(error: BaseException) -> str:
    """Say what went wrong, without a path of ours, which an OSError's text would hold."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
