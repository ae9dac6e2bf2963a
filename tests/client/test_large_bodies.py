"""Bodies over the limit, sent by clients that read no answer before they have sent everything."""

from __future__ import annotations

import http.client
import json

import pytest

from facsweb.client import ApiError, Client
from tests.stack import bare_stack

pytestmark = pytest.mark.worker
_SIXTY_MB = 60 * 1024 * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with bare_stack(tmp_path_factory.mktemp("large"), queues=[]) as stack:
        yield stack


@pytest.mark.parametrize(
    ("path", "kind", "size"),
    [
        ("faces/", "multipart/form-data; boundary=x", _SIXTY_MB),
        ("faces/batch/", "multipart/form-data; boundary=x", 300 * 1024 * 1024),
        ("codings/batch/", "application/json", 8 * 1024 * 1024),
        ("codings/batch/", "application/json", _SIXTY_MB),
    ],
)
def test_a_program_hears_why_its_body_was_refused(server, path, kind, size):
    connection = http.client.HTTPConnection(server.address, timeout=60)
    headers = {"Authorization": f"Token {server.token('admin')}", "Content-Type": kind}
    body = (b" " * (1 << 20) for _ in range(size >> 20))
    connection.request("POST", f"/api/v1/{path}", body, headers | {"Content-Length": str(size)})
    answer = connection.getresponse()
    assert (answer.status, json.load(answer)["code"]) == (413, "too_large")
    media = server.folder / "var" / "media"
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_our_client_says_it_in_one_line(server):
    with Client(server.url, server.token("admin")) as client:
        with pytest.raises(ApiError, match="At most 268,435,456 bytes") as refused:
            client.upload([("a.png", b"x" * (260 * 1024 * 1024))], [{"subject": "S001"}])
        assert refused.value.status == 413
