"""The address of who asks: a proxy is believed only where the settings name it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address


def client_address(request: HttpRequest) -> str:
    """Return the address of the machine that asks; empty where none is known.

    `X-Forwarded-For` is believed from the right, and only as far as `settings.TRUSTED_PROXIES`
    names each machine that added to it: what a client writes there itself is never reached.
    """
    known = _peer(request)
    if not _is_proxy(known):
        return str(known or "")
    for part in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        told = read_address(part)
        if told is None:  # nothing to the left of what can't be read is believed
            break
        known = told
        if not _is_proxy(told):
            break
    return str(known or "")


def came_by_proxy(request: HttpRequest) -> bool:
    """Tell whether a proxy that the settings name handed this request on to us."""
    return _is_proxy(_peer(request))


def read_address(text: str) -> Address | None:
    """Read an IP address, with or without a port; None where it is none.

    An IPv4 address that is written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 one.
    """
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def network_of(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 that one household gets."""
    read = read_address(address)
    if not isinstance(read, IPv6Address):
        return address
    return f"{IPv6Address(int(read) >> 64 << 64)}/64"


def _peer(request: HttpRequest) -> Address | None:
    return read_address(request.META.get("REMOTE_ADDR") or "")


def _is_proxy(address: Address | None) -> bool:
    """Tell whether settings name it; a peer without an address came through a Unix socket."""
    if address is None:
        return settings.TRUST_UNIX_SOCKET
    return any(address in network for network in settings.TRUSTED_PROXIES)
