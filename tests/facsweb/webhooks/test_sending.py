"""One POST over a real connection: to the judged address, within its time, and no further."""

import socket
import ssl
import subprocess
import time

import pytest

from facsweb.webhooks import sending
from facsweb.webhooks.sending import MOST_BYTES_READ, post
from tests.facsweb.webhooks.receiver import lead, receiving, with_status

BODY, HEADERS = b'{"a": 1}', {"Content-Type": "application/json", "Facsweb-Event": "test"}


def send(url: str, *, allow_private: bool = True) -> sending.Outcome:
    return post(url, BODY, HEADERS, allow_private=allow_private)


def test_body_and_headers_arrive(monkeypatch):
    lead(monkeypatch, "hook.test", ["127.0.0.1"])
    with receiving() as receiver:
        outcome = send(f"http://hook.test:{receiver.server_port}/in?key=1")
    assert outcome.is_delivered
    [(path, headers, body)] = receiver.received
    assert (path, body) == ("/in?key=1", BODY)
    assert headers["Host"] == f"hook.test:{receiver.server_port}"
    assert headers["Facsweb-Event"] == "test"


def test_redirect_is_not_followed():
    with receiving() as inside, receiving(with_status(307, Location=inside.url)) as receiver:
        outcome = send(receiver.url)
    assert outcome.status == 307
    assert not outcome.is_delivered
    assert "Redirects are not followed" in outcome.error
    assert not inside.received


@pytest.mark.parametrize(("status", "delivered", "gone"), [(200, True, False), (299, True, False),
    (404, False, False), (410, False, True), (500, False, False)])  # fmt: skip
def test_status_says_whether_it_was_delivered(status, delivered, gone):
    with receiving(with_status(status)) as receiver:
        outcome = send(receiver.url)
    assert (outcome.status, outcome.is_delivered, outcome.is_gone) == (status, delivered, gone)
    assert bool(outcome.error) is not delivered


def test_private_address_is_not_connected_to():
    with receiving() as receiver:
        outcome = send(receiver.url, allow_private=False)
    assert (outcome.status, receiver.received) == (None, [])
    assert "not public" in outcome.error


def test_name_that_leads_outside_first_and_inside_later_never_reaches_inside(monkeypatch):
    """DNS rebinding; 192.88.99.0/24 counts as public, and nobody is there (RFC 7526)."""
    monkeypatch.setattr(sending, "SECONDS", 0.3)
    asked = lead(monkeypatch, "rebind.test", ["192.88.99.2"], ["127.0.0.1"])
    with receiving() as receiver:
        url = f"http://rebind.test:{receiver.server_port}/"
        first = send(url, allow_private=False)
        assert (first.status, len(asked)) == (None, 1)
        assert "not public" not in first.error
        assert "not public" in send(url, allow_private=False).error
    assert receiver.received == []


def test_connection_goes_to_the_address_and_not_to_the_name(monkeypatch):
    """The second answer of the resolver is never asked for."""
    asked = lead(monkeypatch, "pinned.test", ["127.0.0.1"], ["127.0.0.2"])
    with receiving() as receiver:
        assert send(f"http://pinned.test:{receiver.server_port}/").is_delivered
    assert asked == ["pinned.test"]


def test_proxy_of_the_environment_is_ignored(monkeypatch):
    with receiving() as receiver, receiving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_port}")
        assert send(receiver.url).is_delivered
    assert proxy.received == []


def test_second_address_is_tried_when_the_first_refuses(monkeypatch):
    lead(monkeypatch, "two.test", ["127.0.0.2", "127.0.0.1"])
    with receiving() as receiver:
        assert send(f"http://two.test:{receiver.server_port}/").is_delivered


def test_answer_without_end_is_read_no_further_than_64_kib():
    written = []

    def endless(handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        try:
            while True:
                written.append(handler.wfile.write(4096 * b"x"))
        finally:
            written.append(None)

    begun = time.monotonic()
    with receiving(endless) as receiver:
        assert send(receiver.url).is_delivered
        while written[-1] is not None and time.monotonic() - begun < 5:
            time.sleep(0.01)
    assert written[-1] is None
    assert sum(written[:-1]) >= MOST_BYTES_READ
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("drips", [True, False])
def test_receiver_that_does_not_answer_in_time_is_left(monkeypatch, drips):
    monkeypatch.setattr(sending, "SECONDS", 0.5)

    def linger(handler) -> None:
        if drips:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(40):
            time.sleep(0.1)
            if drips:
                handler.wfile.write(b"x")

    begun = time.monotonic()
    with receiving(linger) as receiver:
        outcome = send(receiver.url)
        took = time.monotonic() - begun
    assert took < 2
    assert outcome.status is None
    assert "did not answer within" in outcome.error


@pytest.mark.parametrize("answer", [b"SSH-2.0-secret\r\n", b"", b"HTTP/1.1 2"])
def test_answer_that_is_no_http_is_an_error_and_is_not_repeated(answer):
    with receiving(lambda handler: handler.wfile.write(answer)) as receiver:
        outcome = send(receiver.url)
    assert outcome.status is None
    assert outcome.error == "The receiver's answer was no HTTP, or broke off."


def test_closed_port_is_an_error():
    with receiving() as receiver:
        url = receiver.url
    outcome = send(url)
    assert outcome.status is None
    assert "Connection refused" in outcome.error


@pytest.fixture
def certificate(tmp_path):
    """A self-signed certificate for hook.test."""
    key, pem = tmp_path / "key.pem", tmp_path / "certificate.pem"
    try:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", key, "-out", pem, "-days", "2", "-subj", "/CN=hook.test",
             "-addext", "subjectAltName=DNS:hook.test"],
            check=True, capture_output=True,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("needs the openssl program")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return context, pem


def test_self_signed_certificate_is_refused(monkeypatch, certificate):
    context, _ = certificate
    lead(monkeypatch, "hook.test", ["127.0.0.1"])
    with receiving(tls=context) as receiver:
        outcome = send(f"https://hook.test:{receiver.server_port}/")
    assert "certificate was refused" in outcome.error
    assert receiver.received == []


def test_trusted_certificate_is_accepted_for_its_own_host_only(monkeypatch, certificate):
    context, pem = certificate
    seen = []
    context.sni_callback = lambda _, name, __: seen.append(name)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    lead(monkeypatch, "hook.test", ["127.0.0.1"])
    lead(monkeypatch, "other.test", ["127.0.0.1"])
    with receiving(tls=context) as receiver:
        assert send(f"https://hook.test:{receiver.server_port}/").is_delivered
        outcome = send(f"https://other.test:{receiver.server_port}/")
    assert "Hostname mismatch" in outcome.error
    assert seen == ["hook.test", "other.test"]
    assert len(receiver.received) == 1
