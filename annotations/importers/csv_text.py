"""A CSV file as people save it: with or without BOM, CRLF, semicolons or tabs."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path


class CsvError(ValueError):
    """The file or one line of it is no CSV."""

    def __init__(self, line: int | None, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass
class Table:
    """Header, rows with the line each starts at, and the lines that could not be read."""

    header: list[str]
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    errors: list[CsvError] = field(default_factory=list)


def read_table(path: Path) -> Table:
    """Read all of `path`. Raises CsvError where the file as a whole is no CSV."""
    text = _decode(path)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    if not first.strip():
        raise CsvError(None, "The file is empty.")
    # csv.Sniffer guesses from the data and is often wrong; the header has one sure separator.
    delimiter = max(",;\t", key=first.count)
    # strict: a stray quote is told with its line, and not taken as part of a value
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    table: Table | None = None
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if table is None:
                raise CsvError(line, f"Malformed header: {error}.") from None
            table.errors.append(CsvError(line, f"Malformed line: {error}."))
            continue
        if not any(value.strip() for value in values):
            continue
        if table is None:
            table = Table([value.strip() for value in values])
        elif len(values) != len(table.header):
            table.errors.append(CsvError(line, _width_message(len(values), len(table.header))))
        else:
            table.rows.append((line, values))
    if table is None:
        raise CsvError(None, "The file is empty.")
    return table


def _decode(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CsvError(None, f"The file cannot be read: {error.strerror}.") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CsvError(line, "The file is not UTF-8 text; save it as CSV UTF-8.") from None


def _width_message(found: int, expected: int) -> str:
    return f"Malformed line: {found} values where the header has {expected}."
