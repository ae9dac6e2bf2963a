"""Which URLs a webhook may have: never one that leads inside."""

import ipaddress

import pytest

from facsweb.webhooks.addresses import ForbiddenAddress, UnknownHost, check, is_public
from tests.facsweb.webhooks.receiver import lead

INSIDE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.8",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "2001:db8::1",
    "3fff::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::7f00:1",
    "2001:0:7f00:1::",
]


@pytest.mark.parametrize("ip", INSIDE)
def test_address_inside_is_not_public(ip):
    assert not is_public(ipaddress.ip_address(ip))


@pytest.mark.parametrize(
    "ip",
    ["8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::",
     "64:ff9b::808:808"],
)  # fmt: skip
def test_address_of_the_internet_is_public(ip):
    assert is_public(ipaddress.ip_address(ip))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "0.0.0.0",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[fe80::1]",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "017700000001",
        "0177.0.0.1",
        "127.1",
        "0",
        "１２７.0.0.1",
        "127。0。0。1",
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_host_that_leads_inside_is_refused_however_it_is_written(scheme, host):
    with pytest.raises(ForbiddenAddress, match="not public") as refused:
        check(f"{scheme}://{host}/hook", allow_private=False)
    assert refused.value.code == "forbidden_address"
    assert list(refused.value.fields) == ["url"]


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("", "must begin"),
        ("example.org/hook", "must begin"),
        ("ftp://example.org/", "must begin"),
        ("file:///etc/passwd", "must begin"),
        ("gopher://example.org/", "must begin"),
        ("//example.org/", "must begin"),
        ("https://", "is no host"),
        ("https:///hook", "is no host"),
        ("https://a..b/", "is no host"),
        ("https://example.org%00.evil/", "is no host"),
        ("https://127.0.0.1\\.example.org/", "is no host"),
        ("https://[fe80::1%25lo]/", "is no"),
        ("https://[::1/", "is no URL"),
        ("https://example.org:99999/", "is no URL"),
        ("https://example.org:x/", "is no URL"),
        ("https://example.org:0/", "no port 0"),
        ("https://ada:secret@example.org/", "user name or password"),
        ("https://example.org\\@127.0.0.1/", "user name or password"),
        ("https://@example.org/", "user name or password"),
        ("https://example.org/#part", "fragment"),
        ("https://example.org/#", "fragment"),
        ("https://example.org/a b", "space or a control"),
        ("https://example.org/\r\nHost: inside", "space or a control"),
        ("https://exam\tple.org/", "space or a control"),
    ],
)
def test_url_that_is_not_plain_is_refused_and_says_why(url, complaint):
    with pytest.raises(ForbiddenAddress, match=complaint):
        check(url, allow_private=True)


def test_name_with_one_private_address_among_public_ones_is_refused(monkeypatch):
    lead(monkeypatch, "mixed.test", ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(ForbiddenAddress):
        check("https://mixed.test/", allow_private=False)


def test_name_that_nobody_knows_is_refused():
    with pytest.raises(UnknownHost, match=r"no-such-host\.invalid was not found"):
        check("https://no-such-host.invalid/", allow_private=True)


def test_target_holds_the_parts_of_the_url_and_the_addresses_that_were_judged(monkeypatch):
    lead(monkeypatch, "xn--bcher-kva.test", ["8.8.8.8", "2606:4700::1111"])
    target = check("https://Bücher.test:8443/hök?a=1&b=ü", allow_private=False)
    assert target.host_header == "xn--bcher-kva.test:8443"
    assert target.path == "/h%C3%B6k?a=1&b=%C3%BC"
    assert [str(address.ip) for address in target.addresses] == ["8.8.8.8", "2606:4700::1111"]


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("http://8.8.8.8", "8.8.8.8", "/"),
        ("http://8.8.8.8:80/", "8.8.8.8", "/"),
        ("https://8.8.8.8:80?x", "8.8.8.8:80", "/?x"),
        ("http://[2606:4700::1111]:81//a", "[2606:4700::1111]:81", "//a"),
    ],
)
def test_default_port_is_left_out_and_path_is_never_empty(url, host, path):
    target = check(url, allow_private=False)
    assert (target.host_header, target.path) == (host, path)


def test_setting_lets_private_addresses_pass():
    target = check("http://127.0.0.1:8000/", allow_private=True)
    assert [str(address.ip) for address in target.addresses] == ["127.0.0.1"]
