"""Importing a CK+ tree, images with `data_labels.csv`, or pictures alone, out of an archive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from annotations.formats.readers import (
    LABELS_FILE,
    LabelledImage,
    LabelsFile,
    Parsed,
    RowError,
    SourceRow,
    look_into,
    pictures,
    read_ckplus,
    table_of,
)
from annotations.formats.readers.demographics import SUBJECTS_FILE
from annotations.formats.readers.kinds import kind_of_file
from annotations.formats.readers.layout import ckplus_pictures
from annotations.formats.readers.paths import files_below
from annotations.formats.writers.refused_rows import RefusedWriter
from annotations.transfers.import_context import ImportContext
from annotations.transfers.import_rows import CKPLUS_CODER, WITHDRAWN, import_each, import_rows
from annotations.transfers.label_coders import coder_for, named_anew, of_whom, truths_at_stake
from annotations.transfers.models import Import
from annotations.transfers.report import Report
from annotations.transfers.row_report import ImportReport

_COUNTS = ("faces_created", "codings_created", "neutral_created", "unchanged", "skipped")


def import_tree(
    tree: Path, kind: str, context: ImportContext, *, reported: Iterable[Path] = ()
) -> None:
    """Import the pictures below `tree` with what is said of them, row by row.

    `told` are files that the report names already as not read.
    """
    _Tree(tree, context, set(reported)).read(kind)


class _Tree:
    def __init__(self, tree: Path, context: ImportContext, reported: set[Path]) -> None:
        self.tree, self.reported = tree, reported
        self.coder_name, self.options = context.coder_name, context.options
        self.report, self.progress = context.report, context.progress
        self.refused = context.refused_rows

    def read(self, kind: str) -> None:
        self.progress.stage("reading the labels")
        found = look_into(self.tree)
        if kind == Import.Kind.CKPLUS:
            own = ckplus_pictures(found, self.tree)
            self._leave({*own, *(path for _, path in found.labels)})
            parsed = read_ckplus(self.tree, unlabelled=self.options.unlabelled)
            outcome = self._import_parsed(parsed, CKPLUS_CODER)
        elif kind == Import.Kind.PICTURES:
            self._leave(set(found.pictures))
            outcome = self._import_parsed(Parsed(tuple(pictures(self.tree))), LABELS_FILE)
        else:
            table = table_of(found, self.tree)
            self._leave({*found.pictures, table})
            outcome = self._import_labels(table)
        tell(self.report, outcome)

    def _import_parsed(self, parsed: Parsed, default: str) -> ImportReport:
        """Import the rows of CK+, or of pictures alone.

        CK+ has one file per label, so a refused row is given back as the name of a file.
        """
        coder = self._coder(default, lambda: iter(parsed.rows), is_told=False)
        outcome = import_rows(
            parsed,
            coder_name=coder,
            options=self.options,
            progress=self.progress,
        )
        columns, veil = ("file", "line", "field"), self.report.gone.veil
        with RefusedWriter(self.refused, columns, veil) as writer:
            for error in outcome.errors:
                self.report.refuse(error)
                line = "" if error.line is None else str(error.line)
                writer.add(error.line, error.message, [error.file, line, error.field])
        self.report.keep(writer)
        return outcome

    def _import_labels(self, table: Path) -> ImportReport:
        labels = LabelsFile(table, surveyed=self.progress, unlabelled=self.options.unlabelled)
        for column in labels.unread:
            self.report.leave(f"column {column[:60]!r}, which looks like an action unit's")

        def rows() -> Iterator[LabelledImage]:
            return (row.image for row in labels if row.image is not None)

        coder = self._coder(LABELS_FILE, rows, is_told=labels.names_coders)
        with RefusedWriter(self.refused, labels.header, self.report.gone.veil) as writer:

            def refuse(row: SourceRow, errors: Sequence[RowError]) -> None:
                self.report.refuse(*errors)
                if any(error.field == WITHDRAWN for error in errors):
                    return  # there is nothing to mend, and nothing of it is to be kept
                reasons = " ".join(f"{error.field}: {error.message}" for error in errors)
                writer.add(row.line, reasons, row.cells)

            for error in labels.errors:
                refuse(SourceRow(error.line), [error])
            outcome = import_each(
                labels,
                labels.total,
                coder_name=coder,
                refuse=refuse,
                options=self.options,
                progress=self.progress,
            )
        self.report.keep(writer)
        return replace(outcome, skipped=labels.skipped)

    def _coder(
        self, default: str, rows: Callable[[], Iterator[LabelledImage]], *, is_told: bool
    ) -> str:
        """Return the name of the coder whose labels these are.

        Before any is written, this reports whose truths they would change.
        """
        coder = coder_for(self.coder_name, default, rows)
        if not self.coder_name and coder != default:
            self.report.tell(named_anew(coder, default))
        # Labels of which nobody says whose they are change no truth unless that is asked for.
        if is_told or self.coder_name or self.options.replace_truth:
            self.progress.stage("looking whose truths change")
            at_stake = truths_at_stake(rows(), coder, replace_truth=self.options.replace_truth)
            if at_stake and not self.options.dry_run:
                told = [*self.report.told, f"Going to change {of_whom(at_stake)}."]
                self.progress.tell({**self.report.to_json(), "told": told})
        self.progress.stage("checking faces" if self.options.dry_run else "writing faces")
        return coder

    def _leave(self, read: set[Path]) -> None:
        """Count the files of the folder that aren't read."""
        known = {*read, *self.reported, self.tree / SUBJECTS_FILE}
        for path in files_below(self.tree):
            if path not in known:
                self.report.leave(kind_of_file(path))


def tell(report: Report, outcome: ImportReport) -> None:
    """Report the counts and, in words, what became of truths."""
    for name in _COUNTS:
        report.add(name, getattr(outcome, name))
    report.add("truths_changed", sum(outcome.truths_changed.values()))
    report.add("truths_kept", sum(outcome.truths_kept.values()))
    report.add("disputed", outcome.disputed)
    if outcome.truths_changed:
        report.tell(f"Changed: {of_whom(outcome.truths_changed)}.")
    if outcome.truths_kept:
        report.tell(
            f"Beside {of_whom(outcome.truths_kept)} stand labels that say otherwise. The truth "
            "changes only when the import is told to replace it, or in adjudication."
        )
    for sentence in outcome.personal:
        report.tell(sentence)
    if outcome.disputed:
        report.tell(
            f"Coders differ on {outcome.disputed} of the faces: none of their labels is the truth."
        )
