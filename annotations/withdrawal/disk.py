"""The files of this machine: what holds a withdrawn picture, or is named after its subject."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage

from annotations.faces.orphans import owners_of_files
from annotations.faces.storage import local_copies
from annotations.formats.readers.paths import IMAGE_SUFFIXES
from annotations.tombstones import Gone
from annotations.withdrawal.archives import holds
from annotations.withdrawal.words import Words

_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
#: Folders of VAR_DIR that hold no data of people, or are gone through by their own part.
_LEFT = {"static", "weights", "valkey", "features", "checkpoints", "models", "media", "backups"}
_DATABASE = (".sqlite3", ".sqlite3-wal", ".sqlite3-shm")
_TEXTS = {".log", ".json", ".jsonl", ".csv", ".tsv", ".txt", ".md", ".xml", ".html"}
_ARCHIVES = {".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".tbz2", ".txz"}

Tell = Callable[[int, int], None]


def remove_by_digest(gone: Gone) -> dict[str, int]:
    """Delete stored files, and copies of this machine, named by the digest of a withdrawn picture.

    They may have no row: an upload was killed between file and row.
    """
    counts: Counter[str] = Counter()
    for folder in owners_of_files():
        for name in _stored(folder):
            if _is_named_by(name, gone):
                default_storage.delete(f"{folder}/{name}")
                counts["stored files"] += 1
    copies = local_copies()
    for copy in copies.iterdir() if copies.is_dir() else ():
        if _is_named_by(copy.name, gone):
            copy.unlink(missing_ok=True)
            counts["copies of pictures"] += 1
    return dict(counts)


def _is_named_by(name: str, gone: Gone) -> bool:
    return any(gone.picture(digest) for digest in _DIGEST.findall(name))


def remove_below_var(gone: Gone, words: Words, tell: Tell) -> dict[str, int]:
    """Go through what else lies in VAR_DIR, the demo's source and logs among it.

    Pictures and archives that hold the subject are deleted; in texts, which a process may be
    writing, each mention is overwritten by as many asterisks.

    Parameters
    ----------
    tell
        Called with (files done, files in all).
    """
    counts: Counter[str] = Counter()
    root = Path(settings.VAR_DIR)
    paths = list(_files(root))
    for done, path in enumerate(paths):
        tell(done, len(paths))
        try:
            what = _take(path, root, gone, words)
        except FileNotFoundError:  # its owner was quicker
            continue
        if what:
            counts[what] += 1
    _remove_empty(root, words)
    return dict(counts)


def _take(path: Path, root: Path, gone: Gone, words: Words) -> str:
    """Delete or blot one file; return which, in words, or nothing."""
    named = str(path.relative_to(root))
    if words.are_in(named) or _is_named_by(named, gone):
        path.unlink()
        return "files by name"
    suffix = path.suffix.lower()
    if suffix in IMAGE_SUFFIXES:
        with path.open("rb") as file:
            if gone.picture(hashlib.file_digest(file, "sha256").hexdigest()):
                path.unlink()
                return "pictures"
    elif suffix in _ARCHIVES:
        with path.open("rb") as file:
            if holds(file, words, gone.picture):
                path.unlink()
                return "archives"
    elif suffix in _TEXTS and _blot(path, words):
        return "texts overwritten"
    return ""


def _blot(path: Path, words: Words) -> bool:
    """Cover mentions where they stand: the file keeps its length and its writer's place."""
    changed = False
    with path.open("r+b") as file:
        while line := file.readline(1 << 20):
            if (cut := words.blot(line)) != line:
                file.seek(-len(line), 1)
                file.write(cut)
                changed = True
    return changed


def _files(root: Path) -> Iterator[Path]:
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        if folder.is_symlink() or folder.name in _LEFT or folder.name.endswith(_DATABASE):
            continue
        if folder.is_dir():
            yield from (each for each in sorted(folder.rglob("*")) if _is_own(each))
        elif _is_own(folder):
            yield folder


def _is_own(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and not path.name.endswith(_DATABASE)


def _remove_empty(root: Path, words: Words) -> None:
    """Remove empty folders that are named after the subject, or lie in one that is."""
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        if folder.is_dir() and not folder.is_symlink() and folder.name not in _LEFT:
            for each in sorted(folder.rglob("*"), reverse=True):
                named = str(each.relative_to(root))
                if each.is_dir() and words.are_in(named) and not any(each.iterdir()):
                    each.rmdir()


def _stored(folder: str) -> list[str]:
    try:
        return default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return []
