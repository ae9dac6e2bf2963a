"""What a worker does for an import: find out what was sent, and have it read row by row."""

from __future__ import annotations

from pathlib import Path

from django.core.files.base import File

from annotations.exceptions import AnnotationError
from annotations.exporters.read_bundle import is_bundle
from annotations.importers.archive import data_root, is_archive, unpack
from annotations.importers.layouts import LABELS_FILE, detect_layout
from annotations.importers.model_csv import read_header
from annotations.importers.openface import is_openface
from annotations.importers.pyfeat import is_pyfeat
from annotations.importers.rows import UnreadableSource
from annotations.models import Import
from annotations.orphans import remove_orphans
from annotations.runs import Run
from annotations.transfers.bundles import import_bundle
from annotations.transfers.folders import import_tree
from annotations.transfers.predictions import import_predictions
from annotations.transfers.progress import Cancelled, Progress, fetched, work_folder
from annotations.transfers.report import Report

Kind = Import.Kind
_TABLES = (".csv", ".txt")


def carry_out(run: Import) -> None:
    """Import what was sent. Rows are written wholly or not at all, and none twice: a worker that
    takes the run over begins again and finds the first rows unchanged."""
    report = Report()
    try:
        with work_folder(run) as folder:
            progress = Progress(run)
            if run.attempts > 1:  # the worker before may have been killed between file and row
                remove_orphans()
            source = fetched(run.file, folder / f"sent{_suffix(run.name)}", progress)
            _read(run, source, folder, report, progress)
            _keep(run, report)
        ended, error = Run.Status.SUCCEEDED, ""
    except Cancelled:
        ended, error = Run.Status.CANCELLED, ""
    except AnnotationError as refused:
        ended, error = Run.Status.FAILED, refused.detail
    if run.finish(ended, error):
        run.file.delete()


def _read(run: Import, source: Path, folder: Path, report: Report, progress: Progress) -> None:
    if is_bundle(source):
        _settle_kind(run, Kind.BUNDLE)
        import_bundle(source, report, progress, folder)
    elif is_archive(source):
        progress.stage("unpacking")
        tree = folder / "tree"
        for error in unpack(source, tree, progress=lambda done: progress(done, 0)):
            report.refuse(error)
        _read_folder(run, data_root(tree), folder, report, progress)
    else:
        _read_tables(run, [source], folder, report, progress)


def _read_folder(run: Import, tree: Path, folder: Path, report: Report, progress) -> None:
    tables = sorted(path for path in tree.rglob("*") if path.suffix.lower() in _TABLES)
    is_labelled = (tree / LABELS_FILE).is_file() or any(path.is_dir() for path in tree.iterdir())
    if not is_labelled and tables and all(_kind_of(path) for path in tables):
        _read_tables(run, tables, folder, report, progress)
        return
    kind = Kind.CKPLUS if detect_layout(tree) == "ckplus" else Kind.LABELS
    _settle_kind(run, kind)
    import_tree(tree, kind, run.coder_name, report, progress, folder)


def _read_tables(run: Import, tables: list[Path], folder: Path, report, progress) -> None:
    kinds = {_kind_of(path) for path in tables}
    kind = kinds.pop()
    if kinds or kind is None:
        raise UnreadableSource(
            "The table has neither OpenFace 2's columns (AU01_r, AU01_c) nor Py-Feat's (input, "
            f"AU01, anger ...). Send {LABELS_FILE} as a zip together with the images it names."
        )
    _settle_kind(run, kind)
    import_predictions(tables, kind, run.coder_name, report, progress, folder)


def _kind_of(table: Path) -> str | None:
    try:
        header = read_header(table)
    except UnreadableSource:
        return None
    if is_openface(header):
        return Kind.OPENFACE
    return Kind.PYFEAT if is_pyfeat(header) else None


def _settle_kind(run: Import, kind: str) -> None:
    run.kind = kind
    run.save(update_fields=["kind"])


def _keep(run: Import, report: Report) -> None:
    run.outcome = report.to_json()
    if report.refused_rows is not None:
        with report.refused_rows.open("rb") as file:
            run.refused.save(f"{run.pk}.csv", File(file), save=False)
    run.save(update_fields=["outcome", "refused"])


def _suffix(name: str) -> str:
    """Of the sender's name only what the readers look at."""
    suffix = Path(name).suffix.lower()
    return suffix if suffix in {".csv", ".txt", ".zip"} else ""
