"""What programs ask: whether it lives, whether it can work, and how it is doing."""

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from inference.models import InferenceRun
from tests.factories import make_version

TOKEN = "t" * 24


def figures(**headers) -> dict[str, float]:
    answer = Client().get("/metrics", headers=headers)
    assert answer.status_code == 200
    lines = [line for line in answer.content.decode().splitlines() if line[0] != "#"]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_it_lives_without_a_database():
    answer = Client().get("/healthz")  # pytest-django would refuse a query
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert Client().post("/healthz").status_code == 405


@pytest.mark.django_db
def test_it_lives_for_who_is_signed_in_too(boss, as_user, django_assert_num_queries):
    client = as_user(boss)
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_readiness_names_what_is_missing(settings):
    answer = Client().get("/readyz")
    assert answer.json()["database"] == answer.json()["migrations"] == "ok"
    # The tests' settings name a broker that isn't there, unless somebody runs one.
    ready = answer.json()["broker"] == "ok"
    assert answer.status_code == (200 if ready else 503)


@pytest.mark.django_db
def test_a_missing_migration_is_not_ready(monkeypatch):
    monkeypatch.setattr("facsweb.monitoring.views._migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'inference'")
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["migrations"]) == (503, "missing")


@pytest.mark.django_db
@pytest.mark.parametrize("sent", ["", "Bearer wrong", f"Token {TOKEN}"])
def test_figures_are_for_who_has_the_token(settings, sent):
    settings.METRICS_TOKEN = TOKEN
    assert Client().get("/metrics", headers={"Authorization": sent}).status_code == 404
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.django_db
def test_figures_tell_of_requests_and_jobs(settings, as_user, ada):
    settings.METRICS_TOKEN = TOKEN
    authorization = {"Authorization": f"Bearer {TOKEN}"}
    version, now = make_version("VGG16-x"), timezone.now()
    InferenceRun.objects.create(version=version, status="queued")
    InferenceRun.objects.create(
        version=version, status="succeeded", done=12,
        started_at=now - timezone.timedelta(seconds=30), finished_at=now,
    )  # fmt: skip
    InferenceRun.objects.create(
        version=version, status="running", heartbeat_at=now - timezone.timedelta(seconds=90)
    )
    before = figures(**authorization)
    as_user(ada).get("/")
    after = figures(**authorization)
    gallery = 'facsweb_requests_total{method="GET",route="",status="200"}'
    assert after[gallery] == before.get(gallery, 0) + 1
    job = 'kind="inference.inferencerun",status="succeeded"'
    assert after[f"facsweb_runs{{{job}}}"] == 1
    assert after[f"facsweb_job_seconds_sum{{{job}}}"] == pytest.approx(30, abs=0.1)
    assert after['facsweb_queue_oldest_seconds{queue="inference"}'] >= 0
    assert after['facsweb_heartbeat_oldest_seconds{queue="inference"}'] >= 89
    assert after["facsweb_predictions"] == 12
    assert 'facsweb_worker_up{queue="training"}' in after


@pytest.mark.worker
def test_every_web_process_counts_for_all(plain_stack):
    """Whichever process answers, the figure is that of both."""
    import urllib.request

    def asked(path: str, token: str = "") -> str:
        request = urllib.request.Request(f"{plain_stack.url}{path}")
        request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode()

    name = 'facsweb_requests_total{method="GET",route="healthz",status="200"}'

    def count() -> float:
        lines = asked("/metrics", plain_stack.environment["METRICS_TOKEN"]).splitlines()
        return float(next((x.rpartition(" ")[2] for x in lines if x.startswith(name)), 0))

    before = count()
    for _ in range(20):
        asked("/healthz")
    assert [count(), count(), count()] == [before + 20] * 3
