"""Django's admin: history is shown there and not edited; a run can be repeated from there."""

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.urls import reverse

from annotations.codings.reading import Reading
from annotations.codings.services import add_coding, human_coder
from annotations.models import Coding, Face
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
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


@pytest.fixture
def who_coded(ada):
    add_coding(make_face(), human_coder(ada), Reading("positive"))
    return ada


def _superuser(boss):
    boss.is_staff = boss.is_superuser = True
    boss.save()
    return boss


def test_who_has_coded_is_deactivated_not_deleted_and_the_page_says_so(as_user, boss, who_coded):
    client = as_user(_superuser(boss))
    for data in (None, {"post": "yes"}):
        address = reverse("admin:auth_user_delete", args=[who_coded.pk])
        answer = client.post(address, data, follow=True) if data else client.get(
            address, follow=True)  # fmt: skip
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "Deactivate them instead" in text
        assert "1 coder" in text
    who_coded.refresh_from_db()
    assert Coding.objects.count() == 1


def test_the_admins_delete_action_says_the_same(as_user, boss, who_coded, cleo):
    client = as_user(_superuser(boss))
    for more in ({}, {"post": "yes"}):
        chosen = {"action": "delete_selected", "_selected_action": [who_coded.pk, cleo.pk], **more}
        text = client.post(
            reverse("admin:auth_user_changelist"), chosen, follow=True
        ).content.decode()
        assert "Deactivate them instead" in text
    assert User.objects.filter(pk__in=[who_coded.pk, cleo.pk]).count() == 2


def test_the_admins_deactivate_action_keeps_what_was_said(as_user, boss, who_coded):
    chosen = {"action": "deactivate", "_selected_action": [who_coded.pk]}
    as_user(_superuser(boss)).post(reverse("admin:auth_user_changelist"), chosen)
    who_coded.refresh_from_db()
    assert not who_coded.is_active
    assert Coding.objects.count() == 1


def test_who_did_nothing_can_be_deleted(as_user, boss, cleo):
    client = as_user(_superuser(boss))
    client.post(reverse("admin:auth_user_delete", args=[cleo.pk]), {"post": "yes"})
    assert not User.objects.filter(pk=cleo.pk).exists()


def test_the_admin_names_the_queues_that_count_on_who_is_deactivated(as_user, boss, ada):
    make_face()
    plan = QueuePlan("reliability", "random", first_stage="coding", people=[ada])
    make_queue(_superuser(boss), plan, Face.objects.all())
    chosen = {"action": "deactivate", "_selected_action": [ada.pk]}
    client = as_user(boss)
    answer = client.post(reverse("admin:auth_user_changelist"), chosen, follow=True)
    assert "da is named in “reliability”" in answer.content.decode()


def test_the_admin_names_the_queues_that_count_on_who_loses_the_role(as_user, boss, ada):
    make_face()
    plan = QueuePlan("reliability", "random", first_stage="coding", people=[ada])
    make_queue(_superuser(boss), plan, Face.objects.all())
    given = {"username": "ada", "is_active": "on", "date_joined_0": "2026-01-01",
             "date_joined_1": "00:00:00"}  # fmt: skip
    address = reverse("admin:auth_user_change", args=[ada.pk])
    answer = as_user(boss).post(address, given, follow=True)
    assert "da is named in “reliability”" in answer.content.decode()
