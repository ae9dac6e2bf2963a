"""Examples of bodies, for the schema and its page.

tests/facsweb/rest/test_schema.py checks each.
"""

from __future__ import annotations

from typing import Any

from facsweb.rest.examples import examples_from

#: Serializer -> what an example shows -> the body.
EXAMPLES: dict[str, dict[str, Any]] = {
    "ConsentSerializer": {
        "A yes to labelling and training for a time": {
            "answer": "yes",
            "until": "2030-12-31",
            "labelling": True,
            "training": True,
            "export": False,
            "note": "Form of 3 May, in the study's folder.",
        }
    },
    "ConfirmationSerializer": {"The code once more": {"code": "S005"}},
}

with_examples = examples_from(EXAMPLES)
