"""The signature by which a receiver knows that a message is ours, unchanged and new.

It follows Standard Webhooks (https://www.standardwebhooks.com), so that receivers find verifiers
ready for most languages.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

from django.conf import settings
from standardwebhooks import Webhook as Signer


def secret_of(salt: str) -> str:
    """Return the signing secret of the webhook with that salt: `whsec_` and 32 bytes in base64.

    It isn't stored: it follows from SECRET_KEY, and changes with it.
    """
    key = settings.SECRET_KEY.encode()
    digest = hmac.new(key, f"facsweb.webhook:{salt}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(digest).decode("ascii")


def signed(secret: str, message_id: str, body: str, now: datetime) -> dict[str, str]:
    """Return the headers that sign `body`.

    Parameters
    ----------
    message_id
        The same each time that a message is tried again, and never another's: receivers recognise
        by it what they had before.
    now
        In UTC.
    """
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Signer(secret).sign(message_id, now, body),
    }
