"""The committed schema is the API: a change shows as a diff."""

from pathlib import Path

import pytest
from django.core.management import call_command
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
