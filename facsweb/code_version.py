"""The version of the code that runs: its commit, where there is a repository, and its digest."""

from __future__ import annotations

import hashlib
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

#: What a run depends on; tests and documents may change without another result.
ROOMS = ("annotations", "facsweb", "inference", "training")
_OTHER_FILES = (
    "manage.py",
    "requirements.txt",
    *(f"requirements-{part}.txt" for part in ("web", "predict", "detector", "train")),
)
_GIT_SECONDS = 5
_SHOWN = 12


@dataclass(frozen=True)
class CodeVersion:
    """The code of a run.

    Attributes
    ----------
    version
        The package's, as pyproject.toml states it; "" where it doesn't.
    commit
        The repository's commit; "" where the code isn't in a repository of its own.
    changed
        Whether the code had changes that weren't committed.
    source_sha256
        Digest of the source files, the same for the same code in a repository or without.
    """

    version: str = ""
    commit: str = ""
    changed: bool = False
    source_sha256: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a run stores them."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> CodeVersion:
        """Read what `to_json` wrote; {} gives a version of which nothing is known."""
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__ if name in stored})

    @property
    def is_known(self) -> bool:
        return bool(self.source_sha256)

    def __str__(self) -> str:
        """Say which code it was, in words."""
        if not self.is_known:
            return "not recorded"
        if not self.commit:
            version = f"version {self.version}, " if self.version else ""
            return f"{version}source {self.source_sha256[:_SHOWN]}"
        changes = " with uncommitted changes" if self.changed else ""
        return f"commit {self.commit[:_SHOWN]}{changes}"


def code_version(root: Path | None = None) -> CodeVersion:
    """Return the version of the code below a folder; it never fails, with or without git.

    Parameters
    ----------
    root
        The folder of manage.py; None is this installation's.
    """
    root = root or settings.BASE_DIR
    commit, changed = _commit(root)
    return CodeVersion(_package_version(root), commit, changed, _source_sha256(root))


def _package_version(root: Path) -> str:
    try:
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        return str(project["project"]["version"])
    except (OSError, ValueError, KeyError):
        return ""


def _commit(root: Path) -> tuple[str, bool]:
    """Return the commit, and whether files of ours differ from it; ("", False) without any.

    A repository that merely contains the folder, such as somebody's home, doesn't count.
    """
    try:
        top, commit = _git(root, "rev-parse", "--show-toplevel", "HEAD").split("\n")
        if not Path(top).samefile(root):
            return "", False
        ours = [name for name in (*ROOMS, *_OTHER_FILES) if (root / name).exists()]
        return commit, bool(_git(root, "status", "--porcelain", "--", *ours))
    except (OSError, ValueError, subprocess.SubprocessError):  # no git, no repository, no commit
        return "", False


def _git(root: Path, *command: str) -> str:
    done = subprocess.run(
        ["git", *command], cwd=root, capture_output=True, text=True, check=True,
        timeout=_GIT_SECONDS,
    )  # fmt: skip
    return done.stdout.strip()


def _source_sha256(root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(_sources(root)):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _sources(root: Path) -> Iterator[Path]:
    for room in ROOMS:
        yield from (root / room).rglob("*.py")
    yield from (path for name in _OTHER_FILES if (path := root / name).is_file())
