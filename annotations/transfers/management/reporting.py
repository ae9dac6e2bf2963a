"""Output of both import commands: a progress bar, every refused row, a summary."""

from __future__ import annotations

import sys

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from annotations.formats.readers import Parsed
from annotations.transfers.import_rows import import_rows
from annotations.transfers.label_coders import coder_for, named_anew, of_whom, truths_at_stake
from annotations.transfers.options import ImportOptions
from annotations.transfers.row_report import ImportReport
from facsweb.audit.services import record


def add_choices(parser: CommandParser, default: str) -> None:
    """Add the options of both commands."""
    parser.add_argument("--coder", default="", help=f"whose labels they are; by default {default}")
    parser.add_argument(
        "--replace-truth",
        action="store_true",
        help="These labels replace the ground truth that another import gave; without it they "
        "stand beside it. What a person decided stays.",
    )
    parser.add_argument(
        "--unlabelled",
        action="store_true",
        help="Pictures that nothing is said of come in as faces without a label.",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="Read and check everything, write nothing."
    )


def import_and_report(
    command: BaseCommand,
    parsed: Parsed,
    *,
    coder: str,
    default: str,
    replace_truth: bool = False,
    dry_run: bool = False,
    **_: object,
) -> None:
    """Import `parsed` and report the outcome; exit code 1 if any row was refused.

    Before anything is written, it says how many truths that changes, and whose they are.
    """
    if len(coder or default) > 150:
        raise CommandError("The coder's name has more than 150 characters; use --coder.")
    name = coder_for(coder, default, parsed.rows)
    if not coder and name != default:
        command.stdout.write(f"{named_anew(name, default)} (--coder)")
    at_stake = truths_at_stake(parsed.rows, name, replace_truth=replace_truth)
    if at_stake:
        command.stdout.write(f"Changes {of_whom(at_stake)}.")
    bar = tqdm(total=len(parsed.rows), unit="image", leave=False, disable=not sys.stderr.isatty())
    with bar:
        report = import_rows(
            parsed,
            coder_name=name,
            options=ImportOptions(replace_truth=replace_truth, dry_run=dry_run),
            progress=lambda *_: bar.update(),
        )
    if not dry_run:
        counts = {"faces": report.faces_created, "codings": report.codings_created}
        record("import.made_by_command", details=counts)
    for note in report.notes:
        command.stdout.write(note)
    for error in report.errors:
        command.stderr.write(str(error))
    command.stdout.write(summary(report, dry_run=dry_run))
    for sentence in report.personal:
        command.stdout.write(sentence)
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
    counts = (
        f"{verb} {', '.join(written[:-1])} and {written[-1]}; {report.unchanged} unchanged, "
        f"{report.skipped} skipped for want of a label, {_count(len(report.errors), 'error')}."
    )
    return " ".join([counts, *_about_truths(report, dry_run)])


def _about_truths(report: ImportReport, dry_run: bool) -> list[str]:
    told = []
    if report.truths_changed:
        verb = "Would change" if dry_run else "Changed"
        told.append(f"{verb} {of_whom(report.truths_changed)}.")
    if report.truths_kept:
        told.append(f"These labels say otherwise than {of_whom(report.truths_kept)}, and")
        told.append("stand beside; --replace-truth changes those that an import gave.")
    if report.disputed:
        told.append(f"Coders differ on {_count(report.disputed, 'face')}: no truth there.")
    return told


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
