"""A CK+ tree, or images with `data_labels.csv`, as an archive brought it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from annotations.importers import LABELS_FILE, read_ckplus, read_labels
from annotations.importers.csv_text import CsvError, read_table
from annotations.importers.refused import RefusedWriter
from annotations.importers.rows import RowError
from annotations.importing import CKPLUS_CODER, import_rows
from annotations.models import Import
from annotations.transfers.progress import Progress
from annotations.transfers.report import Report

_CKPLUS_COLUMNS = ("file", "line", "field")


def import_tree(
    tree: Path, kind: str, coder_name: str, report: Report, progress: Progress, folder: Path
) -> None:
    """Import the labelled pictures below `tree`, row by row."""
    is_ckplus = kind == Import.Kind.CKPLUS
    progress.stage("reading the labels")
    parsed = read_ckplus(tree) if is_ckplus else read_labels(tree / LABELS_FILE)
    progress.stage("writing faces")
    coder = coder_name or (CKPLUS_CODER if is_ckplus else LABELS_FILE)
    outcome = import_rows(parsed, coder_name=coder, progress=progress)
    for name in ("faces_created", "codings_created", "neutral_created", "unchanged", "skipped"):
        report.add(name, getattr(outcome, name))
    for error in outcome.errors:
        report.refuse(error)
    if outcome.errors:
        report.refused_rows = folder / "refused.csv"
        if is_ckplus:
            _write_ckplus(report.refused_rows, outcome.errors)
        else:
            _write_labels(report.refused_rows, tree / LABELS_FILE, outcome.errors)


def _write_ckplus(path: Path, errors: tuple[RowError, ...]) -> None:
    """CK+ has a file a label, so a refused row is the name of one."""
    with RefusedWriter(path, _CKPLUS_COLUMNS) as writer:
        for error in errors:
            line = "" if error.line is None else str(error.line)
            writer.add(error.line, error.message, [error.file, line, error.field])


def _write_labels(path: Path, table: Path, errors: tuple[RowError, ...]) -> None:
    reasons: dict[int | None, list[str]] = defaultdict(list)
    for error in errors:
        reasons[error.line].append(f"{error.field}: {error.message}")
    try:
        read = read_table(table)
    except CsvError:  # the file as a whole is none, and the reasons say so
        header, rows = ["filepath"], {}
    else:
        header, rows = read.header, dict(read.rows)
    with RefusedWriter(path, header) as writer:
        for line, said in sorted(reasons.items(), key=lambda item: item[0] or 0):
            writer.add(line, " ".join(said), rows.get(line, []) if line else [])
