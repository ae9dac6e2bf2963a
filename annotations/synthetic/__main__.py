"""Command line: `python -m annotations.synthetic PATH`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from annotations.synthetic.contact_sheet import write_contact_sheet
from annotations.synthetic.generator import generate
from facsweb.jobs.console import StageBar


def main(arguments: list[str] | None = None) -> int:
    """Generate a demo data set, and a contact sheet of it if one is asked for."""
    parser = argparse.ArgumentParser(prog="python -m annotations.synthetic", description=__doc__)
    parser.add_argument("path", type=Path, help="folder to write the data set into")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--subjects", type=int, default=123)
    parser.add_argument("--images", type=int, default=560, help="labelled peak frames")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--contact-sheet", type=Path, metavar="FILE", help="PNG to write")
    options = parser.parse_args(arguments)
    with StageBar("drawing faces") as bar:
        manifest = generate(
            options.path,
            seed=options.seed,
            subjects=options.subjects,
            images=options.images,
            processes=options.processes,
            progress=bar,
        )
    sys.stdout.write(f"{manifest}\n")
    if options.contact_sheet:
        write_contact_sheet(options.path, options.contact_sheet)
        sys.stdout.write(f"{options.contact_sheet}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
