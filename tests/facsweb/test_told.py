"""What a verb did, or why it was refused: JSON to our scripts, a message to everybody else."""

import json

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.test import RequestFactory

from facsweb.problems import Conflict
from facsweb.rest.pages import told


def refused() -> str:
    raise Conflict("Somebody was quicker.")


@pytest.mark.parametrize(
    ("act", "status", "answer"),
    [
        (lambda: "Done.", 200, {"said": "Done."}),
        (refused, 409, {"code": "conflict", "detail": "Somebody was quicker."}),
    ],
)
def test_a_script_gets_json(act, status, answer):
    request = RequestFactory().post("/", headers={"Accept": "application/json"})
    given = told(request, act, then="/there/")
    assert (given.status_code, json.loads(given.content)) == (status, answer)


@pytest.mark.parametrize(
    ("act", "said"),
    [(lambda: "Done.", ("success", "Done.")), (refused, ("error", "Somebody was quicker."))],
)
def test_a_form_gets_a_message_over_the_next_page(act, said):
    request = RequestFactory().post("/", headers={"Accept": "text/html"})
    request._messages = CookieStorage(request)
    given = told(request, act, then="/there/")
    assert (given.status_code, given.url) == (302, "/there/")
    assert [(each.level_tag, each.message) for each in get_messages(request)] == [said]
