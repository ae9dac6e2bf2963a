"""The worker's part of an import: it finds out what was sent, and has it read row by row."""

from __future__ import annotations

from pathlib import Path

from annotations.faces.orphans import remove_orphans
from annotations.faces.rollback import files_with_rows, store
from annotations.formats.readers.archive import data_root, unpack
from annotations.formats.readers.archive_members import is_archive
from annotations.formats.readers.bundle import is_bundle
from annotations.formats.readers.foreign import seems_to_be
from annotations.formats.readers.layout import detect_layout
from annotations.formats.readers.paths import files_below
from annotations.formats.readers.sheets import is_sheet, other_sheet
from annotations.formats.rows import UnreadableSource
from annotations.transfers.check_bundle import check_bundle
from annotations.transfers.choose_reader import (
    PredictionTables,
    file_name,
    has_labels,
    one_kind,
    sheet_as_table,
    sheets_as_tables,
)
from annotations.transfers.import_bundle import import_bundle
from annotations.transfers.import_context import ImportContext
from annotations.transfers.import_folder import import_tree
from annotations.transfers.import_label_studio import export_in, import_label_studio, is_export
from annotations.transfers.import_predictions import import_predictions
from annotations.transfers.models import Import
from annotations.transfers.options import ImportOptions
from annotations.transfers.report import Report
from facsweb.jobs.fence import Cancelled
from facsweb.jobs.models import Run
from facsweb.jobs.progress import Progress, fetched, work_folder
from facsweb.problems import Problem

Kind = Import.Kind
_LAYOUTS = {"ckplus": Kind.CKPLUS, "labels": Kind.LABELS, "pictures": Kind.PICTURES}


def carry_out(run: Import) -> None:
    """Import what was sent.

    Rows are written wholly or not at all, and none twice: a worker that takes the run over begins
    again and finds the first rows unchanged.
    """
    report = Report()
    try:
        with work_folder(run) as folder:
            progress = Progress(run)
            if run.attempts > 1:  # the worker before may have been killed between file and row
                remove_orphans()
            (folder / "sent").mkdir(mode=0o700)
            source = fetched(run.file, folder / "sent" / file_name(run.name), progress)
            options = ImportOptions.from_json(run.options)
            _read(run, source, ImportContext(run.coder_name, options, report, progress, folder))
            _keep(run, report)
        ended, error = Run.Status.SUCCEEDED, ""
    except Cancelled:
        ended, error = Run.Status.CANCELLED, ""
    except Problem as refused:
        ended, error = Run.Status.FAILED, refused.detail
    if run.finish(ended, error):
        run.file.delete()


def _read(run: Import, source: Path, context: ImportContext) -> None:
    report, progress = context.report, context.progress
    if is_bundle(source):
        _settle_kind(run, Kind.BUNDLE)
        if context.options.dry_run:
            check_bundle(source, report, progress)
        else:
            import_bundle(source, run, report, progress, context.folder)
    elif is_sheet(source) or other_sheet(source):
        _read_tables(run, [sheet_as_table(source, report)], source.parent, context)
    elif is_archive(source):
        progress.stage("unpacking")
        tree = context.folder / "tree"
        unpacked = unpack(source, tree, progress=lambda done: progress(done, 0))
        for error in unpacked.errors:
            report.refuse(error)
        for what, number in unpacked.left_alone.items():
            report.leave(what, number)
        sheets_as_tables(tree, report)
        _read_folder(run, tree, context)
    elif is_export(source):
        _read_label_studio(run, source, source.parent, context)
    elif what := seems_to_be(source):
        raise UnreadableSource(what)
    else:
        _read_tables(run, [source], source.parent, context)


def _read_folder(run: Import, unpacked: Path, context: ImportContext) -> None:
    tree = data_root(unpacked)
    reported: list[Path] = []
    if has_labels(tree):
        tables = PredictionTables(tree, suffixes=[".csv"])
        tables.tell_not_read(context.report)
        reported = tables.found
    else:
        tables = PredictionTables(tree)
        if tables.found:
            tables.tell(context.report)
            _read_tables(run, tables.found, unpacked, context)
            return
        if export := export_in(unpacked):
            _read_label_studio(run, export, unpacked, context)
            return
        tables.check_any()
    try:
        kind = _LAYOUTS[detect_layout(tree, unlabelled=context.options.unlabelled)]
    except UnreadableSource as error:
        raise UnreadableSource(" ".join([error.detail, *_foreign(tree)])) from None
    _settle_kind(run, kind)
    import_tree(tree, kind, context, reported=reported)


def _read_tables(run: Import, tables: list[Path], root: Path, context: ImportContext) -> None:
    kind = one_kind(tables)
    _settle_kind(run, kind)
    import_predictions(tables, kind, root, context)


def _read_label_studio(run: Import, source: Path, tree: Path, context: ImportContext) -> None:
    _settle_kind(run, Kind.LABEL_STUDIO)
    import_label_studio(source, tree, context)


def _foreign(tree: Path) -> list[str]:
    """Say what the files of an archive that isn't read seem to be, if one of them shows it."""
    found = (path for path in files_below(tree) if path.suffix.lower() in {".json", ".xml"})
    told = ((path.name, seems_to_be(path)) for path in found)
    return [f"{name[:80]}: {what}" for name, what in told if what][:1]


def _settle_kind(run: Import, kind: str) -> None:
    run.kind = kind
    run.save(update_fields=["kind"])


def _keep(run: Import, report: Report) -> None:
    run.outcome = report.to_json()
    with files_with_rows():
        if report.refused_rows is not None:
            store(run.refused, f"{run.pk}.csv", report.refused_rows.read_bytes())
        run.save(update_fields=["outcome", "refused"])
