"""Django's admin: history is shown there and not edited; a run can be repeated from there."""

import pytest
from django.contrib.admin import site
from django.urls import reverse

from tests.factories import make_coding, make_face, make_run, make_version
from training.models import TrainingRun

pytestmark = pytest.mark.django_db

OURS = [model for model in site._registry if model._meta.app_label in
        {"annotations", "inference", "training"}]  # fmt: skip


@pytest.fixture
def admin_client(as_user, boss):
    boss.is_staff = True
    boss.save()
    return as_user(boss)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_admin_lists_and_shows_each_model_and_adds_none(admin_client, model):
    make_coding(make_face(), emotion="negative")
    make_run(version=make_version(champion=True))
    label = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert admin_client.get(reverse(f"{label}_changelist")).status_code == 200
    assert admin_client.get(reverse(f"{label}_add")).status_code == 403
    row = model.objects.first()
    if row is not None:
        answer = admin_client.get(reverse(f"{label}_change", args=[row.pk]))
        assert answer.status_code == 200
        gone = admin_client.post(reverse(f"{label}_delete", args=[row.pk]), {"post": "yes"})
        assert gone.status_code == 403


def test_staff_without_the_role_see_nothing(as_user, ben):
    ben.is_staff = True
    ben.save()
    address = reverse("admin:annotations_coding_changelist")
    assert as_user(ben).get(address).status_code == 403


def _retrain(client, *runs):
    return client.post(
        reverse("admin:training_trainingrun_changelist"),
        {"action": "retrain", "_selected_action": [run.pk for run in runs]},
        follow=True,
    ).content.decode()


def test_retrain_takes_the_settings_of_the_chosen_run(admin_client):
    former = make_run(status="succeeded", config={"seed": 7})
    assert "is queued" in _retrain(admin_client, former)
    assert TrainingRun.objects.active().get().config["seed"] == 7


def test_retrain_says_why_it_does_not(admin_client):
    runs = [make_run(status="succeeded"), make_run(status="failed")]
    assert "Choose one run" in _retrain(admin_client, *runs)
    make_run(status="running")
    assert "already queued or running" in _retrain(admin_client, runs[0])
    assert TrainingRun.objects.count() == 3


def test_favicon_is_there_for_everybody(client):
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert answer["Location"].endswith(".svg")
