"""Log lines as JSON: with ids, and with nothing personal."""

import io
import json
import logging

import pytest

from facsweb.logs import Ids, PrivateJson, about
from facsweb.settings import logging_settings
from tests.factories import make_face


@pytest.fixture
def lines():
    """`lines()`: what was logged since, as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(PrivateJson())
    handler.addFilter(Ids())
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)


def test_a_line_has_the_ids_of_what_is_going_on(lines):
    with about(request_id="abc", job="inference.inferencerun:7"):
        logging.getLogger("facsweb.x").warning("said")
    logging.getLogger("facsweb.x").warning("later")
    first, second = lines()
    assert (first["message"], first["request_id"]) == ("said", "abc")
    assert (first["job"], first["level"], first["logger"]) == (
        "inference.inferencerun:7", "WARNING", "facsweb.x",
    )  # fmt: skip
    assert first["time"] and "request_id" not in second


@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::7", "::1"])
def test_addresses_and_queries_are_taken_out(lines, address):
    logging.warning("wrong password, from %s for /faces/?subject=S001", address)
    logging.warning("begun at 12:30:45 as inference.Run:7")
    first, second = lines()
    assert address not in first["message"] and "S001" not in first["message"]
    assert second["message"] == "begun at 12:30:45 as inference.Run:7"


@pytest.mark.django_db
def test_a_request_is_one_line_that_names_no_one(as_user, ada, lines, caplog):
    caplog.set_level(logging.INFO, "facsweb.requests")
    face = make_face()
    answer = as_user(ada).get(f"/faces/{face.pk}/?q=secret", headers={"X-Request-ID": "forged-id"})
    (line,) = [each for each in lines() if each["logger"] == "facsweb.requests"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "faces/<id:pk>/", 200)
    assert line["request_id"] == answer["X-Request-ID"] != "forged-id"
    assert line["milliseconds"] > 0
    assert not any(word in json.dumps(line) for word in ("ada", "secret", "127.0.0.1"))


@pytest.mark.parametrize("kind", ["line", "json"])
def test_settings_take_both_kinds(kind):
    logging.config.dictConfig(
        logging_settings(kind, "INFO") | {"incremental": False, "root": {}, "handlers": {}}
    )
