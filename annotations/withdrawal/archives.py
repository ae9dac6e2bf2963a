"""Looking into files and archives for a subject's pictures and for words that mean them."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from typing import IO

from annotations.withdrawal.words import Words

_DEEPEST = 3
#: A member as large as this is taken to hold anything: nobody reads it whole into memory.
_LARGEST = 512 << 20

IsGone = Callable[[str], bool]


def holds(file: IO[bytes], words: Words, is_gone: IsGone) -> bool:
    """Tell whether a file, or a member of an archive, is a withdrawn picture or means its subject.

    What can't be read, such as an encrypted member, is taken to hold it.

    Parameters
    ----------
    file
        Open for reading, and seekable.
    is_gone
        Tells it of a SHA-256.
    """
    return _holds(file, words, is_gone, _DEEPEST)


def _holds(file: IO[bytes], words: Words, is_gone: IsGone, depth: int) -> bool:
    if not depth:
        return True
    try:
        if zipfile.is_zipfile(file):
            file.seek(0)
            with zipfile.ZipFile(file) as archive:
                return any(_member_holds(*m, words, is_gone, depth) for m in _of_zip(archive))
        file.seek(0)
        if _is_tar(file):
            with tarfile.open(fileobj=file) as archive:
                return any(_member_holds(*m, words, is_gone, depth) for m in _of_tar(archive))
    except (OSError, EOFError, ValueError, RuntimeError, NotImplementedError):
        return True
    except (zipfile.BadZipFile, tarfile.TarError):
        return True
    file.seek(0)
    data = file.read(_LARGEST + 1)
    return len(data) > _LARGEST or _is_meant(data, words, is_gone)


def _member_holds(name: str, data: bytes | None, words: Words, is_gone: IsGone, depth: int) -> bool:
    if data is None or words.are_in(name) or _is_meant(data, words, is_gone):
        return True
    nested = data[:4] == b"PK\x03\x04" or _is_tar(io.BytesIO(data))
    return nested and _holds(io.BytesIO(data), words, is_gone, depth - 1)


def _is_meant(data: bytes, words: Words, is_gone: IsGone) -> bool:
    return is_gone(hashlib.sha256(data).hexdigest()) or words.are_in_bytes(data)


def _of_zip(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes | None]]:
    for member in archive.infolist():
        if not member.is_dir():
            small = member.file_size <= _LARGEST and not member.flag_bits & 1
            yield member.filename, archive.read(member) if small else None


def _of_tar(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes | None]]:
    for member in archive:
        if member.isfile():
            file = archive.extractfile(member) if member.size <= _LARGEST else None
            yield member.name, file.read() if file else None


def _is_tar(file: IO[bytes]) -> bool:
    try:
        found = tarfile.is_tarfile(file)
    except (OSError, EOFError, ValueError):
        found = False
    file.seek(0)
    return found
