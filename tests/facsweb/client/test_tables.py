"""`data_labels.csv` as the client reads it, before anything is sent."""

from __future__ import annotations

import pytest

from facsweb.client.errors import ClientError
from facsweb.client.tables import pictures_below
from tests.factories import png


@pytest.fixture
def read(tmp_path):
    def make(table: str, *names: str):
        for name in names:
            (tmp_path / name).write_bytes(png(shade=1))
        (tmp_path / "labels.csv").write_text(table)
        return pictures_below(tmp_path, tmp_path / "labels.csv")

    return make


@pytest.mark.parametrize(
    "table",
    [
        "sep=;\nfilepath;subject;AU12;AU4;;\na.png;S001;1,0;FALSE;;\n",
        "filepath,subject,AU12,AU04,\na.png,S001,TRUE,0.0,\n",
        "\ufefffilepath\tsubject\tAU12\tau_4\tAU1\na.png\tS001\t1\t0\t#N/A\n",
    ],
)
def test_spellings_of_programs_are_read(read, table):
    (picture,) = read(table, "a.png")
    assert picture.row == {"subject": "S001", "action_units": {"12": True, "4": False}}


def test_two_columns_of_one_action_unit_are_refused(read):
    with pytest.raises(ClientError, match="“AU1” and “AU01” are the same"):
        read("filepath,AU1,AU01\na.png,1,0\n")


@pytest.mark.parametrize("written", ["A%20B.PNG", "a b.PNG", "A B.png "])
def test_a_name_that_looks_like_one_file_is_that_file(read, written):
    (picture,) = read(f"filepath,subject\n{written},S001\n", "a b.png")
    assert picture.path.name == "a b.png"


def test_a_name_that_looks_like_two_files_is_neither(read):
    (picture,) = read("filepath,subject\na b.PNG,S001\n", "a b.png", "a%20b.png")
    assert not picture.path.exists()
