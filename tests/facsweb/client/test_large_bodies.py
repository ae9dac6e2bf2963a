"""Bodies over the limit, sent by clients that read no answer before they have sent everything."""

from __future__ import annotations

import http.client
import json

import pytest

from facsweb.client import ApiError, Client

pytestmark = pytest.mark.worker
_SIXTY_MB = 60 * 1024 * 1024


def kept(stack) -> set:
    return {path for path in (stack.folder / "var").rglob("media/**/*") if path.is_file()}


@pytest.mark.parametrize(
    ("path", "kind", "size"),
    [
        ("faces/", "multipart/form-data; boundary=x", _SIXTY_MB),
        ("faces/batch/", "multipart/form-data; boundary=x", 300 * 1024 * 1024),
        ("codings/batch/", "application/json", 8 * 1024 * 1024),
        ("codings/batch/", "application/json", _SIXTY_MB),
    ],
)
def test_a_program_hears_why_its_body_was_refused(plain_stack, path, kind, size):
    before = kept(plain_stack)
    connection = http.client.HTTPConnection(plain_stack.address, timeout=60)
    headers = {"Authorization": f"Token {plain_stack.token('admin')}", "Content-Type": kind}
    body = (b" " * (1 << 20) for _ in range(size >> 20))
    connection.request("POST", f"/api/v1/{path}", body, headers | {"Content-Length": str(size)})
    answer = connection.getresponse()
    assert (answer.status, json.load(answer)["code"]) == (413, "too_large")
    assert kept(plain_stack) == before


def test_our_client_says_it_in_one_line(plain_stack):
    with Client(plain_stack.url, plain_stack.token("admin")) as client:
        with pytest.raises(ApiError, match="At most 268,435,456 bytes") as refused:
            client.upload([("a.png", b"x" * (260 * 1024 * 1024))], [{"subject": "S001"}])
        assert refused.value.status == 413
