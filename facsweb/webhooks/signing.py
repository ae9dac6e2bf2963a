"""The signature by which a receiver knows that a message is ours, unchanged and new."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from django.conf import settings

HEADER = "Facsweb-Signature"
_SIGNATURE = re.compile(r"t=(?P<time>[0-9]{1,12}),v1=(?P<digest>[0-9a-f]{64})")


def secret_of(salt: str) -> str:
    """The signing secret of the webhook with that salt: 43 characters of base64url.

    It isn't stored: it follows from SECRET_KEY, and changes with it.
    """
    key = settings.SECRET_KEY.encode()
    digest = hmac.new(key, f"facsweb.webhook:{salt}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def sign(secret: str, body: bytes, now: int) -> str:
    """The signature's header: `t=<now>,v1=<hex HMAC-SHA256 of "<now>.<body>">`.

    The key is the secret's text as it was shown; `now` is Unix time in seconds.
    """
    return f"t={now},v1={_digest(secret, body, now)}"


def verify(secret: str, header: str, body: bytes, now: float, tolerance: float = 300) -> bool:
    """Whether `header` signs `body` and is at most `tolerance` seconds off; for receivers.

    Pass the body's bytes as they came, before any JSON parser. The comparison takes the same time
    whatever the signature. A message may come twice: remember `Facsweb-Delivery`, which is the
    body's `delivery` too.

    Parameters
    ----------
    now
        Unix time in seconds.
    """
    found = _SIGNATURE.fullmatch(header.strip())
    if found is None or abs(now - int(found["time"])) > tolerance:
        return False
    return hmac.compare_digest(_digest(secret, body, int(found["time"])), found["digest"])


def _digest(secret: str, body: bytes, now: int) -> str:
    return hmac.new(secret.encode(), b"%d." % now + body, hashlib.sha256).hexdigest()
