"""Figures of agreement that a worker makes: what is shown of them, to whom, and until when."""

import csv
import io

import pytest
from django.db import connection

from annotations.agreement import services
from annotations.agreement.report import agreement_report
from annotations.agreement.services import Question, answer, request_report
from annotations.agreement.stored import from_json, to_json
from annotations.codings.services import human_coder, withdraw
from annotations.models import AgreementReport, Coder, Coding
from annotations.withdrawal.carry_out import remove_rows
from annotations.withdrawal.services import queue_withdrawal
from facsweb.jobs.tasks import run_job
from facsweb.problems import Forbidden
from tests.factories import import_coder, make_coding, make_face, make_subject
from tests.pages import text_of

pytestmark = pytest.mark.django_db

WORK = "annotations.agreement.run.carry_out"


@pytest.fixture(autouse=True)
def many(monkeypatch):
    """As if the faces below were too many for a request."""
    monkeypatch.setattr(services, "AT_ONCE", 10)


@pytest.fixture
def coded(ada, ben):
    """Twelve faces of six subjects: Ada and Ben differ on one; CK+ says as Ada."""
    subjects = [make_subject() for _ in range(6)]
    for number in range(12):
        face = make_face(subjects[number // 2])
        kind = {"emotion": "positive", "present": (6, 12), "absent": (4,)}
        make_coding(face, import_coder(), **kind)
        make_coding(face, human_coder(ada), truth=False, **kind)
        if number == 5:
            kind = {"emotion": "surprise", "present": (12,), "absent": (4, 6)}
        make_coding(face, human_coder(ben), truth=False, **kind)


def carried_out(run: AgreementReport) -> AgreementReport:
    run_job(AgreementReport, run.pk, WORK)
    run.refresh_from_db()
    return run


def rows_of(page) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(page.content.decode())))


def people() -> list[Coder]:
    return list(Coder.objects.filter(kind="human").order_by("name"))


def test_a_button_has_a_worker_make_the_figures_that_a_request_would(as_user, ben, coded):
    client = as_user(ben)
    page = client.get("/agreement/")
    assert "24 codings are too many to compare while you wait" in text_of(page)
    assert page.context["rows"] == []
    assert client.get("/agreement.csv").status_code == 409
    sent = client.post("/agreement/")
    assert (sent.status_code, sent.url) == (302, "/agreement/?")
    run = AgreementReport.objects.get()
    assert "waiting for the data worker" in text_of(client.get("/agreement/"))
    assert carried_out(run).status == "succeeded"
    page = client.get("/agreement/")
    assert "from 24 codings" in text_of(page)
    assert "Nothing has changed since." in text_of(page)
    whole = agreement_report(Coding.objects.all(), people())
    # NaN is unlike itself, and JSON has none.
    assert to_json(page.context["report"]) == to_json(whole)
    table = rows_of(client.get("/agreement.csv"))
    assert {row["codings_changed_since"] for row in table} == {"no"}
    assert {row["codings"] for row in table} == {"24"}
    assert {row["worked_out_at"][:19] for row in table} == {run.started_at.isoformat()[:19]}


def test_few_codings_are_compared_at_once(as_user, ben, coded, monkeypatch):
    monkeypatch.setattr(services, "AT_ONCE", 24)
    page = as_user(ben).get("/agreement/")
    assert page.context["report"].faces == 12
    assert "Worked out on" not in text_of(page)
    assert not AgreementReport.objects.exists()


@pytest.mark.parametrize("change", ["added", "withdrawn"])
def test_a_change_since_is_said(as_user, ada, ben, coded, change):
    carried_out(request_report(Question(), ben))
    if change == "added":
        make_coding(make_face(), human_coder(ada), truth=False)
    else:
        withdraw(Coding.objects.filter(coder=human_coder(ada)).last())
    client = as_user(ben)
    text = text_of(client.get("/agreement/"))
    assert "Codings have changed since." in text
    assert "Work it out anew" in text
    table = rows_of(client.get("/agreement.csv"))
    assert {row["codings_changed_since"] for row in table} == {"yes"}
    client.post("/agreement/")
    carried_out(AgreementReport.objects.first())
    assert "Nothing has changed since." in text_of(client.get("/agreement/"))
    kept = AgreementReport.objects.filter(figures__isnull=False)
    assert kept.get() == AgreementReport.objects.first()


def test_what_an_import_says_changes_nothing_among_people(ben, coded):
    carried_out(request_report(Question(), ben))
    make_coding(make_face(), import_coder())
    assert not answer(Question(), ben).has_changed


def test_each_question_has_its_own_figures(as_user, ada, ben, coded):
    ids = sorted(coder.pk for coder in (human_coder(ada), import_coder()))
    query = "&".join(f"coder={pk}" for pk in ids)
    carried_out(request_report(Question(), ben))
    client = as_user(ben)
    for asked in (f"/agreement/?{query}", "/agreement/?blind=on"):
        assert "Not worked out yet" in text_of(client.get(asked)), asked
    sent = client.post("/agreement/", {"coder": [str(pk) for pk in ids], "blind": "on"})
    assert sent.url == f"/agreement/?{query}&blind=on"
    run = carried_out(AgreementReport.objects.first())
    assert (run.coders, run.blind_only) == (ids, True)
    carried_out(request_report(Question(tuple(ids)), ben))
    both = client.get(f"/agreement/?{query}").context["report"]
    assert {coder.name for coder in both.coders} == {"ada", "CK+"}
    assert AgreementReport.objects.filter(figures__isnull=False).count() == 3


def test_asking_twice_is_one_run(ben, boss, coded):
    assert request_report(Question(), ben) == request_report(Question(), boss)


def test_a_problem_starts_nothing(as_user, ben, coded):
    page = as_user(ben).post("/agreement/", {"coder": ["999999"]})
    assert page.status_code == 400
    assert "There is no such coder" in page.content.decode()
    assert not AgreementReport.objects.exists()


def test_blind_reviewers_coders_and_outsiders_start_and_see_nothing(
    as_user, ada, ben, boss, cleo, coded
):
    run = carried_out(request_report(Question(), boss))
    Coder.objects.filter(user=ben).update(codes_blind=True)
    make_face()  # which Ben has yet to code
    with pytest.raises(Forbidden):
        request_report(Question(), ben)
    client = as_user(ben)
    assert "Not shown to you yet" in text_of(client.post("/agreement/"))
    assert client.get("/agreement.csv").status_code == 403
    assert "agreement" not in {job["kind"] for job in jobs_of(client)}
    for user in (ada, ben, cleo):
        for path in (f"/agreement/{run.pk}/progress/", f"/jobs/agreement/{run.pk}/"):
            assert as_user(user).get(path).status_code == 404, (user, path)
        assert as_user(user).post(f"/agreement/{run.pk}/cancel/").status_code == 404
    for user in (ada, cleo):
        assert as_user(user).post("/agreement/").status_code == 404
    assert AgreementReport.objects.count() == 1
    assert "agreement" in {job["kind"] for job in jobs_of(as_user(boss))}


def jobs_of(client) -> list[dict]:
    return client.get("/api/v1/jobs/").json()["results"]


def test_cancelling(as_user, ben, coded):
    client = as_user(ben)
    run = request_report(Question(), ben)
    assert client.get(f"/agreement/{run.pk}/progress/").status_code == 200
    assert client.post(f"/agreement/{run.pk}/cancel/").status_code == 302
    run.refresh_from_db()
    assert run.status == "cancelled"
    assert client.get(f"/agreement/{run.pk}/progress/")["HX-Refresh"] == "true"
    text = text_of(client.get("/agreement/"))
    assert "cancelled" in text
    assert "Not worked out yet" in text


@pytest.mark.parametrize("when", ["reading", "storing"])
def test_a_run_that_is_cancelled_meanwhile_stores_nothing(ben, coded, when):
    run = request_report(Question(), ben)
    asked = []

    def cancel(execute, sql, params, many, context):
        """Cancel before the statement that ends the part."""
        said = {"reading": '"units_present"', "storing": '"finished_at" ='}[when]
        if said in sql and not asked:
            asked.append(sql)
            AgreementReport.objects.filter(pk=run.pk).update(cancel_requested=True)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(cancel):
        carried_out(run)
    assert asked
    expected = {"reading": "cancelled", "storing": "succeeded"}[when]
    assert run.status == expected  # what is being ended has ended
    assert (run.figures is None) == (when == "reading")


def test_a_withdrawal_drops_the_figures_and_stops_who_makes_some(as_user, ada, ben, boss, coded):
    done = carried_out(request_report(Question(), ben))
    waiting = request_report(Question(blind_only=True), ben)
    subject = make_face().subject
    withdrawn(subject, boss)
    done.refresh_from_db()
    assert done.figures is not None  # nobody said anything of that face
    withdrawn(Coding.objects.first().face.subject, boss)
    done.refresh_from_db()
    waiting.refresh_from_db()
    assert (done.figures, waiting.status) == (None, "cancelled")
    assert "has withdrawn" in str(waiting.log)
    assert "Not worked out yet" in text_of(as_user(ben).get("/agreement/"))


def withdrawn(subject, user) -> None:
    remove_rows(queue_withdrawal(subject, user, send=False))


def test_a_coder_who_is_gone_leaves_no_figures(as_user, ada, ben, coded):
    run = carried_out(request_report(Question(), ben))
    AgreementReport.objects.filter(pk=run.pk).update(figures=run.figures | {"coders": [10**6]})
    page = as_user(ben).get("/agreement/")
    assert page.status_code == 200
    assert "Not worked out yet" in text_of(page)


def test_a_report_comes_back_as_it_was_stored(ada, ben, coded):
    for coders in (people(), [human_coder(ada)]):
        report = agreement_report(Coding.objects.all(), coders)
        stored = to_json(report)
        again = from_json(stored, {coder.pk: coder for coder in Coder.objects.all()})
        assert to_json(again) == stored
        assert again.left_out == report.left_out
    assert not {"ada", "ben"} & set(str(stored).replace("'", " ").split())


def test_a_job_of_it_is_tried_again_by_its_page(as_user, boss, coded):
    run = request_report(Question(), boss)
    run.request_cancel()
    client = as_user(boss)
    assert "all people" in text_of(client.get(f"/jobs/agreement/{run.pk}/"))
    client.post(f"/jobs/agreement/{run.pk}/retry/")
    assert carried_out(run).status == "succeeded"
