"""Excel workbooks, also such as no spreadsheet program writes."""

from __future__ import annotations

import io
import zipfile

import pytest

from annotations.formats.readers.sheets import is_sheet, other_sheet, write_sheet
from annotations.formats.rows import UnreadableSource
from tests.annotations.transfers.writers import xlsx


@pytest.fixture
def book(tmp_path):
    """`book(bytes)`: a file of them."""

    def make(data: bytes):
        path = tmp_path / "book.xlsx"
        path.write_bytes(data)
        return path

    return make


def altered(sheet: str) -> bytes:
    """A workbook whose first sheet's XML is `sheet`."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx(["a"]))) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            is_first = name == "xl/worksheets/sheet1.xml"
            target.writestr(name, sheet if is_first else source.read(name))
    return buffer.getvalue()


def rows(xml: str, before: str = "") -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'{before}<worksheet xmlns="{space}"><sheetData>{xml}</sheetData></worksheet>'


def test_cells_are_written_as_a_csv_has_them_and_rows_keep_their_numbers(book, tmp_path):
    path = book(xlsx(["name", "n"], [], ["a\tb", 1.0], [True, 0.25], [None, "x"]))
    target = tmp_path / "table.csv"
    assert write_sheet(path, target) == []
    assert target.read_text() == 'name\tn\n\n"a\tb"\t1\nTRUE\t0.25\n\tx\n'


def test_what_is_a_workbook_is_told_by_its_content(book, tmp_path):
    assert is_sheet(book(xlsx(["a"])))
    assert not is_sheet(book(b"a,b\n"))
    assert other_sheet(book(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) == "an old Excel file (.xls)"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert "(.ods)" in other_sheet(book(buffer.getvalue()))


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (altered(rows('<row r="1"><c r="XFD1" t="str"><v>x</v></c></row>')), "2,000 columns"),
        (altered(rows('<row r="99999999"><c r="A1"><v>1</v></c></row>')), "1,048,576 rows"),
        (altered(rows("<row></row>" * 3_000_000)), "unpacks to"),
        (altered("<worksheet"), "can't be read"),
        (altered(rows("", '<!DOCTYPE x [<!ENTITY a "aa">]>')), "can't be read"),
        (xlsx(["a"])[:400], "damaged"),
    ],
    ids=["columns", "rows", "bomb", "broken", "entities", "cut short"],
)
def test_a_workbook_that_no_program_writes_is_refused_and_leaves_nothing(
    book, tmp_path, data, word
):
    target = tmp_path / "table.csv"
    with pytest.raises(UnreadableSource, match=word):
        write_sheet(book(data), target)
    assert not target.exists()
