"""What a receiver can tell from the signature."""

import hashlib
import hmac
import re

import pytest

from facsweb.webhooks.signing import secret_of, sign, verify

SECRET, BODY, NOW = "a-secret", b'{"event": "test"}', 1_800_000_000


def test_signature_is_the_documented_hmac():
    expected = hmac.new(b"a-secret", b"1800000000." + BODY, hashlib.sha256).hexdigest()
    assert sign(SECRET, BODY, NOW) == f"t=1800000000,v1={expected}"


@pytest.mark.parametrize("late", [-300, 0, 300])
def test_signature_holds_for_five_minutes(late):
    assert verify(SECRET, sign(SECRET, BODY, NOW), BODY, NOW + late)


@pytest.mark.parametrize("late", [-301, 301, 86_400])
def test_old_or_future_timestamp_fails(late):
    assert not verify(SECRET, sign(SECRET, BODY, NOW), BODY, NOW + late)


def test_tampered_body_fails():
    assert not verify(SECRET, sign(SECRET, BODY, NOW), BODY + b" ", NOW)


def test_timestamp_that_was_made_younger_fails():
    header = sign(SECRET, BODY, NOW).replace(str(NOW), str(NOW + 400))
    assert not verify(SECRET, header, BODY, NOW + 400)


def test_another_secret_fails():
    assert not verify("another", sign(SECRET, BODY, NOW), BODY, NOW)


@pytest.mark.parametrize(
    "header", ["", "t=,v1=", f"t={NOW}", f"t={NOW},v1=é", "t=x,v1=" + 64 * "0", 5000 * "t=1,"]
)
def test_header_that_is_no_signature_fails(header):
    assert not verify(SECRET, header, BODY, NOW)


def test_secrets_differ_by_salt_and_by_secret_key(settings):
    first = secret_of("salt")
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", first)
    assert first == secret_of("salt") != secret_of("other")
    settings.SECRET_KEY = "another key"
    assert secret_of("salt") != first
