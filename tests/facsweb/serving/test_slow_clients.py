"""Clients that are slow, silent or send too much, before a real server."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import urllib.request
from pathlib import Path

import pytest

from facsweb.serving.bridge import LONGEST_REQUEST_LINE, SMALL
from tests.benchmarks.slow_clients import half_of_a_body, half_of_the_headers, hanging, seconds_of

pytestmark = pytest.mark.worker
_FORM = "application/x-www-form-urlencoded"
_HUGE = 300 * 1024 * 1024


def begun(address: str, path: str, headers: dict[str, str]) -> http.client.HTTPResponse:
    """What is answered to a POST whose body has only begun."""
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.putrequest("POST", path)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(b"username=")
    return connection.getresponse()


def on_disk(stack) -> int:
    folders = [Path(stack.folder, "var", name) for name in ("tmp", "media")]
    files = [path for folder in folders for path in folder.rglob("*")]
    return sum(path.stat().st_size for path in files if path.is_file())


def test_a_page_answers_while_two_hundred_sockets_hang(plain_stack):
    with contextlib.ExitStack() as stack:
        for sent in (half_of_the_headers(), half_of_a_body()):
            sockets = stack.enter_context(hanging(plain_stack.address, sent, 100))
        # Alone it takes some milliseconds; a server that a slow client holds answers never.
        assert seconds_of(plain_stack.address, seconds=25) is not None
        sockets[0].sendall(b"x" * (1000 - len("username=")))
        with contextlib.closing(http.client.HTTPResponse(sockets[0], method="POST")) as answer:
            answer.begin()  # what was slow is answered all the same
            assert answer.status == 403  # without a CSRF token


@pytest.mark.parametrize("path", ["/login/", "/admin/login/", "/", "/api/v1/token/", "/nowhere/"])
@pytest.mark.parametrize("credentials", ["", "sessionid=forged", "Token facs_forged"])
def test_who_is_not_signed_in_sends_no_more_than_a_megabyte(plain_stack, path, credentials):
    before = on_disk(plain_stack)
    named = "Authorization" if credentials.startswith("Token") else "Cookie"
    headers = {"Content-Type": _FORM, "Content-Length": str(_HUGE), named: credentials}
    answer = begun(plain_stack.address, path, headers)
    text = answer.read(1000).decode()
    assert answer.status == 413
    assert f"At most {SMALL:,} bytes" in text
    if path.startswith("/api/"):
        assert json.loads(text)["code"] == "too_large"
    else:
        assert answer.headers["Content-Type"].startswith("text/html")
    # Others on the same server write and clean up meanwhile; a body that is kept would show.
    assert on_disk(plain_stack) < before + SMALL


def test_a_length_that_is_not_told_changes_nothing(plain_stack):
    with socket.create_connection(plain_stack.address.split(":"), timeout=60) as connection:
        head = "POST /login/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
        connection.sendall(f"{head}Content-Type: {_FORM}\r\n\r\n".encode())
        for _ in range(SMALL // 0x10000 + 1):
            connection.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        assert b" 413 " in connection.recv(100)


def test_who_is_signed_in_sends_no_more_than_the_address_takes(plain_stack):
    cookie = f"sessionid={plain_stack.session('admin')}"
    headers = {"Cookie": cookie, "Content-Type": _FORM, "Content-Length": str(_HUGE)}
    assert begun(plain_stack.address, "/queues/new/", headers).status == 413
    assert begun(plain_stack.address, "/api/v1/faces/", headers).status == 413


def test_a_large_body_of_somebody_signed_in_arrives_whole(plain_stack, tmp_path):
    path = tmp_path / "notes.csv"
    path.write_bytes(b"filepath,emotion\n" + b"x.png,9\n" * 600_000)
    run = plain_stack.call("imports/", user="admin", form={"file": path})
    assert run["size"] == path.stat().st_size


def test_an_address_has_a_longest_length(plain_stack):
    query = "x" * (LONGEST_REQUEST_LINE - len("GET /login/? HTTP/1.1"))
    with urllib.request.urlopen(f"{plain_stack.url}/login/?{query}", timeout=60) as answer:
        assert answer.status == 200
    with pytest.raises(urllib.request.HTTPError, match="414"):
        urllib.request.urlopen(f"{plain_stack.url}/login/?{query}x", timeout=60)


def test_a_header_cannot_be_forged_by_an_underscore(plain_stack):
    connection = http.client.HTTPConnection(plain_stack.address, timeout=60)
    connection.request("GET", "/api/v1/me/", headers={"Authorization_": "x", "Cookie": ""})
    assert connection.getresponse().status == 401
