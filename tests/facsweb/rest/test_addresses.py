"""Who asks is told by a proxy only where the settings name it."""

from ipaddress import ip_network

import pytest
from django.test import RequestFactory

from facsweb.rest.addresses import came_by_proxy, client_address, network_of


def asked(peer: str, forwarded: str | None = None):
    more = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return RequestFactory().get("/", REMOTE_ADDR=peer, **more)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # no proxy: its header says nothing
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),  # the client wrote the first
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::7]:443", "2001:db8::7"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, <script>", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.7, 10.0.0.8", "10.0.0.7"),
        ("", "198.51.100.1", ""),
    ],
)
def test_only_named_proxies_are_believed(settings, peer, forwarded, address):
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    assert client_address(asked(peer, forwarded)) == address


def test_socket_counts_where_it_is_named(settings):
    settings.TRUST_UNIX_SOCKET = True
    assert client_address(asked("", "198.51.100.1")) == "198.51.100.1"
    assert came_by_proxy(asked(""))
    assert not came_by_proxy(asked("198.51.100.1"))


def test_one_household_is_one_client():
    assert network_of("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64"
    assert network_of("198.51.100.1") == "198.51.100.1"
