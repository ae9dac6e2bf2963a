"""Rows that speak of the same image, and whether they agree."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from annotations.formats.rows import LabelledImage, RowError

_TABLES = """
CREATE TABLE seen (
    number INTEGER PRIMARY KEY, place TEXT, image BLOB, coder TEXT, said BLOB, frame BLOB
);
CREATE TABLE found (number INTEGER PRIMARY KEY, what TEXT);
"""
_FIND = """
CREATE INDEX by_image ON seen (image, coder);
INSERT INTO found
    SELECT number, 'labels' FROM seen WHERE (image, coder) IN (
        SELECT image, coder FROM seen GROUP BY image, coder HAVING COUNT(DISTINCT said) > 1
    );
INSERT OR IGNORE INTO found
    SELECT number, 'again' FROM seen WHERE number NOT IN (
        SELECT MIN(number) FROM seen GROUP BY image, coder
    );
CREATE TEMP TABLE kept AS SELECT * FROM seen WHERE number NOT IN (SELECT number FROM found);
CREATE INDEX by_frame ON kept (frame);
INSERT INTO found
    SELECT number, 'frame' FROM kept WHERE frame IN (
        SELECT frame FROM kept GROUP BY frame HAVING COUNT(DISTINCT image) > 1
    );
CREATE TEMP TABLE disputed AS
    SELECT image FROM kept GROUP BY image HAVING COUNT(DISTINCT said) > 1;
CREATE INDEX disputed_by_image ON disputed (image);
"""
_OTHERS = {
    "labels": "SELECT place FROM seen WHERE (image, coder) = "
    "(SELECT image, coder FROM seen WHERE number = :number)"
    " AND number != :number ORDER BY number LIMIT 6",
    "frame": "SELECT place FROM kept WHERE frame = (SELECT frame FROM kept WHERE number = :number)"
    " AND number != :number ORDER BY number LIMIT 6",
}
_DISPUTED = """
SELECT 1 FROM disputed WHERE image = (SELECT image FROM seen WHERE number = ?)
"""
_MESSAGES = {
    "labels": "The same image has other labels in {}.",
    "frame": "Another image has this subject and frame, in {}.",
}


class Duplicates:
    """A search for rows of one image: add every row, `find`, then ask for each.

    Only some bytes of a row are kept, on disk. The same image is the same content, whatever its
    name: a face is known by its digest. Several coders may say different things of one image; one
    coder may not.
    """

    def __init__(self) -> None:
        self._rows = sqlite3.connect("")  # a temporary file that goes with the connection
        self._rows.executescript(_TABLES)

    def add(self, number: int, row: LabelledImage) -> None:
        """Add a row.

        Parameters
        ----------
        number
            The row's place in the source, by which the other methods are asked for it.
        row
            Its image is read, and known by its path where it cannot be.
        """
        place = row.file if row.line is None else f"line {row.line}"
        says = (row.subject, row.emotion, row.basic_emotion, sorted(row.action_units.items()))
        frame = (row.subject, row.sequence, row.frame) if row.frame is not None else row.path
        values = _image(row.path), row.coder, _digest(repr(says)), _digest(repr(frame))
        self._rows.execute("INSERT INTO seen VALUES (?, ?, ?, ?, ?, ?)", (number, place, *values))

    def find(self) -> None:
        """Find the rows that repeat or contradict others. Call it once, after the last `add`."""
        self._rows.executescript(_FIND)

    def is_again(self, number: int) -> bool:
        """Tell whether an earlier row of this coder says the same of the same image."""
        return self._what(number) == "again"

    def is_disputed(self, number: int) -> bool:
        """Tell whether another coder's row says otherwise of the same image."""
        return self._rows.execute(_DISPUTED, (number,)).fetchone() is not None

    def refusal(self, number: int, row: LabelledImage) -> RowError | None:
        """Return why a row is refused. Of rows that contradict each other, all are.

        Parameters
        ----------
        number
            The row's place, as it was added.
        row
            The row itself, for its file and line.

        Returns
        -------
        RowError or None
            None where nothing contradicts it: no other labels of the same image by the same coder,
            and no other image of the same subject and frame.
        """
        what = self._what(number)
        if what not in _MESSAGES:
            return None
        places = [place for (place,) in self._rows.execute(_OTHERS[what], {"number": number})]
        others = ", ".join(places[:5]) + (" and more" if len(places) > 5 else "")
        return row.refuse(what, _MESSAGES[what].format(others))

    def _what(self, number: int) -> str:
        found = self._rows.execute("SELECT what FROM found WHERE number = ?", (number,)).fetchone()
        return found[0] if found else ""


def settle(rows: Iterable[LabelledImage]) -> tuple[list[LabelledImage], list[RowError]]:
    """Collapse rows that say the same of one image, and refuse rows that contradict each other.

    Parameters
    ----------
    rows
        All of a source's.

    Returns
    -------
    tuple of two lists
        The rows that stand, with `is_disputed` set where coders disagree with each other; and the
        refusals, of all rows by which one coder disagrees with themself or two images claim to be
        one frame.
    """
    numbered = list(enumerate(rows))
    duplicates = Duplicates()
    for number, row in numbered:
        duplicates.add(number, row)
    duplicates.find()
    agreed: list[LabelledImage] = []
    errors: list[RowError] = []
    for number, row in numbered:
        refused = duplicates.refusal(number, row)
        if refused is not None:
            errors.append(refused)
        elif not duplicates.is_again(number):
            agreed.append(replace(row, is_disputed=duplicates.is_disputed(number)))
    return agreed, errors


def _image(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return _digest(repr(path))  # the import will report why it cannot be read


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
