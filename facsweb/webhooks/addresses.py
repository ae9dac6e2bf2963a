"""Addresses that a webhook may go to: its host is looked up once, and every address is checked.

What is sent goes to the addresses of the answer (`Target.addresses`), never to the name again:
a name server that answers differently the second time (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.utils.encoding import iri_to_uri

from facsweb.problems import Problem

IP = ipaddress.IPv4Address | ipaddress.IPv6Address

_LOOKUP_SECONDS = 10
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?", re.IGNORECASE)
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
#: IANA's special-purpose registries call these not globally reachable; Python 3.11 doesn't.
_ALSO_SPECIAL = [ipaddress.ip_network(block) for block in ("192.0.0.0/24", "3fff::/20")]


class ForbiddenAddress(Problem):
    """A URL that nothing is sent to."""

    code = "forbidden_address"


class UnknownHost(Problem):
    """The name can't be looked up, now or at all."""

    code = "unknown_host"


@dataclass(frozen=True)
class Address:
    """One answer of the resolver: an address family and what `socket.connect` takes for it."""

    family: int
    sockaddr: tuple[Any, ...]

    @property
    def ip(self) -> IP:
        return ipaddress.ip_address(self.sockaddr[0])


@dataclass(frozen=True)
class Target:
    """A URL taken apart, with the addresses that were checked.

    `host` is ASCII and without brackets; `path` is what the request line holds.
    """

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[Address, ...]

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def check(url: str, *, allow_private: bool) -> Target:
    """Take `url` apart, look its host up and check every address.

    Parameters
    ----------
    allow_private
        Any address will do: for receivers inside one's own network.

    Raises
    ------
    ForbiddenAddress
        It is no plain http or https URL, or one of its addresses is not public.
    UnknownHost
    """
    parts = _split(url)
    host = _ascii_host(parts.hostname or "")
    port = parts.port or _PORTS[parts.scheme]
    addresses = resolve(host, port)
    if not allow_private and not all(is_public(address.ip) for address in addresses):
        raise _forbidden(
            f"{host} leads to a private, loopback, link-local or otherwise not public address. "
            "Enter the URL of a server on the internet, or have WEBHOOK_ALLOW_PRIVATE set."
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, iri_to_uri(path), tuple(addresses))


def resolve(host: str, port: int) -> list[Address]:
    """Look up every address of `host`, within 10 seconds.

    The resolver reads decimal, octal and hexadecimal IPv4 addresses too (`2130706433`, `0x7f.1`),
    as a connection to them would.

    Raises UnknownHost.
    """
    answers: SimpleQueue[list[Any]] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            answers.put([])

    # In a thread, because the resolver knows no timeout.
    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answers.get(timeout=_LOOKUP_SECONDS)
    except Empty:
        found = []
    if not found:
        message = f"The host {host} was not found. Check its spelling, or try again later."
        raise UnknownHost(message, {"url": [message]})
    return [Address(family, sockaddr) for family, _, _, _, sockaddr in found]


def is_public(ip: IP) -> bool:
    """Tell whether `ip` is a public unicast address, by IANA's special-purpose registries.

    An IPv4 address inside an IPv6 one (mapped, 6to4, NAT64) decides for it. Teredo addresses lie
    in 2001::/23, of which nothing passes.
    """
    if isinstance(ip, ipaddress.IPv6Address):
        inner = _ipv4_inside(ip)
        if inner is not None:
            return is_public(inner)
        if ip not in _GLOBAL_UNICAST:
            return False
    special = any(ip in block for block in _ALSO_SPECIAL)
    return ip.is_global and not ip.is_multicast and not special


def _ipv4_inside(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in _NAT64:
        return ipaddress.IPv4Address(ip.packed[-4:])
    return ip.ipv4_mapped or ip.sixtofour


def _split(url: str) -> SplitResult:
    if any(character <= " " or character == "\x7f" for character in url):
        raise _forbidden("The URL holds a space or a control character. Remove it.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _forbidden("This is no URL. Enter one such as https://example.org/facsweb.") from None
    if parts.scheme not in _PORTS:
        raise _forbidden("The URL must begin with https:// or http://.")
    if "@" in parts.netloc:
        raise _forbidden(
            "The URL holds a user name or password. Leave them out: the signature tells the "
            "receiver who sends."
        )
    if "#" in url:
        raise _forbidden("The URL ends in a fragment. Leave out the # and what follows.")
    if port == 0:
        raise _forbidden("There is no port 0. Leave the port out, or enter the receiver's.")
    return parts


def _ascii_host(host: str) -> str:
    try:
        name = host.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    if not _HOST.fullmatch(name) and not _is_ipv6(name):
        raise _forbidden(f"“{host}” is no host. Enter a URL such as https://example.org/facsweb.")
    return name


def _is_ipv6(text: str) -> bool:
    try:
        return "%" not in text and ipaddress.ip_address(text).version == 6
    except ValueError:
        return False


def _forbidden(message: str) -> ForbiddenAddress:
    return ForbiddenAddress(message, {"url": [message]})
