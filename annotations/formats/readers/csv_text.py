"""A CSV file as people save it: with or without BOM, CRLF, semicolons or tabs; read row by row."""

from __future__ import annotations

import csv
from codecs import getincrementaldecoder
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _csv import Reader

_CHUNK = 1 << 20
_LONGEST_LINE = 1 << 20
_DELIMITERS = ",;\t"


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
    #: What stands between cells. Where it is no comma, `0,5` is a number.
    delimiter: str
    _reader: Reader
    #: Lines before the reader's first.
    _before: int = 0

    def __iter__(self) -> Iterator[tuple[int, list[str] | CsvError]]:
        """Yield each row that isn't blank as (the line that it starts at, its values).

        A line that is no row comes as its CsvError in place of the values.
        """
        wanted = len(self.header)
        for line, read in _rows(self._reader, self._before):
            if isinstance(read, list) and len(_trimmed(read, wanted)) != wanted:
                message = f"{len(read)} values where the header has {wanted}."
                yield line, CsvError(line, f"Malformed line: {message}", read)
            else:
                yield line, read if isinstance(read, CsvError) else _trimmed(read, wanted)


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Open the table in `path`, in the memory of one row.

    Excel's `sep=;` on the first line names the delimiter. Columns at the end that have neither a
    name nor a value are no columns.

    Parameters
    ----------
    path
        A CSV in UTF-8, with or without a BOM; between its cells are commas, semicolons or tabs.

    Yields
    ------
    Table
        To be gone through once, while the file is open.

    Raises
    ------
    CsvError
        The file as a whole is no CSV: it can't be read, isn't UTF-8, is empty, or its header is
        malformed; also, when the table is gone through, a line of more than a million characters.
    """
    _check_text(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = _lines(file)
        first, before = _first_line(lines)
        delimiter = _named_delimiter(first)
        if delimiter:
            first, more = _first_line(lines)
            before += 1 + more
        if not first.strip():
            raise CsvError(None, "The file is empty.")
        # csv.Sniffer guesses from the data and is often wrong; the header has one sure separator.
        delimiter = delimiter or max(_DELIMITERS, key=first.count)
        # strict: a stray quote is reported with its line, and not taken as part of a value
        reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
        line, header = next(_rows(reader, before), (None, []))
        if isinstance(header, CsvError):
            raise CsvError(line, str(header).replace("line", "header", 1))
        names = _trimmed([name.strip() for name in header], 0)
        if not names:
            raise CsvError(None, "The file is empty.")
        yield Table(_named(names), delimiter, reader, before)


def _named_delimiter(line: str) -> str:
    """Return the delimiter that a line such as `sep=;` names, else "".

    >>> _named_delimiter("sep=;"), _named_delimiter('"sep=,"'), _named_delimiter("a;b")
    (';', ',', '')
    """
    text = line.strip("\r\n").strip('"')
    named = text[4:5] if text[:4].lower() == "sep=" and len(text) == 5 else ""
    return named if named and named in _DELIMITERS else ""


def _first_line(lines: Iterator[str]) -> tuple[str, int]:
    """Return the first line that isn't empty, and how many are before it."""
    before = 0
    for line in lines:
        if line.strip("\r\n"):
            return line, before
        before += 1
    return "", before


def _trimmed(cells: list[str], least: int) -> list[str]:
    """Drop blank cells at the end, but keep `least` cells."""
    end = len(cells)
    while end > least and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _named(names: list[str]) -> list[str]:
    """Give nameless columns their numbers, unless there is only one, such as pandas' index."""
    if names.count("") < 2:
        return names
    return [name or f"column {place}" for place, name in enumerate(names, start=1)]


def _rows(reader: Reader, before: int) -> Iterator[tuple[int, list[str] | CsvError]]:
    while True:
        line = before + reader.line_num + 1
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
    """Yield lines of bounded length: one without an end would otherwise be read whole."""
    while line := file.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise CsvError(None, "The file has a line of more than a million characters.")
        yield line


def _check_text(path: Path) -> None:
    """Raise CsvError where the file isn't UTF-8, before any row is believed."""
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
