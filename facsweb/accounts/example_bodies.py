"""Examples of bodies, for the schema and its page.

tests/facsweb/rest/test_schema.py checks each.
"""

from __future__ import annotations

from typing import Any

from facsweb.rest.examples import examples_from

#: Serializer -> what an example shows -> the body.
EXAMPLES: dict[str, dict[str, Any]] = {
    "CredentialsSerializer": {
        "A script that reads": {
            "username": "ada",
            "password": "correct horse battery staple",  # an example  # nosec B105
            "name": "nightly export",
            "scopes": ["read"],
            "expires_in_days": 30,
        }
    },
}

with_examples = examples_from(EXAMPLES)
