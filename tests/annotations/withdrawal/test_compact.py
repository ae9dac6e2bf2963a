"""Tables are written anew once nobody reads them as they were: deleted rows are kept for them."""

import os
import subprocess
import sys
import threading
import time

import pytest
from django.db import connection

from annotations.withdrawal.compact import rewrite
from tests.annotations.withdrawal.test_withdrawal import database_files
from tests.factories import make_subject

NEEDLE = "S777206194735"


@pytest.mark.django_db(transaction=True)
def test_whoever_reads_the_database_as_it_was_is_waited_for():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one file for all, and VACUUM waits by itself")
    ended: list[float] = []
    begun = threading.Event()

    def read_for_long() -> None:
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT count(*) FROM annotations_subject")
            begun.set()
            time.sleep(2)
            ended.append(time.monotonic())
            cursor.execute("COMMIT")
        other.close()

    reader = threading.Thread(target=read_for_long)
    reader.start()
    assert begun.wait(30)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")  # something was written since
    rewrite(["annotations.Face"])
    assert ended and time.monotonic() > ended[0]
    reader.join()


@pytest.mark.parametrize("database", [None, "postgres"], ids=["this database", "another"])
@pytest.mark.django_db(transaction=True)
def test_whoever_began_to_write_before_is_waited_for(database):
    """Rows that were deleted since are kept for them, too, in whichever database they write."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    subject = make_subject(NEEDLE)
    begun, ended = threading.Event(), []

    def write_for_long() -> None:
        other = connection.copy()
        own = other.settings_dict
        other.settings_dict = {**own, "NAME": database or own["NAME"]}
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT pg_current_xact_id()")
            begun.set()
            time.sleep(2)
            ended.append(time.monotonic())
            cursor.execute("COMMIT")
        other.close()

    writer = threading.Thread(target=write_for_long)
    writer.start()
    assert begun.wait(30)
    subject.delete()
    rewrite(["annotations.Subject"])
    writer.join()
    assert [path for path in database_files() if NEEDLE.encode() in path.read_bytes()] == []


def test_whoever_reads_sqlites_file_is_waited_for(tmp_path):
    """Its log can't be cut before, and SQLite doesn't raise an error for it."""
    file = tmp_path / "db.sqlite3"
    script = f"""
import pathlib, sqlite3, threading
import django
django.setup()
from django.db import connection
from annotations.withdrawal.compact import rewrite
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE subject (code text)")
    cursor.execute("INSERT INTO subject VALUES ('{NEEDLE}')")
reader = sqlite3.connect("{file}", check_same_thread=False, isolation_level=None)
reader.execute("BEGIN")
reader.execute("SELECT * FROM subject").fetchall()
with connection.cursor() as cursor:
    cursor.execute("PRAGMA busy_timeout = 100")
    cursor.execute("DELETE FROM subject")
threading.Timer(1.5, lambda: reader.execute("COMMIT")).start()
rewrite([])
kept = [each for each in pathlib.Path("{tmp_path}").iterdir() if b"{NEEDLE}" in each.read_bytes()]
assert not kept, kept
"""
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{file}",
        "DJANGO_SETTINGS_MODULE": "facsweb.settings",
    }
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=120)
