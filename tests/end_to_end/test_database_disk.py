"""SQLite's disk is full, or its files can't be written to: it is told, and work goes on afterwards.

PostgreSQL's disk is its server's; what the product sees of it is in tests/facsweb/test_outages.py.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.factories import png
from tests.faults.machine import fill, small_disk
from tests.stack import PASSWORD, Stack, _wait_for_web, bare_stack

pytestmark = [
    pytest.mark.worker,
    pytest.mark.skipif("DATABASE_URL" in os.environ, reason="it is of SQLite's files"),
]


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("database")
    if not small_disk(folder, megabytes=24):
        pytest.skip("mounting a small disk isn't allowed here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=False)


@pytest.fixture(scope="module")
def server(tmp_path_factory, disk):
    folder = tmp_path_factory.mktemp("server")

    def move(file: Path) -> str:
        return f"sqlite:///{shutil.move(file, disk / file.name)}"

    with bare_stack(folder, queues=[], move_database=move) as stack:
        for user in ("coder", "reviewer", "admin"):
            stack.token(user), stack.session(user)
        stack.call("faces/", user="coder", form=_picture(stack))
        yield stack


@pytest.fixture
def read_only(disk, server):
    """Take the leave to write from the files, and have the web server open them anew."""
    files = [*disk.iterdir(), disk]
    try:
        if not _chattr("+i", *files):
            pytest.skip("files can't be made immutable here")
        server.stop("web", signal.SIGKILL)  # it would take the log away
        server.start("web", "run", "--address", server.address)
        _wait_for_web(server)
        yield lambda: _chattr("-i", *files)
    finally:
        _chattr("-i", *files)


def _chattr(flag: str, *files: Path) -> bool:
    command = ["chattr", flag, *files]
    return (
        shutil.which("chattr") is not None and not subprocess.run(command, check=False).returncode
    )


def test_full_disk_of_the_database(server, disk):
    fill(disk)
    _ask_in_vain(server, "no_room", "Delete old exports")
    assert "The disk of the database (DATABASE_URL) has 0 MB left" in _page(server, "/jobs/")[1]
    (disk / "filler").unlink()
    _ask_with_success(server)


def test_database_that_can_only_be_read(server, read_only):
    _ask_in_vain(server, "read_only", "mounted read-only")
    assert "The database (DATABASE_URL) can’t be written to" in _page(server, "/jobs/")[1]
    status, told = _page(server, "/readyz")
    assert (status, json.loads(told)["database"]) == (503, "read-only")
    read_only()
    _ask_with_success(server)
    assert json.loads(_page(server, "/readyz")[1])["database"] == "ok"


def _ask_in_vain(server: Stack, code: str, mend: str) -> None:
    """Nobody signs in, sends, or sees a face, whose look the audit couldn't hold: all are told."""
    for user, path, asked in (
        (None, "token/", {"json_body": {"username": "coder", "password": PASSWORD}}),
        ("coder", "faces/", {"form": _picture(server)}),
        ("reviewer", "faces/", {}),
        ("admin", "exports/", {"json_body": {"format": "facsweb"}}),
    ):
        with pytest.raises(AssertionError, match=f"503 .*{code}") as told:
            server.call(path, user=user, **asked)
        assert (mend in str(told.value)) is (user == "admin")
    assert _page(server, "/", "reviewer")[0] == 503
    assert _page(server, "/healthz")[0] == _page(server, "/queues/")[0] == 200


def _ask_with_success(server: Stack) -> None:
    """Ask each thread of the server often enough: none still holds what was opened for reading."""
    for _ in range(24):
        assert server.call("faces/", user="coder", form=_picture(server))["face"]["id"]
    assert _page(server, "/", "coder")[0] == 200
    server.manage("fsck", "--quick")
    server.manage("verify_audit")


def _picture(server: Stack) -> dict[str, str | Path]:
    path = server.folder / "face.png"
    path.write_bytes(png())
    return {"image": path, "subject": "S001"}


def _page(server: Stack, path: str, user: str = "admin") -> tuple[int, str]:
    request = urllib.request.Request(f"{server.url}{path}")
    request.add_header("Cookie", f"sessionid={server.sessions[user]}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
