"""A CSV file as people save it: with or without BOM, CRLF, semicolons or tabs; read row by row."""

from __future__ import annotations

import csv
from codecs import getincrementaldecoder
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _csv import Reader

_CHUNK = 1 << 20
_LONGEST_LINE = 1 << 20


class CsvError(ValueError):
    """The file or one line of it is no CSV; `cells` are those that the line has."""

    def __init__(self, line: int | None, message: str, cells: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.line = line
        self.cells = cells


@dataclass(frozen=True)
class Table:
    """A header, and rows to be read once."""

    header: list[str]
    _reader: Reader

    def __iter__(self) -> Iterator[tuple[int, list[str] | CsvError]]:
        """(line that it starts at, values), blank rows left out; what is no row as its error."""
        for line, values in _rows(self._reader):
            if isinstance(values, list) and len(values) != len(self.header):
                message = f"{len(values)} values where the header has {len(self.header)}."
                yield line, CsvError(line, f"Malformed line: {message}", values)
            else:
                yield line, values


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """The table in `path`, whose memory is that of one row.

    Raises CsvError where the file as a whole is no CSV.
    """
    _check_text(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = next((line for line in _lines(file) if line.strip("\r\n")), "")
        if not first.strip():
            raise CsvError(None, "The file is empty.")
        file.seek(0)
        # csv.Sniffer guesses from the data and is often wrong; the header has one sure separator.
        delimiter = max(",;\t", key=first.count)
        # strict: a stray quote is told with its line, and not taken as part of a value
        reader = csv.reader(_lines(file), delimiter=delimiter, strict=True)
        line, header = next(_rows(reader), (None, []))
        if isinstance(header, CsvError):
            raise CsvError(line, str(header).replace("line", "header", 1))
        if not header:
            raise CsvError(None, "The file is empty.")
        yield Table([name.strip() for name in header], reader)


def _rows(reader: Reader) -> Iterator[tuple[int, list[str] | CsvError]]:
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, CsvError(line, f"Malformed line: {error}.")
            continue
        if any(value.strip() for value in values):
            yield line, values


def _lines(file: TextIO) -> Iterator[str]:
    """Lines of bounded length: one without an end would otherwise be read whole."""
    while line := file.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise CsvError(None, "The file has a line of more than a million characters.")
        yield line


def _check_text(path: Path) -> None:
    """Before any row is believed. Raises CsvError."""
    decoder = getincrementaldecoder("utf-8")()
    line = 1
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError as error:
                    line += chunk.count(b"\n", 0, error.start)
                    raise
                line += chunk.count(b"\n")
        decoder.decode(b"", final=True)
    except OSError as error:
        raise CsvError(None, f"The file cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CsvError(line, "The file is not UTF-8 text; save it as CSV UTF-8.") from None
