"""Rows of one picture in which a program found several faces: nobody can tell which is ours."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotations.formats.readers.model_csv import RefusedRow, read_rows
from annotations.formats.rows import Refused

Cells = Mapping[str, str]
#: The face that a picture's name stands for, as something to compare; None where there is none.
Identify = Callable[[str], object | None]
#: Of a picture's several faces the best is taken where each other's score is under this part of it.
STANDS_OUT_BELOW = 0.5

_SEEN = "CREATE TABLE seen (line INTEGER PRIMARY KEY, picture BLOB, says BLOB, score REAL)"
#: The same row twice is one face. A face without a score can't be told from the best.
_FIND = """
CREATE INDEX by_picture ON seen (picture);
CREATE TABLE several (line INTEGER PRIMARY KEY, faces INTEGER, is_best INTEGER);
INSERT INTO several
    SELECT line, faces,
        score = best AND scored AND NOT EXISTS (
            SELECT 1 FROM seen AS other WHERE other.picture = seen.picture
                AND other.says != seen.says AND other.score >= best * :stands_out
        )
    FROM seen JOIN (
        SELECT picture AS of_picture, COUNT(DISTINCT says) AS faces, MAX(score) AS best,
            COUNT(score) = COUNT(*) AS scored
        FROM seen GROUP BY picture HAVING COUNT(DISTINCT says) > 1
    ) ON picture = of_picture;
"""


@dataclass(frozen=True)
class Face:
    """The face that a row speaks of, and how sure its program is of it.

    Attributes
    ----------
    picture
        The same for all rows of one picture, or of one frame of a video.
    score
        Higher is surer; None where the program gives none.
    """

    picture: tuple[object, ...]
    score: float | None = None

    @classmethod
    def of(
        cls, picture: str, frame: int | None, identify: Identify, score: float | None = None
    ) -> Face:
        """Return a row's face, known by what its picture's name stands for.

        A picture may have two names. A frame tells those of a video apart, which we don't have as
        one picture, and says nothing of a picture.

        Parameters
        ----------
        picture
            The picture's name; "" where the table is named after it.
        frame
            The frame's number, if there is one.
        identify
            See `Identify`.
        score
            How sure the program is of the face.
        """
        known = identify(picture) if picture else None
        return cls((picture, frame) if known is None else (known,), score)


class FacesOfPictures:
    """A table's faces, gone through once before its rows are read; on disk, some bytes a row."""

    def __init__(self, path: Path, face_of: Callable[[Cells], Face | None], *, best: bool) -> None:
        """Go through the table.

        Parameters
        ----------
        path
            The table.
        face_of
            Says what a row speaks of: None for no face. Rows that it refuses don't count.
        best
            Whether the one face that stands out by its score is taken, the others refused.

        Raises
        ------
        UnreadableSource
            It is no CSV, or has two columns of one name.
        """
        self._best = best
        self._rows = sqlite3.connect("")  # a temporary file that goes with the connection
        self._rows.execute(_SEEN)
        self._rows.executemany("INSERT INTO seen VALUES (?, ?, ?, ?)", _seen(path, face_of))
        # executescript takes no parameters
        self._rows.executescript(_FIND.replace(":stands_out", str(STANDS_OUT_BELOW)))

    def check(self, line: int, program: str) -> None:
        """Raise Refused where a row's face is one of several, unless it is taken.

        Parameters
        ----------
        line
            The line at which the row starts.
        program
            The program's name, for the refusal.
        """
        found = self._rows.execute(
            "SELECT faces, is_best FROM several WHERE line = ?", (line,)
        ).fetchone()
        if found is None or (self._best and found[1]):
            return
        faces, _ = found
        message = f"{program} found several faces ({faces}) in this picture; which is meant?"
        if self._best:
            message += " Another one has the better score, or none stands out."
        raise Refused("face", message)


def _seen(
    path: Path, face_of: Callable[[Cells], Face | None]
) -> Iterator[tuple[int, bytes, bytes, float | None]]:
    for line, cells, row in read_rows(path):
        if isinstance(row, RefusedRow):
            continue
        try:
            face = face_of(row)
        except Refused:
            continue  # reported when the row is read
        if face is not None:
            yield line, _digest(face.picture), _digest(cells), face.score


def _digest(values: Sequence[object]) -> bytes:
    return hashlib.blake2b(repr(values).encode("utf-8", "surrogatepass"), digest_size=16).digest()
