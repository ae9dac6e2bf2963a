"""Generated requests to the running server, for every role: it never fails, and answers as the
schema says.

The schema is the committed one, so what is generated is what clients are told.
"""

from __future__ import annotations

import itertools
import json
import os
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from facsweb.serving.bridge import LONGEST_REQUEST_LINE
from tests.factories import png
from tests.stack import bare_stack

pytestmark = [pytest.mark.worker]

ROLES = ("outsider", "coder", "reviewer", "admin")
#: What a role may do doesn't depend on the database; what is stored and asked for does.
ON_POSTGRESQL = os.environ.get("DATABASE_URL", "").startswith("postgres")
_TOKENS_EACH = 90
_ISSUE = f"""
import json
from django.contrib.auth.models import User
from facsweb.accounts.tokens import issue_token
print("TOKENS", json.dumps({{
    name: [issue_token(User.objects.get(username=name), str(n))[1] for n in range({_TOKENS_EACH})]
    for name in {ROLES!r}
}}))
"""
_CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

_some = settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
schema = schemathesis.openapi.from_path(Path(__file__).with_name("schema.yml"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A real server with a few faces, codings and a queue; no worker, so runs stay queued."""
    folder = tmp_path_factory.mktemp("schemathesis")
    many = {"API_REQUESTS_PER_MINUTE": "10000000"}
    with bare_stack(folder, queues=[], **many) as stack, requests.Session() as http:
        http.trust_env = False  # else each of thousands of requests looks for proxies
        http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        stack.http = http
        told = stack.manage("shell", "-v0", "-c", _ISSUE).partition("TOKENS ")[2]
        tokens = json.loads(told.splitlines()[0])
        # An outsider's are without scopes that matter; each test takes the next one, since some
        # requests revoke the very token that they carry.
        stack.fresh = {role: itertools.cycle(tokens[role]) for role in ROLES}
        for number in range(3):
            picture = folder / f"S00{number + 1}_001_00000001.png"
            picture.write_bytes(png())
            stack.call("faces/", user="admin", form={"image": picture, "subject": "S001"})
        labels = [{"face": n, "emotion": "positive", "seen": None} for n in (1, 2)]
        stack.call("codings/batch/", user="admin", json_body={"items": labels})
        units = {"face": 1, "emotion": "negative", "action_units": {"12": 0.9}}
        readings = {"model": "another 1.0", "items": [units]}
        stack.call("predictions/batch/", user="admin", json_body=readings)
        stack.call("queues/", user="admin", json_body={"name": "one", "order": "random"})
        yield stack


@pytest.mark.parametrize("role", ["admin"])
@schema.parametrize()
@_some
def test_examples_and_generated_requests_are_answered_as_the_schema_says(case, server, role):
    _check_answer(case, server, role)


if not ON_POSTGRESQL:
    # The schema's own examples are three thousand requests, mostly of parameters out of bounds:
    # who may ask is let through to the same check, who may not is refused before it.
    @pytest.mark.parametrize("role", ["coder", "reviewer", "outsider"])
    @schema.parametrize()
    @settings(_some, phases=[Phase.generate])
    def test_generated_requests_are_answered_as_the_schema_says(case, server, role):
        _check_answer(case, server, role)


def _check_answer(case, server, role: str) -> None:
    headers = {"Authorization": f"Token {next(server.fresh[role])}"}
    response = case.call(base_url=server.url, headers=headers, session=server.http)
    if response.status_code == 414:  # answered before the product is asked
        assert len(response.request.url) > LONGEST_REQUEST_LINE - 100, response.request.url
        return
    case.validate_response(response, checks=_CHECKS)


def test_the_server_met_no_error_that_it_did_not_expect(server):
    """After all of the above: nothing was logged as an internal error."""
    assert "Internal Server Error" not in server.log("web")
