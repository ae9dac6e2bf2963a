"""Who gets what answer at which address: every endpoint of the URL configuration has a line.

A line is wrong or missing? `python -m pytest tests/access` prints it as it is now; take it over
after asking yourself whether it is as it should be.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction

from facsweb.jobs.heartbeat import broker_client
from tests.access.world import PEOPLE, TOKENS, World, endpoints

MATRIX = Path(__file__).with_name("matrix.txt")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def read_matrix() -> dict[tuple[str, str], tuple[str, ...]]:
    """(name, method) -> statuses, people's and then tokens'."""
    lines = {}
    for line in MATRIX.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, method, *statuses = line.replace("|", " ").split()
            lines[name, method] = tuple(statuses)
    return lines


def ask(world: World, endpoint) -> dict[str, tuple[str, ...]]:
    """Method -> what each actor is answered. Methods that are nobody's are left out."""
    address = world.address(endpoint)
    actors = PEOPLE + TOKENS if endpoint.is_api else PEOPLE
    answers = {}
    for method in METHODS:
        statuses = []
        for actor in actors:
            point = transaction.savepoint()
            body = {"data": {}, "format": "json"} if endpoint.is_api and method != "GET" else {}
            client = world.clients[actor]
            cookies = copy.deepcopy(client.cookies)
            answer = getattr(client, method.lower())(address, **body)
            if hasattr(answer, "streaming_content"):
                b"".join(answer.streaming_content)
            transaction.savepoint_rollback(point)
            client.cookies = cookies  # signing out signs nobody else out
            statuses.append(str(answer.status_code))
        if statuses[PEOPLE.index("admin")] != "405":
            answers[method] = tuple(statuses)
        else:
            assert not any(status.startswith("2") for status in statuses), (endpoint, method)
    return answers


@pytest.fixture
def world(db, settings) -> Iterator[World]:
    settings.CELERY_BROKER_URL = "redis+socket:///nowhere"  # `readyz` says that it is away
    broker_client.cache_clear()
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    settings.SIGN_INS_PER_MINUTE = 1_000_000
    yield World()
    broker_client.cache_clear()


def test_every_endpoint_answers_everybody_as_the_matrix_says(world):
    found = {
        (endpoint.name, method): statuses
        for endpoint in endpoints()
        for method, statuses in ask(world, endpoint).items()
    }
    expected = read_matrix()
    wrong = [_line(*key, found[key]) for key in found if found[key] != expected.get(key)]
    assert not wrong, "These are not as in matrix.txt:\n" + "\n".join(wrong)
    gone = sorted(expected.keys() - found.keys())
    assert not gone, f"matrix.txt has lines of what isn't there: {gone}"


def test_names_of_endpoints_are_their_own():
    names = [endpoint.name for endpoint in endpoints()]
    assert len(names) == len(set(names))


def test_no_outsider_reads_or_writes(world):
    """By the matrix: whoever has no role gets empty lists, and a page that says so."""
    # Programs that keep facsweb running have no account: who lives, is ready, or has the token.
    of_programs = {"healthz", "readyz", "metrics"}
    open_to_all = of_programs | {
        "login", "logout", "favicon.ico", "schema", "api-docs", "api-sign-in", "api-me",
        "api-token-list", "gallery", "account", "welcome",
    }  # fmt: skip
    for (name, method), statuses in read_matrix().items():
        outsider = statuses[PEOPLE.index("outsider")]
        if name in open_to_all or (name.endswith("-list") and method == "GET"):
            continue
        assert outsider in {"302", "403", "404", "400"}, (name, method, outsider)
        assert statuses[PEOPLE.index("anonymous")] in {"302", "401"}, (name, method)


#: What an auditor may do that somebody without a role may not: figures, cards and their own tokens.
AUDITORS = {
    "training-runs", "training-run", "training-progress", "dashboard", "dashboard-latest",
    "figures", "curves", "balance", "training-groups", "metrics-json", "metrics-csv", "models",
    "model", "drift", "model-card", "model-card-md", "model-card-json", "training-datasheet",
    "training-datasheet-md", "training-datasheet-json", "tokens", "api-model-detail",
    "api-subject-detail", "subjects", "subject-page", "withdrawal", "withdrawal-progress",
    "withdrawal-certificate", "api-subject-consent", "api-withdrawal-detail",
    "api-model-card", "api-alias-move-detail", "api-training-run-detail", "api-metrics",
    "api-training-run-balance", "api-training-run-groups", "api-training-run-curves",
    "api-training-run-metrics", "api-training-run-datasheet", "api-drift-check-detail", "audit",
    "audit-csv", "api-audit-detail", "jobs", "job-rows",
}  # fmt: skip


def test_auditor_reads_figures_and_cards_beyond_what_an_outsider_may():
    opened = {
        name
        for (name, _), statuses in read_matrix().items()
        if statuses[PEOPLE.index("auditor")] in {"200", "201", "204", "302"}
        and statuses[PEOPLE.index("outsider")] not in {"200", "201", "204", "302"}
    }
    assert opened == AUDITORS


def _line(name: str, method: str, statuses: tuple[str, ...]) -> str:
    people, tokens = " ".join(statuses[: len(PEOPLE)]), " ".join(statuses[len(PEOPLE) :])
    return f"{name:32} {method:6} {people}{' | ' + tokens if tokens else ''}"
