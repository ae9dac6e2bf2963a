"""The committed schema is the API: a change shows as a diff."""

from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

GOLDEN = Path(__file__).parent / "schema.yml"
REFRESH = f"python manage.py spectacular --validate --fail-on-warn --file {GOLDEN}"


def test_committed_schema_is_the_apis(tmp_path):
    fresh = tmp_path / "schema.yml"
    call_command("spectacular", file=str(fresh), validate=True, fail_on_warn=True)
    assert fresh.read_text() == GOLDEN.read_text(), f"The API changed. If meant, run: {REFRESH}"


@pytest.mark.django_db
def test_schema_and_docs_are_for_signed_in_users(ada):
    anonymous, signed_in = APIClient(), APIClient()
    signed_in.force_login(ada)
    assert anonymous.get("/api/schema/").status_code == 401
    assert anonymous.get("/api/docs/")["Location"].startswith("/login/")
    assert signed_in.get("/api/schema/").status_code == 200
    page = signed_in.get("/api/docs/")
    assert page.status_code == 200
    assert b"<style" not in page.content
    assert b"http" not in page.content
    script = signed_in.get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")


def _shape(document: dict, shape: dict) -> dict:
    """A schema that stands by itself: the document's components travel along."""
    return {**shape, "components": document["components"]}


def test_every_example_is_as_the_schema_says():
    document = yaml.safe_load(GOLDEN.read_text())
    checked = 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for part in [operation.get("requestBody", {}), *operation["responses"].values()]:
                for kind, content in part.get("content", {}).items():
                    checker = Draft202012Validator(_shape(document, content["schema"]))
                    for name, example in content.get("examples", {}).items():
                        wrong = [error.message for error in checker.iter_errors(example["value"])]
                        assert not wrong, (path, method, kind, name, wrong)
                        checked += 1
    assert checked > 250


def test_every_body_that_is_sent_has_an_example():
    document = yaml.safe_load(GOLDEN.read_text())
    bare = [
        (path, method)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for content in [*operation.get("requestBody", {}).get("content", {}).values()][:1]
        if "examples" not in content
    ]
    assert not bare
