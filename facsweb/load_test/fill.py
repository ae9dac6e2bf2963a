"""Filling a database with faces of nobody, as many as somebody wants to measure with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.db import OperationalError, connection
from django.utils import timezone

from annotations.codings.facts import write_all_facts
from annotations.faces.rollback import files_with_rows
from annotations.models import Coding, Face
from facsweb.load_test.block import MARK, make_cast, write_block
from facsweb.load_test.copies import (
    check_references_sparingly,
    copy_block,
    last_ids,
    move_sequences_on,
    span_above,
    without_indexes,
    write_least_confidence,
    write_scores,
)
from facsweb.load_test.pictures import Picture, draw_pictures
from facsweb.problems import Problem
from facsweb.table_sizes import count_tables

#: Faces that differ from one another; beyond them, faces are copies with other subjects.
BLOCK = 10_000
MOST = 9_000_000
_DAYS = 300

Progress = Callable[[int, int, str], None]


class RealFaces(Problem):
    """The database holds faces that no load test made."""

    code = "holds_real_faces"


def fill(
    faces: int,
    *,
    progress: Progress,
    pictures: int = 6,
    seed: int = 1,
    beside_others: bool = False,
) -> None:
    """Add so many faces with three codings each: all of them, or none if it fails.

    Parameters
    ----------
    pictures
        How many pictures are drawn, for all faces to share.
    beside_others
        Whether to add them also where there are faces that no load test made.

    Raises
    ------
    RealFaces
        There are such faces, and nobody said to go on.
    """
    others = Face.objects.exclude(source_name=MARK)[:1000].count()
    if others and not beside_others:
        raise RealFaces(
            f"This database holds {others:,}{' or more' if others == 1000 else ''} faces that no "
            "load test made, and nothing takes load-test faces out again. Fill another one: set "
            "DATABASE_URL and VAR_DIR. If this one is to be thrown away: --beside-others."
        )
    with _without_a_log(), files_with_rows():
        progress(0, faces, "drawing pictures")
        shared, after = draw_pictures(pictures, seed), last_ids()[Coding]
        with without_indexes():
            _write(faces, seed, shared, progress)
        write_least_confidence(after)
    count_tables()


@contextmanager
def _without_a_log() -> Iterator[None]:
    """Have SQLite keep what was, rather than what is new: in an empty file that is next to nothing.

    The log of some gigabytes that it writes otherwise is searched for each page that is read. Where
    somebody else has the database open it stays with the log.
    """
    if connection.vendor != "sqlite":
        yield
        return
    _set("cache_size = -262144")
    _set("foreign_keys = OFF")
    _set("ignore_check_constraints = ON")
    with suppress(OperationalError):
        _set("journal_mode = DELETE")
    try:
        yield
    finally:
        _set("journal_mode = WAL")
        _set("ignore_check_constraints = OFF")
        _set("foreign_keys = ON")


def _set(pragma: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
        cursor.fetchall()  # until then the statement is under way, and holds a lock


def _write(faces: int, seed: int, pictures: list[Picture], progress: Progress) -> None:
    check_references_sparingly()
    make_cast()
    after = last_ids()
    first = min(faces, BLOCK)
    copies = -(-faces // first)
    progress(0, faces, "writing faces")
    write_block(first, seed, pictures, _time_of(0, copies), after[Face])
    span = span_above(after)
    written = after[Coding]
    for number in range(copies):
        done = number * first
        progress(done, faces, "copying faces and writing scores")
        if number:
            copy_block(span, number, min(first, faces - done), _time_of(number, copies))
        written, former = last_ids()[Coding], written
        write_scores(former, written)
    write_all_facts(after[Face])
    move_sequences_on()
    progress(faces, faces, "making indexes")


def _time_of(number: int, copies: int) -> datetime:
    """Return when a block was uploaded: they came in evenly over some months."""
    return timezone.now() - timedelta(days=_DAYS * (copies - number) / copies)
