"""A CK+ tree, or images with `data_labels.csv`, as an archive brought it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from annotations.import_report import ImportReport
from annotations.importers import LABELS_FILE, LabelsFile, RowError, SourceRow, read_ckplus
from annotations.importers.refused import RefusedWriter
from annotations.importing import CKPLUS_CODER, import_each, import_rows
from annotations.models import Import
from annotations.transfers.progress import Progress
from annotations.transfers.report import Report

_COUNTS = ("faces_created", "codings_created", "neutral_created", "unchanged")


def import_tree(
    tree: Path, kind: str, coder_name: str, report: Report, progress: Progress, folder: Path
) -> None:
    """Import the labelled pictures below `tree`, row by row."""
    progress.stage("reading the labels")
    refused = folder / "refused.csv"
    if kind == Import.Kind.CKPLUS:
        outcome = _import_ckplus(tree, coder_name or CKPLUS_CODER, report, progress, refused)
    else:
        outcome = _import_labels(tree, coder_name or LABELS_FILE, report, progress, refused)
    for name in _COUNTS:
        report.add(name, getattr(outcome, name))
    report.add("skipped", outcome.skipped)


def _import_ckplus(
    tree: Path, coder_name: str, report: Report, progress: Progress, refused: Path
) -> ImportReport:
    """CK+ has a file a label, so a refused row is the name of one."""
    parsed = read_ckplus(tree)
    progress.stage("writing faces")
    outcome = import_rows(parsed, coder_name=coder_name, progress=progress)
    with RefusedWriter(refused, ("file", "line", "field")) as writer:
        for error in outcome.errors:
            report.refuse(error)
            line = "" if error.line is None else str(error.line)
            writer.add(error.line, error.message, [error.file, line, error.field])
    report.keep(writer)
    return outcome


def _import_labels(
    tree: Path, coder_name: str, report: Report, progress: Progress, refused: Path
) -> ImportReport:
    labels = LabelsFile(tree / LABELS_FILE, surveyed=progress)
    progress.stage("writing faces")
    with RefusedWriter(refused, labels.header) as writer:

        def refuse(row: SourceRow, errors: Sequence[RowError]) -> None:
            report.refuse(*errors)
            reasons = " ".join(f"{error.field}: {error.message}" for error in errors)
            writer.add(row.line, reasons, row.cells)

        for error in labels.errors:
            refuse(SourceRow(error.line), [error])
        outcome = import_each(
            labels, labels.total, coder_name=coder_name, refuse=refuse, progress=progress
        )
    report.keep(writer)
    return replace(outcome, skipped=labels.skipped)
