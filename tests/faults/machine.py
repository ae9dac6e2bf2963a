"""The machine under the world: its processes and small disks."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

#: Room for what all runs leave: an artefact, which holds VGG16 twice, has 120 to 160 MB.
_MEGABYTES = {"media": 48, "models": 2048}


def fill(disk: Path) -> None:
    """Leave not one byte on a small disk."""
    with (disk / "filler").open("wb", buffering=0) as filler:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while filler.write(b"\0" * size) == size:
                    pass


def descendants(pid: int) -> list[int]:
    """Return the processes below one, children before grandchildren."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for task in Path(f"/proc/{waiting[0]}/task").iterdir():
                children = [int(each) for each in (task / "children").read_text().split()]
                found += children
                waiting += children
        waiting.pop(0)
    return found


def is_stopped(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    return True


def send(pids: list[int], signum: int) -> None:
    """Send a signal to processes, of which some may be gone."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signum)


def mounted(folder: Path) -> bool:
    """Give the folder of media or models a small disk of its own, where mounting is allowed."""
    return small_disk(folder, _MEGABYTES[folder.name])


def small_disk(folder: Path, megabytes: int) -> bool:
    """Mount a disk of so much room on a folder; tell whether that is allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "faults", folder]
    if shutil.which("mount") is None:
        return False
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
