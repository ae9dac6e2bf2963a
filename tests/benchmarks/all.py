"""The benchmarks that take minutes, one after the other: `make bench`.

    python -m tests.benchmarks.all [--only PART] [--faces 100]

Each part is a process of its own and prints a table: the middle of repeats, their spread, and how
many times better than what it is held against in the same run, or than a figure that is quoted.
`var/bench.json` gets all of it with the machine and the versions. A clock says little while others
use the machine: the load is told with each part.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings

from facsweb.code_version import code_version
from tests.benchmarks.figures import asked_by
from tests.stack import ROOT

#: Part -> module and arguments; {faces} is how many pictures are looked at.
PARTS = {
    "trunk": ("trunk_speed",),
    "asking": ("asking_cost", "--faces", "{few}"),
    "prediction": ("prediction_speed", "--faces", "{job}"),
    "training": ("training_speed", "--faces", "{faces}", "--peer-epochs", "1"),
    "api": ("api_speed", "--small"),
    "pages": ("pages", "--faces", "10000"),
}
_LIBRARIES = ("Django", "keras", "numpy", "openvino", "pillow", "scipy", "tensorflow")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=PARTS, action="append", help="again for another part")
    parser.add_argument("--faces", type=int, default=100, help="that a training learns from")
    given = parser.parse_args()
    target = settings.VAR_DIR / "bench.json"
    whole: dict[str, Any] = {"machine": machine(), "versions": versions(), "parts": {}}
    print("\n".join(f"{name}: {value}" for name, value in whole["machine"].items()))
    failed = []
    for part in given.only or PARTS:
        print(f"\n## {part} (load {os.getloadavg()[0]:.1f})\n", flush=True)
        whole["parts"][part] = told = _run(part, given.faces)
        if told["failed"]:
            failed.append(part)
        partial = target.with_suffix(".part")
        partial.write_text(json.dumps(whole, indent=1))
        partial.replace(target)
    print(f"\n{target} has all of it.")
    if failed:
        print(f"These failed: {', '.join(failed)}.", file=sys.stderr)
    return bool(failed)


def _run(part: str, faces: int) -> dict[str, Any]:
    """A part's figures, its seconds, and how busy the machine was as it began."""
    sizes = {"faces": faces, "few": max(20, faces // 5), "job": min(96, faces)}
    module, *rest = (each.format(**sizes) for each in PARTS[part])
    with tempfile.TemporaryDirectory(prefix="facsweb-bench") as folder:
        path = Path(folder) / "figures"
        began, load = time.monotonic(), os.getloadavg()[0]
        # A file of our own and its rows: what fails half-way has told what it had measured.
        command = [sys.executable, "-m", f"tests.benchmarks.{module}", *rest]
        ended = subprocess.run(command, cwd=ROOT, env=os.environ | asked_by(path), check=False)
        lines = path.read_text().splitlines() if path.exists() else []
    return {
        "figures": [json.loads(line) for line in lines],
        "seconds": round(time.monotonic() - began, 1),
        "load": load,
        "failed": ended.returncode != 0 or not lines,
    }


def machine() -> dict[str, Any]:
    """What it is measured on."""
    told = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.partition(":")[2].strip() for line in told.splitlines() if "model name" in line]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "load": os.getloadavg()[0],
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def versions() -> dict[str, Any]:
    """The code and the libraries that are measured."""
    libraries = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return {"code": code_version().to_json(), "python": platform.python_version(), **libraries}


if __name__ == "__main__":
    sys.exit(main())
