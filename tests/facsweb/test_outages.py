"""What the server lacks is told in words, with 503: to admins with how to mend it."""

import errno
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection

from annotations.faces.storage import DurableFileSystemStorage
from facsweb.accounts.tokens import issue_token
from facsweb.jobs.disk import keep_no_reader
from facsweb.rest.outages import AWAY, BUSY, NO_ROOM, READ_ONLY, outage_of
from tests.factories import make_face, png

pytestmark = pytest.mark.django_db


@pytest.fixture
def away():
    """A database that answers nothing, not even who asks."""

    def refuse(*_):
        raise OperationalError("connection to server failed: Connection refused")

    return connection.execute_wrapper(refuse)


@pytest.fixture
def read_only():
    """A database that can be read, and not be written to."""

    def refuse(execute, sql, params, many, context):
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            raise OperationalError("attempt to write a readonly database")
        return execute(sql, params, many, context)

    return connection.execute_wrapper(refuse)


@pytest.fixture
def full(monkeypatch):
    def refuse(self, name, content):
        raise OSError(errno.ENOSPC, "No space left on device", "/srv/secret")

    monkeypatch.setattr(DurableFileSystemStorage, "_save", refuse)


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (OperationalError("server closed the connection unexpectedly"), AWAY),
        (OperationalError("database is locked"), BUSY),
        (OperationalError("database or disk is full"), NO_ROOM),
        (OperationalError("could not extend file: No space left on device"), NO_ROOM),
        (OperationalError("attempt to write a readonly database"), READ_ONLY),
        (OperationalError("disk I/O error"), READ_ONLY),
        (OperationalError("could not open file: Read-only file system"), READ_ONLY),
        (OSError(errno.ENOSPC, "No space left on device"), NO_ROOM),
        (OSError(errno.EROFS, "Read-only file system"), READ_ONLY),
        (OSError(errno.EPERM, "Operation not permitted"), READ_ONLY),
        (OSError(errno.ENOENT, "No such file"), None),
        (ValueError("a bug"), None),
        (None, None),
    ],
)
def test_errors_are_told_apart(error, outage):
    assert outage_of(error) == outage


def test_page_without_a_database_says_so_and_asks_for_none(boss, as_user, away):
    client = as_user(boss)
    client.raise_request_exception = False
    with away:
        answer = client.get("/jobs/")
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "The database doesn&#x27;t answer" in page
    assert "Traceback" not in page
    assert client.get("/jobs/").status_code == 200  # it goes on by itself


def test_api_without_a_database_has_its_own_shape(boss, client_of, away):
    client = client_of(boss)
    client.raise_request_exception = False
    with away:
        answer = client.get("/api/v1/faces/")
    assert answer.status_code == 503
    assert answer.json() == {"code": "database_away", "detail": AWAY.plain, "fields": {}}


def test_full_disk_is_told_to_a_coder_plainly_and_to_an_admin_with_what_to_do(
    ada, boss, client_of, full
):
    for user, knows in ((ada, False), (boss, True)):
        client = client_of(user)
        client.raise_request_exception = False
        image = SimpleUploadedFile("face.png", png(), "image/png")
        form = {"image": image, "subject": "S001"}
        answer = client.post("/api/v1/faces/", form, format="multipart")
        assert (answer.status_code, answer.json()["code"]) == (503, "no_room")
        assert ("Delete old exports" in answer.json()["detail"]) is knows
        assert "/srv/secret" not in answer.json()["detail"]


def test_who_is_signed_in_for_long_goes_on_reading(boss, as_user, read_only):
    """What is noted of a session each minute isn't worth a page."""
    client = as_user(boss)
    client.get("/jobs/")
    session = client.session
    noted = session["facsweb_seen"] - 120
    session["facsweb_seen"] = noted
    session.save()
    with read_only:
        assert client.get("/jobs/").status_code == 200
    assert client.session["facsweb_seen"] == noted
    assert client.get("/jobs/").status_code == 200
    assert client.session["facsweb_seen"] > noted


def test_token_that_was_not_used_for_long_goes_on_reading(boss, client, read_only):
    client.raise_request_exception = False
    token, text = issue_token(boss, "a program")
    headers = {"Authorization": f"Token {text}"}
    with read_only:
        assert client.get("/api/v1/jobs/", headers=headers).status_code == 200
        refused = client.post(
            "/api/v1/exports/", {"format": "facsweb"}, "application/json", headers=headers
        )
    assert (refused.status_code, refused.json()["code"]) == (503, "read_only")
    assert "mounted read-only" in refused.json()["detail"]
    token.refresh_from_db()
    assert token.last_used_at is None


def test_connection_of_a_read_only_time_is_let_go(monkeypatch):
    """SQLite's is opened for reading then, and wouldn't write when the file may be written to."""
    monkeypatch.setattr("facsweb.jobs.disk._can_only_be_read", lambda _: True)
    connection.close_at = None
    keep_no_reader(sender=None, connection=connection)
    assert connection.close_at <= time.monotonic()
    connection.close_at = None


def test_bug_is_no_outage(boss, client_of, monkeypatch):
    def fail(*_):
        raise ValueError("a bug")

    monkeypatch.setattr("facsweb.joblist.api.list_jobs", fail)
    client = client_of(boss)
    client.raise_request_exception = False
    answer = client.get("/api/v1/jobs/")
    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")


def test_admin_reads_of_a_disk_that_fills_up_before_work_fails(boss, ada, as_user, monkeypatch):
    make_face()
    monkeypatch.setattr("facsweb.jobs.disk.LITTLE_BYTES", 1 << 60)
    assert "MB left" in as_user(boss).get("/jobs/").content.decode()
    assert "MB left" not in as_user(ada).get("/jobs/").content.decode()
