"""Examples of bodies, for the schema and its page.

tests/facsweb/rest/test_schema.py checks each.
"""

from __future__ import annotations

from typing import Any

from facsweb.rest.examples import examples_from

#: Serializer -> what an example shows -> the body.
EXAMPLES: dict[str, dict[str, Any]] = {
    "ImportRequestSerializer": {
        "Predictions of another model": {"file": "(the file)", "coder": "OpenFace 2.2.0"},
        "What would come in": {
            "file": "(the file)",
            "coder": "OpenFace 2.2.0",
            "min_confidence": 0.8,
            "dry_run": True,
        },
    },
    "ExportRequestSerializer": {
        "Everything": {"format": "facsweb", "images": True},
        "For a colleague": {
            "format": "data_labels",
            "images": True,
            "anonymous": True,
            "deidentify": "landmarks",
        },
    },
}

with_examples = examples_from(EXAMPLES)
with_form_examples = examples_from(EXAMPLES, media_type="multipart/form-data")
