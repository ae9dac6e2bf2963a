"""What a receiver can tell from the signature, by the verifier that docs/api.md names."""

import base64
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from facsweb.webhooks.signing import secret_of, signed

BODY, ID = '{"event": "test"}', "msg_1"


@pytest.fixture
def secret() -> str:
    return secret_of("salt")


def headers(secret: str, late: int = 0) -> dict[str, str]:
    """Of a message that was sent so many seconds ago."""
    return signed(secret, ID, BODY, datetime.now(UTC) - timedelta(seconds=late))


def is_ours(secret: str, given: dict[str, str], body: str = BODY) -> bool:
    try:
        return Webhook(secret).verify(body.encode(), given) == json.loads(body)
    except WebhookVerificationError:
        return False


def test_signature_is_the_documented_hmac(secret):
    now = datetime(2027, 1, 15, 8, tzinfo=UTC)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{ID}.{now.timestamp():.0f}.{BODY}".encode()
    digest = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    assert signed(secret, ID, BODY, now) == {
        "webhook-id": ID,
        "webhook-timestamp": "1800000000",
        "webhook-signature": f"v1,{digest}",
    }


@pytest.mark.parametrize("late", [-290, 0, 290])
def test_signature_holds_for_five_minutes(secret, late):
    assert is_ours(secret, headers(secret, late))


@pytest.mark.parametrize("late", [-310, 310, 86_400])
def test_old_or_future_timestamp_fails(secret, late):
    assert not is_ours(secret, headers(secret, late))


def test_tampered_body_fails(secret):
    assert not is_ours(secret, headers(secret), BODY.replace("test", "text"))


def test_timestamp_that_was_made_younger_fails(secret):
    given = headers(secret, late=400)
    given["webhook-timestamp"] = str(int(given["webhook-timestamp"]) + 400)
    assert not is_ours(secret, given)


def test_message_under_another_id_fails(secret):
    assert not is_ours(secret, headers(secret) | {"webhook-id": "msg_2"})


def test_another_secret_fails(secret):
    assert not is_ours(secret_of("another"), headers(secret))


@pytest.mark.parametrize("left_out", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_message_that_lacks_a_header_fails(secret, left_out):
    given = headers(secret)
    del given[left_out]
    assert not is_ours(secret, given)


def test_secrets_differ_by_salt_and_by_secret_key(settings):
    first = secret_of("salt")
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", first)
    assert first == secret_of("salt") != secret_of("other")
    settings.SECRET_KEY = "another key"
    assert secret_of("salt") != first
