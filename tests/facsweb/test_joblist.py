"""All long jobs in one list: who sees which, ends them and has them tried again."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.core.files.base import ContentFile
from django.utils import timezone

from annotations.transfers.models import Export, Import
from facsweb.joblist.kinds import KINDS
from facsweb.joblist.listing import Filters, list_jobs
from facsweb.jobs.models import Run
from tests.facsweb.jobs.kinds import KINDS as MODELS
from tests.facsweb.jobs.kinds import make_job
from training.models import Comparison, TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def one_of_each() -> list[Run]:
    return [make_job(model) for model in MODELS]


def keys(user, **asked) -> list[str]:
    return [job.key for job in list_jobs(user, Filters(**asked), most=50)[0]]


def test_every_kind_of_run_is_in_the_list(boss, one_of_each):
    assert {kind.model for kind in KINDS} == set(MODELS)
    assert len(keys(boss)) == len(MODELS)
    assert keys(boss, kind="training") == [f"training-{TrainingRun.objects.get().pk}"]


def test_admin_sees_all_and_others_what_is_theirs_or_their_roles(
    boss, ada, ben, cleo, otto, one_of_each
):
    figures = {"training", "drift-check"}
    of_reviewers = {"comparison", "agreement"}
    for user, known in ((ada, {"comparison"}), (ben, of_reviewers), (otto, set())):
        assert {job.rpartition("-")[0] for job in keys(user)} == figures | known
    assert keys(cleo) == []
    mine = make_job(Export, requested_by=ben)
    assert f"export-{mine.pk}" in keys(ben)
    assert keys(ben, mine=True) == [f"export-{mine.pk}"]
    assert f"export-{mine.pk}" not in keys(ada)
    assert f"export-{mine.pk}" in keys(boss)


def test_pages_of_the_list_hold_each_job_once(boss):
    now = timezone.now()
    for number in range(7):
        job = make_job((Import, Export, Comparison)[number % 3])
        # Several at the same moment, of several kinds.
        type(job).objects.filter(pk=job.pk).update(created_at=now - timedelta(seconds=number // 4))
    seen, after = [], None
    while True:
        found, after = list_jobs(boss, Filters(), most=2, after=after)
        seen += [job.key for job in found]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 7
    assert seen == keys(boss)


def test_list_takes_as_many_queries_for_many_jobs(boss, as_user, django_assert_max_num_queries):
    client = as_user(boss)
    client.get("/jobs/")
    for _ in range(20):
        make_job(Export, requested_by=boss)
        make_job(Comparison)
    with django_assert_max_num_queries(33):
        page = client.get("/jobs/").content.decode()
    assert page.count("<tr ") == 41


@pytest.mark.parametrize("status", ["active", "failed"])
def test_list_is_filtered_by_state(boss, one_of_each, status):
    failed = make_job(Export)
    assert failed.claim()
    failed.finish(Run.Status.FAILED, "no")
    found = keys(boss, status=status)
    assert (f"export-{failed.pk}" in found) == (status == "failed")
    assert len(found) == (1 if status == "failed" else len(MODELS))


def test_job_tells_its_log_its_progress_and_its_error(boss, as_user):
    job = make_job(Export, requested_by=boss)
    assert job.claim()
    job.report(stage="writing faces", done=1, total=4, eta_seconds=90)
    page = as_user(boss).get(f"/jobs/export/{job.pk}/").content.decode()
    assert "25 %: writing faces" in page
    assert "Begun by a worker." in page
    job.finish(Run.Status.FAILED, "There is no room left.")
    page = as_user(boss).get(f"/jobs/export/{job.pk}/").content.decode()
    assert "There is no room left." in page
    assert "Try again" in page


def test_failed_job_is_tried_again_as_it_was_asked_for(boss, client_of):
    job = make_job(Export, requested_by=boss)
    assert job.claim()
    job.finish(Run.Status.FAILED, "There is no room left.")
    answer = client_of(boss).post(f"/api/v1/jobs/export-{job.pk}/retry/")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["status"], answer.json()["error"]) == ("queued", "")
    assert [entry["text"] for entry in answer.json()["log"]][-1] == "boss had it tried again."
    job.refresh_from_db()
    assert job.claim()
    assert job.finish(Run.Status.SUCCEEDED)
    answer = client_of(boss).post(f"/api/v1/jobs/export-{job.pk}/retry/")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_to_retry")


def test_import_whose_file_is_gone_is_not_tried_again(boss, client_of):
    job = make_job(Import, requested_by=boss)
    job.request_cancel()
    answer = client_of(boss).post(f"/api/v1/jobs/import-{job.pk}/retry/")
    assert (answer.status_code, answer.json()["code"]) == (409, "file_gone")
    job.file.save("sent", ContentFile(b"filepath,subject"))
    answer = client_of(boss).post(f"/api/v1/jobs/import-{job.pk}/retry/")
    assert answer.json()["status"] == "queued"


def test_second_training_is_not_tried_again_beside_the_first(boss, client_of):
    job = make_job(TrainingRun)
    job.request_cancel()
    make_job(TrainingRun)
    answer = client_of(boss).post(f"/api/v1/jobs/training-{job.pk}/retry/")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_to_retry")


def test_worker_that_lost_a_job_which_is_tried_again_has_no_claim_on_it(boss):
    job = make_job(Export)
    assert job.claim()
    late = Export.objects.get()
    job.finish(Run.Status.FAILED, "It was lost.")
    assert job.put_back("Again.")
    assert not late.is_mine()
    assert Export.objects.get().claim()
    assert not late.is_mine()


def test_reviewer_ends_no_training(ben, as_user, client_of):
    job = make_job(TrainingRun)
    answer = as_user(ben).post(f"/jobs/training/{job.pk}/cancel/")
    assert [str(each) for each in get_messages(answer.wsgi_request)] == [
        "Only an admin cancels a training."
    ]
    assert client_of(ben).post(f"/api/v1/jobs/training-{job.pk}/cancel/").status_code == 403
    job.refresh_from_db()
    assert job.status == "queued"


def test_page_that_is_none_is_refused(boss, client_of, as_user):
    answer = client_of(boss).get("/api/v1/jobs/?cursor=x")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")
    assert as_user(boss).get("/jobs/?after=x").status_code == 404
    assert client_of(boss).get("/api/v1/jobs/?size=1").status_code == 400
    for key in ("import-9999999999999999999", "import-0", "no-such-kind-1"):
        assert client_of(boss).get(f"/api/v1/jobs/{key}/").status_code == 404


def test_api_pages_through_the_list(boss, client_of, one_of_each):
    client = client_of(boss)
    first = client.get("/api/v1/jobs/?page_size=7").json()
    rest = client.get(first["next"]).json()
    assert rest["next"] is None
    assert len({job["key"] for job in first["results"] + rest["results"]}) == len(MODELS)
