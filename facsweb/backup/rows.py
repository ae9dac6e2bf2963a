"""Rows as lines of JSON, the same from SQLite and from PostgreSQL.

A line is a list of a row's columns. Times, numbers of many digits, ids and bytes are text, as
Django's fields read them; a column of JSON is itself.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Field
from django.utils.duration import duration_iso_string

from facsweb.backup.archive import check_name
from facsweb.backup.errors import BadBackup
from facsweb.backup.schema import Table

_AT_ONCE = 1000
#: A row of landmarks takes 20 kB, a training's curves some MB.
_LONGEST_LINE = 256 << 20


def write_rows(
    table: Table, target: BinaryIO, seen: Callable[[Sequence[Any]], None]
) -> tuple[int, int]:
    """Write a table's rows, compressed, by id; return how many, and their bytes before that.

    Parameters
    ----------
    seen
        Called with each row's values, in the order of `table.columns`.
    """
    names = [each.attname for each in table.fields]
    rows = table.model._base_manager.order_by("pk").values_list(*names)
    count = size = 0
    # Without a time in it, so that the same rows are the same bytes.
    with gzip.GzipFile(fileobj=target, mode="wb", compresslevel=5, mtime=0, filename="") as packed:
        for row in rows.iterator(chunk_size=2 * _AT_ONCE):
            seen(row)
            line = json.dumps(row, default=_as_text, separators=(",", ":"), ensure_ascii=False)
            size += packed.write(line.encode("utf-8", "surrogatepass") + b"\n")
            count += 1
    return count, size


def lines(packed: BinaryIO, most_bytes: int) -> Iterator[bytes]:
    """Yield the lines of a compressed file that states to be `most_bytes` long unpacked.

    Raises
    ------
    BadBackup
        It is longer, or no such file.
    """
    read = 0
    try:
        with gzip.GzipFile(fileobj=packed, mode="rb") as stream:
            while line := stream.readline(_LONGEST_LINE):
                read += len(line)
                if read > most_bytes or not line.endswith(b"\n"):
                    raise BadBackup("unpacks to more than its manifest states.")
                yield line
    except (OSError, EOFError, zlib.error) as error:
        raise BadBackup(f"can't be unpacked ({error}).") from None


def load_rows(table: Table, rows: Iterator[bytes]) -> int:
    """Write lines into the table, as they are; return how many. Raises BadBackup."""
    names = ", ".join(map(connection.ops.quote_name, table.columns))
    marks = ", ".join(["%s"] * len(table.columns))
    name = connection.ops.quote_name(table.name)
    statement = f"INSERT INTO {name} ({names}) VALUES ({marks})"  # noqa: S608 - quoted names  # nosec B608
    readers = [_reader(each) for each in table.fields]
    files, count = table.file_columns, 0
    with connection.cursor() as cursor:
        while chunk := list(islice(rows, _AT_ONCE)):
            values = [_values(table, line, readers, files) for line in chunk]
            cursor.executemany(statement, values)
            count += len(chunk)
    return count


def _values(table: Table, line: bytes, readers: list[Any], files: list[int]) -> list[Any]:
    try:
        row = json.loads(line.decode("utf-8", "surrogatepass"))
        if not isinstance(row, list) or len(row) != len(readers):
            raise ValueError("it has other columns")
        for place in files:
            if row[place]:
                check_name(row[place])
        return [read(value) for read, value in zip(readers, row, strict=True)]
    except (ValueError, TypeError, ValidationError) as error:
        raise BadBackup(f"A row of {table.name} can't be read: {error}.") from None


def _reader(each: Field[Any, Any]) -> Callable[[Any], Any]:
    """Return what makes a column's value for this database of what the line holds."""

    def read(value: Any) -> Any:
        if value is not None and kind not in _AS_THEY_ARE:
            value = each.to_python(value)
        return each.get_db_prep_save(value, connection)

    kind = each.get_internal_type()
    return read


_AS_THEY_ARE = {"JSONField", "FileField"}


def _as_text(value: object) -> str:
    if isinstance(value, bytes | memoryview | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime | date | time):
        return value.isoformat()  # Django's encoder would cut microseconds to thousandths
    if isinstance(value, timedelta):
        return duration_iso_string(value)
    if isinstance(value, Decimal | UUID):
        return str(value)
    return cast(str, DjangoJSONEncoder().default(value))
