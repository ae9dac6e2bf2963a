"""One POST to the very address that was checked: no redirect, no proxy, no second look-up."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus

from facsweb.problems import Problem
from facsweb.webhooks.addresses import Target, check

#: For each phase: connecting to one address, the TLS handshake, and the whole exchange.
SECONDS = 10
#: A name may have many addresses; only this many are tried, lest one delivery keep a worker.
MOST_ADDRESSES = 3
#: With the look-up, this is the longest that `post` takes.
LONGEST_SECONDS = SECONDS * (MOST_ADDRESSES + 3)
MOST_BYTES_READ = 64 * 1024


@dataclass(frozen=True)
class Outcome:
    """The status that the receiver answered, None for no answer, and what went wrong."""

    status: int | None
    error: str = ""

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants nothing more (RFC 9110, section 15.5.11)."""
        return self.status == HTTPStatus.GONE


def post(url: str, body: bytes, headers: dict[str, str], *, allow_private: bool) -> Outcome:
    """Send `body` to `url`, to one of the addresses that its host has now. Raises nothing."""
    try:
        target = check(url, allow_private=allow_private)
        status = _exchange(target, body, headers)
    except Problem as error:
        return Outcome(None, error.detail)
    except ssl.SSLCertVerificationError as error:
        return Outcome(None, f"The receiver's certificate was refused: {error.verify_message}")
    except TimeoutError:
        return Outcome(None, f"The receiver did not answer within {SECONDS} seconds.")
    except http.client.HTTPException:
        return Outcome(None, "The receiver's answer was no HTTP, or broke off.")
    except OSError as error:
        return Outcome(None, f"The connection failed: {error.strerror or type(error).__name__}.")
    return Outcome(status, _complaint(status))


def _exchange(target: Target, body: bytes, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.auto_open = 0  # or it would look the name up again
    connection.sock = _open(target)
    with closing(connection), _cut_off(connection.sock) as is_cut:
        try:
            host = {"Host": target.host_header, "Connection": "close"}
            connection.request("POST", target.path, body, {**headers, **host})
            answer = connection.getresponse()
        finally:
            if is_cut.is_set():  # half an answer counts for none
                raise TimeoutError
        with answer, suppress(OSError, http.client.HTTPException):
            answer.read(MOST_BYTES_READ)
        return answer.status


def _open(target: Target) -> socket.socket:
    """Open a socket to the first address that answers; over TLS where the URL says https."""
    failure: OSError | None = None
    for address in target.addresses[:MOST_ADDRESSES]:
        plain = socket.socket(address.family, socket.SOCK_STREAM)
        plain.settimeout(SECONDS)
        try:
            plain.connect(address.sockaddr)
        except OSError as error:
            plain.close()
            failure = error
            continue
        return _over_tls(plain, target.host) if target.scheme == "https" else plain
    raise failure or OSError("no address")


def _over_tls(plain: socket.socket, host: str) -> socket.socket:
    """Start TLS, insisting on a certificate for `host` though the connection is to an address."""
    try:
        context = ssl.create_default_context()
        return context.wrap_socket(plain, server_hostname=host.rstrip("."))
    except BaseException:
        plain.close()
        raise


@contextmanager
def _cut_off(opened: socket.socket) -> Iterator[threading.Event]:
    """End the exchange when its time is up: a receiver that drips bytes never times out."""
    is_cut = threading.Event()

    def cut() -> None:
        is_cut.set()
        with suppress(OSError):
            socket.socket.shutdown(opened, socket.SHUT_RDWR)  # TLS' own would wait for a goodbye

    timer = threading.Timer(SECONDS, cut)
    timer.daemon = True
    timer.start()
    try:
        yield is_cut
    finally:
        timer.cancel()


def _complaint(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"The receiver answered {status}. Redirects are not followed: enter the new URL."
    if status == HTTPStatus.GONE:
        return "The receiver answered 410, gone: it wants nothing more."
    return f"The receiver answered {status}."
