"""The audit's page, table and API: for auditors and admins, with filters, page by page."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from facsweb.audit import chain
from facsweb.audit.models import AuditEntry, WaitingEntry
from facsweb.audit.selectors import entries
from facsweb.audit.services import record
from facsweb.auditing import views
from tests.facsweb.audit.test_chain import run

pytestmark = pytest.mark.django_db


def numbers(page) -> list[int]:
    return [row["entry"].number for row in page.context["rows"]]


@pytest.fixture
def audit(ada, ben) -> None:
    for place in range(1, 8):
        record("thing.done", ada, f"face:{place}", {"images": True, "members": {"coding": [1, 2]}})
    record("export.asked", ben, "export:1")


@pytest.mark.parametrize(
    ("person", "status"),
    [("ada", 404), ("ben", 404), ("cleo", 404), ("otto", 200), ("boss", 200)],
)
def test_page_table_and_api_are_for_auditors_and_admins(
    request, as_user, client_of, audit, person, status
):
    user = request.getfixturevalue(person)
    client = as_user(user)
    assert client.get("/audit/").status_code == status
    assert client.get("/audit/audit.csv").status_code == status
    rows = client_of(user).get("/api/v1/audit/").json()["results"]
    assert bool(rows) is (status == 200)
    assert client_of(user).get("/api/v1/audit/1/").status_code == status


def test_page_says_it_in_words(as_user, otto, ada, audit):
    text = as_user(otto).get("/audit/", {"about": "face", "about_id": 3}).content.decode()
    assert "face 3" in text
    assert f"account {ada}" in as_user(otto).get("/audit/").content.decode()
    assert "images: yes; members: coding 1, 2" in text
    assert "not as it was" not in text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"who": "ben"}, 1),
        ({"action": "thing.done"}, 7),
        ({"about": "face", "about_id": "3"}, 1),
        ({"who": "ada", "action": "export.asked"}, 0),
        ({"action": "thing.done", "since": "2000-01-01", "until": "2000-01-02"}, 0),
    ],
)
def test_filters(as_user, client_of, otto, audit, asked, found):
    assert len(numbers(as_user(otto).get("/audit/", asked))) == found
    assert len(client_of(otto).get("/api/v1/audit/", asked).json()["results"]) == found


def test_days_are_whole(as_user, otto, audit):
    today = timezone.now().date().isoformat()
    asked = {"action": "thing.done", "since": today, "until": today}
    assert len(numbers(as_user(otto).get("/audit/", asked))) == 7


def test_what_makes_no_sense_is_told(as_user, client_of, otto, audit):
    answer = as_user(otto).get("/audit/", {"since": "yesterday", "about_id": "x"})
    assert answer.status_code == 200
    assert answer.content.decode().count("That part of the filter was left out.") == 2
    refused = client_of(otto).get("/api/v1/audit/", {"since": "yesterday"})
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["since"])
    assert client_of(otto).get("/api/v1/audit/", {"actor__password": "a"}).status_code == 400


def test_pages_go_on_by_number_there_and_back(as_user, otto, audit, monkeypatch):
    monkeypatch.setattr(views, "ENTRIES_A_PAGE", 3)
    client = as_user(otto)
    asked = {"action": "thing.done"}
    first = client.get("/audit/", asked)
    second = client.get("/audit/", asked | {"below": first.context["page"].older})
    third = client.get("/audit/", asked | {"below": second.context["page"].older})
    everything = numbers(first) + numbers(second) + numbers(third)
    assert len(everything) == 7
    assert everything == sorted(everything, reverse=True)
    assert third.context["page"].older is None
    assert first.context["page"].newer is None
    back = client.get("/audit/", asked | {"above": third.context["page"].newer})
    assert numbers(back) == numbers(second)
    assert numbers(client.get("/audit/", asked | {"above": numbers(second)[0]})) == numbers(first)


def test_page_marks_an_entry_that_was_changed(as_user, otto, audit):
    entries()
    run("UPDATE audit_auditentry SET actor_name = 'eve' WHERE about = 'face' AND about_id = 3")
    assert as_user(otto).get("/audit/").content.decode().count("not as it was") == 1


def test_table_runs_no_formula_and_is_itself_recorded(as_user, otto, ada):
    odd = WaitingEntry(at=timezone.now(), action="thing.done", actor_name='=HYPERLINK("x")')
    chain.add([odd])
    answer = as_user(otto).get("/audit/audit.csv", {"action": "thing.done"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row["who"] for row in rows] == ['\'=HYPERLINK("x")']
    entry = entries().filter(action="audit.downloaded").get()
    assert (entry.actor, entry.told) == (otto.pk, {"filter": "action=thing.done"})


def test_number_of_queries_is_the_same_for_more_entries(
    as_user, otto, audit, django_assert_max_num_queries
):
    client = as_user(otto)
    client.get("/audit/")  # chains what waits
    with django_assert_max_num_queries(8):
        client.get("/audit/")
    for place in range(60):
        record("thing.done", otto, f"face:{place}")
    entries()
    with django_assert_max_num_queries(8):
        assert len(numbers(client.get("/audit/"))) == 50


def test_api_gives_what_is_needed_to_check_the_chain(client_of, otto, audit):
    """An auditor computes the digest anew, with what the API tells and nothing else."""
    row = client_of(otto).get("/api/v1/audit/").json()["results"][0]
    entry = AuditEntry.objects.get(number=row["number"])
    assert row["digest"] == chain.digest_of(entry, row["number"], row["previous"])
    before = client_of(otto).get(f"/api/v1/audit/{row['number'] - 1}/").json()
    assert before["digest"] == row["previous"]
    assert abs(entry.at - timezone.now()) < timedelta(minutes=5)
