"""What somebody sends, and the rows that come back refused."""

from __future__ import annotations

import csv
import io
import zipfile


def archive(files: dict[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zip_file:
        for name, data in files.items():
            zip_file.writestr(name, data)
    return buffer.getvalue()


def refused_rows(run) -> list[dict[str, str]]:
    with run.refused.open("rb") as file:
        return list(csv.DictReader(io.StringIO(file.read().decode())))
