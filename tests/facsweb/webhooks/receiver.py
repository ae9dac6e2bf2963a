"""A real receiver on a free port of this machine, and names that lead where a test says."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


def with_status(status: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


class Receiver(ThreadingHTTPServer):
    """Keeps what it was sent in `received`: (path, headers, body) each."""

    daemon_threads = True

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    def handle_error(self, request, client_address) -> None:
        """A sender that hangs up is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, dict(self.headers), body))
        self.server.answer(self)

    def do_GET(self) -> None:
        self.server.received.append((self.path, dict(self.headers), b""))
        self.server.answer(self)

    def log_message(self, *args) -> None:
        pass


@contextmanager
def receiving(
    answer: Answer | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    with Receiver(answer or with_status(204)) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def lead(monkeypatch, name: str, *answers: list[str]) -> list[str]:
    """Have the resolver answer for `name` each of `answers` in turn, then the last for ever.

    Returns a list that grows by one with each look-up of the name.
    """
    real, asked = socket.getaddrinfo, []

    def resolver(host, port, *args, **kwargs):
        if host != name:
            return real(host, port, *args, **kwargs)
        asked.append(host)
        ips = answers[min(len(asked), len(answers)) - 1]
        return [found for ip in ips for found in real(ip, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    return asked
