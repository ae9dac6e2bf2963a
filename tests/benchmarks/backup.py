"""How long backup, check and fsck take, and how much memory: `python -m tests.benchmarks.backup`.

Faces with files of 400 bytes each, a coding and 15 scores; every step is a process of its own,
whose largest resident size and whose processor time count. What real pictures cost is the disk's.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.stack import ROOT

_BATCH = 2000
_PADDING = b"x" * 390


def populate(faces: int) -> None:
    """Write `faces` faces with files that no decoder would read, each coded once."""
    from django.conf import settings
    from django.core.management import call_command

    from annotations.facs import MODEL_ACTION_UNITS
    from annotations.models import ActionUnitScore, Coder, Coding, Face, Subject
    from tests.benchmarks.unit_columns import fill_unit_columns

    call_command("migrate", verbosity=0)
    coder = Coder.objects.create(kind="import", name="CK+")
    subject = Subject.objects.create(code="S001")
    (settings.MEDIA_ROOT / "faces").mkdir(parents=True)
    for first in range(0, faces, _BATCH):
        rows = Face.objects.bulk_create(
            _face(subject, number) for number in range(first, min(first + _BATCH, faces))
        )
        codings = Coding.objects.bulk_create(
            Coding(
                face=face, coder=coder, coder_kind="import", emotion="positive", is_accepted=True
            )
            for face in rows
        )
        ActionUnitScore.objects.bulk_create(
            (
                ActionUnitScore(coding=coding, au=au, present=au == 12)
                for coding in codings
                for au in MODEL_ACTION_UNITS
            ),
            batch_size=5000,
        )
    fill_unit_columns()


def _face(subject, number: int):
    from django.conf import settings

    from annotations.models import Face

    data = f"{number:010d}".encode() + _PADDING
    (settings.MEDIA_ROOT / f"faces/{number}.png").write_bytes(data)
    return Face(
        subject=subject, file=f"faces/{number}.png",
        sha256=hashlib.sha256(data).hexdigest(), width=640, height=490, colour_mode="greyscale",
    )  # fmt: skip


def _measured(folder: Path, *command: str) -> str:
    """Run a command to its end; return its time, its processor time and its peak, in words."""
    environment = os.environ | {
        "SECRET_KEY": "only-for-benchmarks-" + "x" * 40,
        "VAR_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'facsweb.sqlite3'}",
        "LOG_LEVEL": "CRITICAL",
        "DJANGO_SETTINGS_MODULE": "facsweb.settings",
    }
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
    processor = used.ru_utime + used.ru_stime
    return (
        f"{time.perf_counter() - began:.0f} s ({processor:.0f} s of processor), "
        f"{used.ru_maxrss / 1024:.0f} MiB at most"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--restore", action="store_true", help="restore it, too")
    parser.add_argument("--populate", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.populate:
        import django

        django.setup()
        populate(given.populate)
        return 0
    for faces in given.faces:
        with tempfile.TemporaryDirectory(prefix="facsweb-backup") as folder:
            full, empty, file = (Path(folder) / name for name in ("full", "empty", "all.tar"))
            full.mkdir()
            _measured(full, "-m", "tests.benchmarks.backup", "--populate", str(faces))
            steps = {
                "backup": (full, "backup", str(file)),
                "restore --check": (full, "restore", "--check", str(file)),
                "fsck": (full, "fsck"),
            }
            if given.restore:
                steps["restore"] = (empty, "restore", str(file))
            for name, (machine, *command) in steps.items():
                told = _measured(machine, "manage.py", *command)
                print(f"{faces:,} faces, {name}: {told}", flush=True)
            print(f"{faces:,} faces, the file: {file.stat().st_size / 1e6:,.0f} MB", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
