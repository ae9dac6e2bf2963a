"""Tables are written anew once nobody reads them as they were: PostgreSQL keeps what they see."""

import threading
import time

import pytest
from django.db import connection

from annotations.withdrawal.compact import rewrite


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
