"""Consent is heeded by trainings, exports and queues, and a subject's page tells and asks."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotations.codings.truth_counts import truth_counts
from annotations.consent import Agreed, Scope, left_out, record_consent, subjects_left_out
from annotations.models import Consent, Face
from annotations.queues.assignments import is_anything_left, take_next
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
from annotations.queues.standing import standings
from annotations.transfers.services import ConsentChanged, take_export
from annotations.visibility import visible_faces
from annotations.withdrawal.models import Withdrawal
from facsweb.audit.selectors import entries
from tests.annotations.transfers.conftest import content, export, members  # noqa: F401 - fixtures
from tests.cast import make_user
from tests.factories import make_coding, make_face, make_run, make_subject, make_version, metrics
from training.making.samples import freeze_truth
from training.ml.config import TrainingConfig
from training.runs.preflight import preflight
from training.withdrawal import PART

YESTERDAY = timezone.localdate() - timedelta(days=1)
TODAY = timezone.localdate()


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"


@pytest.fixture
def asked(db, boss):
    """Five subjects of one face each, by what they answered."""
    answers = {
        "S1": None,
        "S2": Agreed("yes", until=TODAY),
        "S3": Agreed("yes", until=YESTERDAY),
        "S4": Agreed("yes", training=False, labelling=False),
        "S5": Agreed("no"),
    }
    for code, agreed in answers.items():
        subject = make_subject(code)
        make_coding(make_face(subject, frame=int(code[1])))
        if agreed:
            record_consent(subject, agreed, boss)
    return answers


def faces():
    return Face.objects.all()


def codes_left_out(scope: Scope) -> list[str]:
    faces = Face.objects.filter(subject__in=subjects_left_out(scope))
    return sorted(faces.values_list("subject__code", flat=True))


def test_who_is_left_out_of_what(asked):
    assert codes_left_out(Scope.TRAINING) == ["S3", "S4", "S5"]
    assert codes_left_out(Scope.EXPORT) == ["S3", "S5"]
    out = left_out(Scope.TRAINING)
    assert (out.subjects, out.faces) == (3, 3)
    assert out.why == (
        "1 said no, 1 gave a consent that has ended, 1 gave a consent that isn’t for this"
    )


def test_a_training_learns_from_nobody_who_does_not_agree(asked):
    _, samples = freeze_truth()
    assert sorted(sample.subject for sample in samples) == ["S1", "S2"]
    check = preflight(TrainingConfig())
    assert (check.faces, check.left_out.subjects) == (truth_counts().faces, 3) == (2, 3)


def test_an_export_leaves_them_out_and_says_so(asked, export):  # noqa: F811
    run = export("facsweb", images=True)
    files = members(content(run))
    subjects = [json.loads(line)["code"] for line in files["subjects.jsonl"].splitlines()]
    assert subjects == ["S1", "S2", "S4"]
    assert len([name for name in files if name.startswith("images/")]) == 3
    assert len(files["codings.jsonl"].splitlines()) == 3
    assert run.outcome["subjects_left_out"] == 2


def test_an_export_of_before_a_no_is_not_handed_out(asked, export, boss):  # noqa: F811
    run = export("data_labels")
    take_export(run, boss)
    record_consent(make_subject("S1"), Agreed("no"), boss)
    with pytest.raises(ConsentChanged):
        take_export(run, boss)
    take_export(export("data_labels"), boss)


def test_a_new_queue_leaves_them_out(asked, boss):
    queue = make_queue(boss, QueuePlan(name="q", order="random"), faces())
    assert sorted(queue.items.values_list("face__subject__code", flat=True)) == ["S1", "S2"]


def test_a_queue_under_way_hands_out_nobody_who_stopped_agreeing(asked, boss):
    """Neither what is free nor what is in hand; and a queue coder doesn't see it any more."""
    zoe = make_user("zoe", "queue coder")
    make_user("rex", "reviewer")
    queue = make_queue(boss, QueuePlan(name="q", order="random", first_stage="coding"), faces())
    held = take_next(queue, zoe, "coding").item.face
    other = faces().exclude(subject=held.subject).get(subject__code__in=["S1", "S2"])
    assert list(visible_faces(zoe)) == [held]
    record_consent(held.subject, Agreed("yes", labelling=False), boss)
    assert not visible_faces(zoe).exists()
    assert take_next(queue, zoe, "coding").item.face == other
    record_consent(other.subject, Agreed("no"), boss)
    assert take_next(queue, zoe, "coding") is None and not is_anything_left(queue, zoe, "coding")
    [standing, *_] = standings(queue, boss)
    assert "2 faces whose subject doesn’t agree to labelling" in standing.why
    record_consent(held.subject, Agreed("yes"), boss)
    assert take_next(queue, zoe, "coding").item.face == held


def test_consent_is_recorded_on_the_page_and_by_the_api(db, boss, as_user, client_of):
    subject = make_subject("S9")
    where = reverse("subject-page-consent", args=[subject.pk])
    page = as_user(boss)
    told = page.post(where, {"answer": "no", "until": TODAY.isoformat()})
    assert told.status_code == 400 and "Only a yes has an end." in told.content.decode()
    assert not Consent.objects.exists()
    page.post(where, {"answer": "yes", "until": TODAY.isoformat(), "training": "on"})
    kept = Consent.objects.get()
    assert (kept.answer, kept.until, kept.not_for) == ("yes", TODAY, ["labelling", "export"])
    answer = client_of(boss).put("/api/v1/subjects/S9/consent/", {"answer": "no"}, format="json")
    assert answer.status_code == 200 and answer.json()["answer"] == "no"
    entry = entries().filter(action="consent.changed").first()
    assert entry.told == {"from": "yes", "to": "no", "not_for": []}
    assert (entry.about, entry.about_id, "S9" in entry.details) == ("subject", subject.pk, False)


def test_the_page_tells_who_looked_and_takes_a_confirmed_withdrawal(db, boss, ben, as_user):
    face = make_face(make_subject("S9"))
    as_user(ben).get(reverse("face", args=[face.pk]))
    page, where = as_user(boss), reverse("subject-page", args=[face.subject_id])
    shown = page.get(where).content.decode()
    assert "Who saw them" in shown and ">ben</th>" in shown
    wrong = page.post(f"{where}withdraw/", {"code": "S8"})
    assert wrong.status_code == 400 and not Withdrawal.objects.exists()
    page.post(f"{where}withdraw/", {"code": "S9"})
    run = Withdrawal.objects.get()
    assert (run.status, run.subject_id, run.requested_by) == ("queued", face.subject_id, boss)
    page.post(f"{where}withdraw/", {"code": "S9"})
    assert Withdrawal.objects.count() == 1, "asked for twice, it is done once"


def test_an_auditor_sees_no_picture_and_changes_nothing(db, as_user):
    face = make_face(make_subject("S9"))
    auditor = as_user(make_user("oda", "auditor"))
    where = reverse("subject-page", args=[face.subject_id])
    shown = auditor.get(where).content.decode()
    assert "1 face" in shown and "thumbnail" not in shown and "plain-form" not in shown
    assert auditor.post(f"{where}withdraw/", {"code": "S9"}).status_code == 404
    assert auditor.post(f"{where}consent/", {"answer": "no"}).status_code == 404
    assert not Withdrawal.objects.exists() and not Consent.objects.exists()


def test_a_marked_version_says_so_everywhere_and_is_trained_again(db, boss, as_user, client_of):
    from annotations.withdrawal.doomed import Doomed

    face = make_face(make_subject("S9"))
    make_coding(face)
    snapshot, _ = freeze_truth()
    version = make_version("VGG16-nine")
    config = TrainingConfig(seed=77).to_json()
    made = {"status": "succeeded", "metrics": metrics(), "config": config}
    make_run(version=version, snapshot=snapshot, **made)
    doomed = Doomed.of(face.subject, Withdrawal.objects.create().pk)
    assert PART.learnt(doomed) == ["VGG16-nine"]
    page, api = as_user(boss), client_of(boss)
    for name in ("models", "model", "model-card"):
        args = [] if name == "models" else [version.pk]
        shown = " ".join(page.get(reverse(name, args=args)).content.decode().split())
        assert "withdrew since" in shown or "1 of its subjects has withdrawn" in shown, name
    assert api.get(f"/api/v1/models/{version.pk}/").json()["withdrawn_subjects"] == 1
    answer = page.post(reverse("model-retrain", args=[version.pk]))
    run = version.training_runs.model.objects.first()
    assert answer.url == reverse("training-run", args=[run.pk])
    assert run.config["seed"] == 77 and run.status == "queued"
