"""`data_labels.csv`: one row per image, a class by name and action units as 0 or 1."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from annotations.formats.readers.columns import SIDES, read_columns
from annotations.formats.readers.csv_text import CsvError, open_table
from annotations.formats.readers.duplicates import Duplicates
from annotations.formats.readers.label_rows import read_row
from annotations.formats.readers.paths import images_below
from annotations.formats.readers.pictures import picture
from annotations.formats.readers.scores import is_mark, is_yes_or_no
from annotations.formats.rows import LabelledImage, Parsed, RowError, SourceRow, UnreadableSource


class LabelsFile:
    """A `data_labels.csv`, gone through twice: for rows that contradict each other, then by row.

    Iterating yields a SourceRow for each row, then one for each picture that no row names, where
    pictures without labels are asked for; nothing where the file as a whole is refused (`errors`).
    Whatever the file's length, memory holds one row, sixteen bytes of each picture named, and the
    names in one folder.
    """

    def __init__(
        self,
        csv: Path,
        root: Path | None = None,
        surveyed: Callable[[int, int], None] | None = None,
        *,
        unlabelled: bool = False,
    ) -> None:
        """Go through the file for the first time.

        Parameters
        ----------
        csv
            The file.
        root
            The folder at which relative paths start; the file's own folder if None.
        surveyed
            Called with (rows looked at, 0) the first time through.
        unlabelled
            Pictures that nothing is said of come as rows too.

        Raises
        ------
        UnreadableSource
            The file or the folder is not there.
        """
        self._csv, self._root = csv, csv.parent if root is None else root
        if not csv.is_file():
            raise UnreadableSource(f"There is no file {csv.name}.")
        if not self._root.is_dir():
            raise UnreadableSource(f"There is no folder {self._root.name}.")
        #: Why the file as a whole is refused, if it is.
        self.errors: tuple[RowError, ...] = ()
        self.header: list[str] = ["filepath"]
        #: Rows that are to come, and pictures that have no label.
        self.total = self.skipped = 0
        #: Columns that look like action units and were not read.
        self.unread: tuple[str, ...] = ()
        #: Whether a column says whose reading each row is.
        self.names_coders = False
        self._duplicates, self._surveyed = Duplicates(), surveyed
        self._named, self._unlabelled = _Paths(), unlabelled
        try:
            self._survey()
        except CsvError as error:
            self.errors = (RowError(csv.name, error.line, "file", str(error)),)

    def __iter__(self) -> Iterator[SourceRow]:
        if self.errors:
            return
        for number, read in enumerate(self._read()):
            row = read.image
            if row is None or read.errors:
                yield replace(read, image=None)
                continue
            refused = self._duplicates.refusal(number, row)
            if refused is not None:
                yield replace(read, image=None, errors=(refused,))
            elif row.is_labelled and not self._duplicates.is_again(number):
                disputed = self._duplicates.is_disputed(number)
                yield replace(read, image=replace(row, is_disputed=disputed))
            else:
                yield read if self._is_asked_for(row) else replace(read, image=None)
        if self._unlabelled:
            for path in self._unnamed():
                yield SourceRow(None, picture(path, self._root))

    def _is_asked_for(self, row: LabelledImage) -> bool:
        return self._unlabelled and not row.is_labelled and row.path not in self._labelled

    def _unnamed(self) -> Iterator[Path]:
        return (path for path in images_below(self._root) if path.resolve() not in self._named)

    def _survey(self) -> None:
        with open_table(self._csv) as table:
            self.header = table.header
            self._columns, refused = read_columns(table.header)
        if refused:
            self.errors = tuple(RowError(self._csv.name, 1, r.field, r.message) for r in refused)
            return
        self._look_at_doubtful_columns()
        self.unread = tuple(self._columns.unread)
        self.names_coders = self._columns.coder is not None
        self._labelled, unlabelled = _Paths(), _Paths()
        for number, read in enumerate(self._read()):
            self.total += 1
            if self._surveyed:
                self._surveyed(self.total, 0)
            if read.image is None:
                continue
            self._named.add(read.image.path)
            if read.errors:
                continue
            if read.image.is_labelled:
                self._duplicates.add(number, read.image)
                self._labelled.add(read.image.path)
            else:
                unlabelled.add(read.image.path)
        self._duplicates.find()
        unnamed = sum(1 for _ in self._unnamed())
        if self._unlabelled:
            self.total += unnamed
        else:
            self.skipped = unlabelled.without(self._labelled) + unnamed

    def _look_at_doubtful_columns(self) -> None:
        """Look at the cells of columns whose names may mean something else.

        L12 is an action unit's if each cell can be a unit's. A column AU of nothing but 0 and 1
        tells whether, and not which.
        """
        columns = self._columns
        bare, combinations = set(columns.bare), {*columns.combinations} - {SIDES}
        if not bare and not combinations:
            return
        with open_table(self._csv) as table:
            for _, values in table:
                if isinstance(values, CsvError):
                    continue
                cells = columns.cells(values)
                for name in [*bare]:
                    if not is_mark(cells[name], columns.action_units[name][0]):
                        bare.remove(name)
                        columns.disown(name)
                combinations = {name for name in combinations if is_yes_or_no(cells[name])}
                if not bare and not combinations:
                    break
        for name in sorted(combinations):
            columns.disown(name)
        if not columns.has_labels:
            message = f"Nothing but {columns.unread[0]!r} could be a label, and it holds none."
            self.errors = (RowError(self._csv.name, 1, "header", message),)

    def _read(self) -> Iterator[SourceRow]:
        """Yield every row, its image as far as it could be read, and all that is wrong with it."""
        file = self._csv.name
        with open_table(self._csv) as table:
            for line, values in table:
                if isinstance(values, CsvError):
                    bad_line = RowError(file, line, "line", str(values))
                    yield SourceRow(line, None, (bad_line,), values.cells)
                    continue
                cells = self._columns.cells(values)
                row, bad = read_row(cells, self._columns, file, line, self._root)
                errors = tuple(RowError(file, line, each.field, each.message) for each in bad)
                yield SourceRow(line, row, errors, values)


class _Paths:
    """A set of paths as sixteen bytes each."""

    def __init__(self) -> None:
        self._digests: set[bytes] = set()

    def add(self, path: Path) -> None:
        self._digests.add(self._digest(path))

    def __contains__(self, path: Path) -> bool:
        return self._digest(path) in self._digests

    def without(self, others: _Paths) -> int:
        """Count those that `others` hasn't."""
        return len(self._digests - others._digests)

    @staticmethod
    def _digest(path: Path) -> bytes:
        return hashlib.blake2b(os.fsencode(path), digest_size=16).digest()


def read_labels(csv: Path, root: Path | None = None, *, unlabelled: bool = False) -> Parsed:
    """Read all of a `data_labels.csv` at once.

    Parameters
    ----------
    csv
        The file.
    root, unlabelled
        As LabelsFile takes them.

    Returns
    -------
    Parsed
        Its notes name the columns that look like action units and were not read.

    Raises
    ------
    UnreadableSource
        The file or the folder is not there.
    """
    file = LabelsFile(csv, root, unlabelled=unlabelled)
    rows: list[LabelledImage] = []
    errors = list(file.errors)
    for read in file:
        errors += read.errors
        if read.image is not None:
            rows.append(read.image)
    return Parsed(tuple(rows), tuple(errors), file.skipped, tuple(map(_unread, file.unread)))


def _unread(column: str) -> str:
    return (
        f"Column {column[:60]!r} looks like an action unit's and was not read: it is kept beside "
        "the codings as it is. Read are AU12, L12, AU12_left and combinations in a column AU."
    )
