"""What both import commands show: a progress bar, every refused row, a summary."""

from __future__ import annotations

import sys

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from annotations.importers import Parsed
from annotations.importing import ImportReport, import_rows


def add_dry_run(parser) -> None:
    parser.add_argument(
        "--dry-run", action="store_true", help="Read and check everything, write nothing."
    )


def import_and_report(
    command: BaseCommand, parsed: Parsed, *, coder_name: str, dry_run: bool
) -> None:
    """Import `parsed` and tell what came of it; exit code 1 if any row was refused."""
    bar = tqdm(total=len(parsed.rows), unit="image", leave=False, disable=not sys.stderr.isatty())
    with bar:
        report = import_rows(
            parsed, coder_name=coder_name, dry_run=dry_run, progress=lambda *_: bar.update()
        )
    for error in report.errors:
        command.stderr.write(str(error))
    command.stdout.write(summary(report, dry_run=dry_run))
    if report.errors:
        raise CommandError(f"{_count(len(report.errors), 'error')}, listed above; see each line.")


def summary(report: ImportReport, *, dry_run: bool = False) -> str:
    written = [
        _count(report.faces_created, "face"),
        _count(report.codings_created, "coding"),
        *([_count(report.neutral_created, "neutral frame")] if report.neutral_created else []),
    ]
    anything = report.codings_created or report.faces_created or report.neutral_created
    if dry_run:
        verb = "Dry run, nothing written: would create"
    elif not anything and report.unchanged:
        verb = "Nothing changed: these labels are known already. Created"
    else:
        verb = "Created"
    return (
        f"{verb} {', '.join(written[:-1])} and {written[-1]}; {report.unchanged} unchanged, "
        f"{report.skipped} skipped for want of a label, {_count(len(report.errors), 'error')}."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
