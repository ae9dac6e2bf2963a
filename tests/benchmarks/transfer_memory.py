"""How much memory an export and an import take: `python -m tests.benchmarks.transfer_memory`.

A lossless export of a few codings and of a million, and the same files read into a database that
has only the faces; each by a process of its own, whose largest resident size is what counts.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.stack import ROOT

_CODINGS_A_FACE = 10
_UNITS = (1, 6, 12)
_BATCH = 2000


def populate(faces: int, *, codings: bool) -> None:
    """`faces` faces without pictures, each coded by ten imports or by nobody."""
    from annotations.models import ActionUnitScore, Coder, Coding, Face, Subject

    coders = [
        Coder.objects.get_or_create(kind="import", name=f"coder {n}")[0]
        for n in range(_CODINGS_A_FACE)
    ]
    subject, _ = Subject.objects.get_or_create(code="S001")
    for first in range(0, faces, _BATCH):
        rows = Face.objects.bulk_create(
            Face(
                subject=subject,
                file=f"faces/{number}.png",
                sha256=hashlib.sha256(str(number).encode()).hexdigest(),
                width=640,
                height=490,
                colour_mode="greyscale",
            )
            for number in range(first, min(first + _BATCH, faces))
        )
        if not codings:
            continue
        made = Coding.objects.bulk_create(
            Coding(face=face, coder=coder, coder_kind="import", emotion="positive")
            for face in rows
            for coder in coders
        )
        ActionUnitScore.objects.bulk_create(
            (
                ActionUnitScore(coding=coding, au=au, present=True)
                for coding in made
                for au in _UNITS
            ),
            batch_size=5000,
        )


def export() -> Path:
    from django.contrib.auth.models import User

    from annotations.transfers.run_export import carry_out
    from annotations.transfers.services import request_export

    run = request_export(User.objects.get(), format="facsweb")
    run.claim()
    carry_out(run)
    run.refresh_from_db()
    assert run.status == "succeeded", run.error
    return Path(run.file.path)


def take_in(path: Path) -> None:
    from django.contrib.auth.models import User
    from django.core.files.base import File

    from annotations.transfers.run_import import carry_out
    from annotations.transfers.services import request_import, stored_file

    with path.open("rb") as file, stored_file(File(file, path.name)) as stored:
        run = request_import(User.objects.get(), stored)
    run.claim()
    carry_out(run)
    run.refresh_from_db()
    assert run.status == "succeeded", run.error
    print(run.outcome, file=sys.stderr)


def _child(folder: Path, *arguments: str) -> list[str]:
    """What this module prints, run with a database in `folder`."""
    environment = os.environ | {
        "SECRET_KEY": "only-for-benchmarks-" + "x" * 40,
        "VAR_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "REDIS_URL": "redis://127.0.0.1:1/0",  # nobody listens: the runs are carried out here
        "LOG_LEVEL": "CRITICAL",
        "DJANGO_SETTINGS_MODULE": "facsweb.settings",
    }
    command = [sys.executable, "-m", "tests.benchmarks.transfer_memory", *arguments]
    answer = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return answer.stdout.split()


def _carry_out(what: str, value: str) -> None:
    """One measured step in this process."""
    if what in {"faces", "codings"}:
        from django.contrib.auth.models import Group, User
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        User.objects.create_user("admin").groups.add(Group.objects.get(name="admin"))
        populate(int(value), codings=what == "codings")
        return
    began = time.perf_counter()
    path = export() if what == "export" else take_in(Path(value))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{peak:.0f}", f"{time.perf_counter() - began:.0f}", path or "")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--codings", type=int, nargs="+", default=[20_000, 1_000_000])
    parser.add_argument("step", nargs="*", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        _carry_out(*given.step)
        return 0
    for codings in given.codings:
        faces = str(codings // _CODINGS_A_FACE)
        with tempfile.TemporaryDirectory(prefix="facsweb-memory") as folder:
            full, bare = Path(folder) / "full", Path(folder) / "bare"
            full.mkdir()
            bare.mkdir()
            _child(full, "codings", faces)
            peak, seconds, path = _child(full, "export", "")
            print(f"export of {codings:,} codings: {peak} MiB at most, {seconds} s", flush=True)
            _child(bare, "faces", faces)
            peak, seconds = _child(bare, "import", path)
            print(f"import of {codings:,} codings: {peak} MiB at most, {seconds} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
