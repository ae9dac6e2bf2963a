"""Comparisons from the database: which faces and readings count, who may see what, pages, API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.codings.reading import Reading, Score
from annotations.codings.services import Provenance, add_coding, human_coder, make_truth
from annotations.models import Coding, FirstLook, Queue
from facsweb.jobs.models import LEASE
from facsweb.jobs.recovery import recover
from facsweb.jobs.tasks import run_job
from inference.models import InferenceRun
from tests.factories import (
    import_coder,
    make_coding,
    make_face,
    make_version,
    model_coder,
)
from tests.training.comparing import WORK, compared, labelled_faces, read_all
from training.comparisons.services import has_changed, request_comparison
from training.models import Comparison

pytestmark = pytest.mark.django_db


@pytest.fixture
def two():
    """Versions that have read 30 faces; the second is wrong on every third."""
    old, new = make_version("VGG16-old", champion=True), make_version("VGG16-new")
    faces = labelled_faces()
    read_all(old.coder, faces, split="test")
    read_all(new.coder, faces, wrong=faces[::3], split="test")
    return old, new, faces


def test_only_labelled_faces_that_all_have_read_count(two):
    old, new, _ = two
    alone = make_face()
    make_coding(alone)  # the truth, which neither has read
    read_all(old.coder, [alone])
    unlabelled = make_face()
    for version in (old, new):
        make_coding(unlabelled, version.coder)
    found = compared(old.coder, new.coder).found
    assert (found.faces, found.subjects) == (30, 6)
    (accuracy, *_) = found.overall
    assert [each.value for each in accuracy.figures] == [1, pytest.approx(2 / 3)]
    assert (found.mcnemar[0].first_only, found.mcnemar[0].exact) == (10, True)
    assert {group.group for group in found.groups["gender"]} == {"female", "male"}


def test_a_persons_own_readings_that_stand_count_and_sources_are_said(two, ben, as_user):
    old, _, faces = two
    coder = human_coder(ben)
    for face in faces[:9]:
        make_coding(face, coder, truth=False)
    last = Reading("surprise", {12: Score(True)})
    add_coding(faces[0], coder, last, Provenance(is_independent=False))
    made = make_coding(faces[1], coder, truth=False)
    Coding.objects.filter(pk=made.pk).update(is_withdrawn=True)
    mine = make_coding(faces[2], coder, truth=True)
    outside = model_coder("theirs")
    read_all(outside, faces)
    shown = compared(old.coder, coder, import_coder(), outside)
    sides = list(shown.sides.all())
    assert shown.found.faces == 9
    assert [side.about["source"] for side in sides] == [0, 1, 8, 0]
    assert mine.is_accepted or Coding.objects.get(pk=mine.pk).is_accepted
    page = as_user(ben).get(f"/comparisons/{shown.pk}/").content.decode()
    assert "The ground truth of 8 of 9 faces is this coder’s own coding" in page
    assert "0 of 9 given blind" in page
    assert "A model from outside" in page
    assert "Of all 9 faces, which were part of its training" in page
    assert "too few to say" in page


def test_page_tells_differences_and_faces_that_moved(
    two, boss, as_user, django_assert_max_num_queries
):
    old, new, faces = two
    shown = compared(old.coder, new.coder)
    client = as_user(boss)
    client.get(f"/comparisons/{shown.pk}/")
    with django_assert_max_num_queries(18):
        page = " ".join(client.get(f"/comparisons/{shown.pk}/").content.decode().split())
    assert "30 faces of 6 subjects" in page
    assert "10 wrong on the emotion" in page
    assert "exact binomial" in page
    assert "AU macro F1: cannot be told apart" in page
    address = f"/comparisons/{shown.pk}/faces/?coder={new.coder_id}&moved=emotion_worse"
    listed = client.get(address).content.decode()
    assert listed.count("face-card") == 10
    assert all(f"/faces/{face.pk}/" in listed for face in faces[::3])
    where = f"/comparisons/{shown.pk}/queue/?coder={new.coder_id}&moved=emotion_worse"
    assert client.post(where, {"name": "Worse"}).status_code == 302
    queue = Queue.objects.get(name="Worse")
    assert set(queue.items.values_list("face", flat=True)) == {face.pk for face in faces[::3]}
    for name, why in (("Worse", "called “Worse” already"), (" ", "Give the queue a name")):
        again = client.post(where, {"name": name})
        assert (again.status_code, why in again.content.decode()) == (400, True)
    for wrong in ("coder=9&moved=emotion_worse", f"coder={new.coder_id}&moved=x"):
        assert client.get(f"/comparisons/{shown.pk}/faces/?{wrong}").status_code == 404


def test_no_face_in_common_is_said(two, boss, as_user):
    old, *_ = two
    other = make_version("VGG16-unread")
    make_coding(make_face(), other.coder)
    shown = compared(old.coder, other.coder)
    assert shown.found.faces == 0
    assert "No face in common" in as_user(boss).get(f"/comparisons/{shown.pk}/").content.decode()


def test_who_codes_blind_is_shown_no_comparison(two, ada, as_user, client_of):
    old, new, faces = two
    shown = compared(old.coder, new.coder)
    coder = human_coder(ada)
    coder.codes_blind = True
    coder.save()
    make_coding(faces[0], coder, truth=False)
    of_faces = f"/comparisons/{shown.pk}/faces/?coder={new.coder_id}&moved=emotion_worse"
    for page in (of_faces, f"/comparisons/{shown.pk}/"):
        answer = as_user(ada).get(page)
        assert answer.status_code == 403
        assert "/faces/" not in answer.content.decode()
    told = client_of(ada).get(f"/api/v1/comparisons/{shown.pk}/")
    assert (told.status_code, told.json()["code"]) == (403, "code_first")
    assert not FirstLook.objects.filter(user=ada).exists()


def test_people_are_compared_for_reviewers_who_have_nothing_to_code_blind(
    two, ada, ben, as_user, client_of
):
    old, _, faces = two
    coder = human_coder(ada)
    make_coding(faces[0], coder, truth=False)
    shown = compared(old.coder, coder)
    address, body = "/api/v1/comparisons/", {"coders": [old.coder_id, coder.pk]}
    assert as_user(ada).get(f"/comparisons/{shown.pk}/").status_code == 404
    assert as_user(ben).get(f"/comparisons/{shown.pk}/").status_code == 200
    assert client_of(ben).post(address, body, format="json").status_code == 201
    blind = human_coder(ben)
    blind.codes_blind = True
    blind.save()
    assert as_user(ben).get(f"/comparisons/{shown.pk}/").status_code == 403
    refused = client_of(ben).post(address, body, format="json")
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["coders"])
    assert client_of(ada).post(address, body, format="json").status_code == 403


def test_form_and_api_refuse_what_makes_no_sense(two, ben, as_user, client_of):
    old, new, _ = two
    client = as_user(ben)
    for chosen in ([old.coder_id], [999], ["x"], []):
        answer = client.post("/comparisons/", {"first": old.coder_id, "others": chosen})
        assert answer.status_code == 400, chosen
        assert "note-error" in answer.content.decode()
    for coders in (
        [old.coder_id],
        [old.coder_id] * 2,
        [1] * 6,
        ["x"],
        None,
        [old.coder_id, 10**30],
    ):
        answer = client_of(ben).post("/api/v1/comparisons/", {"coders": coders}, format="json")
        assert answer.status_code == 400, coders
        assert all(name.startswith("coders") for name in answer.json()["fields"])
    assert not Comparison.objects.exists()
    answer = client.post("/comparisons/", {"first": old.coder_id, "others": [new.coder_id]})
    (made,) = Comparison.objects.all()
    assert answer["Location"] == f"/comparisons/{made.pk}/"
    client.post("/comparisons/", {"first": old.coder_id, "others": [new.coder_id]})
    assert Comparison.objects.count() == 1, "the one under way serves"
    page = client.get(f"/comparisons/{made.pk}/progress/")
    assert "every 1s" in page.content.decode()
    client.post(f"/comparisons/{made.pk}/cancel/")
    assert client.get(f"/comparisons/{made.pk}/progress/")["HX-Refresh"] == "true"
    assert Comparison.objects.get().status == "cancelled"


def test_api_and_list_tell_all_of_it(two, ada, as_user, client_of):
    old, new, _ = two
    shown = compared(old.coder, new.coder)
    told = client_of(ada).get(f"/api/v1/comparisons/{shown.pk}/").json()
    assert [(each["id"], each["kind"]) for each in told["coders"]] == [
        (old.coder_id, "model"), (new.coder_id, "model"),
    ]  # fmt: skip
    page = as_user(ada).get(f"/comparisons/?coder={new.coder_id}").content.decode()
    assert f"/comparisons/{shown.pk}/" in page
    for other in (import_coder().pk, "x", 10**30):
        page = as_user(ada).get(f"/comparisons/?coder={other}").content.decode()
        assert (f"/comparisons/{shown.pk}/" in page) == (other != import_coder().pk)
    assert told["figures"]["overall"][0]["verdicts"] == ["lower"]
    assert told["figures"]["mcnemar"][0]["exact"] is True
    (row,) = client_of(ada).get("/api/v1/comparisons/").json()["results"]
    assert "figures" not in row


def test_a_change_of_truth_or_readings_is_noticed(two):
    old, new, faces = two
    shown = compared(old.coder, new.coder)
    assert not has_changed(shown)
    make_truth(make_coding(faces[0], import_coder("another"), truth=False))
    assert has_changed(shown)
    shown = compared(old.coder, new.coder)
    make_coding(make_face(), new.coder)
    assert has_changed(shown)


def test_a_dead_workers_comparison_is_done_by_the_next(two):
    old, new, _ = two
    made = request_comparison(None, (old.coder, new.coder))
    assert made.claim()
    long_ago = timezone.now() - LEASE - timedelta(seconds=5)
    Comparison.objects.update(heartbeat_at=long_ago)
    sent = []
    recover(Comparison, sent.append)
    assert [run.pk for run in sent] == [made.pk]
    run_job(Comparison, made.pk, WORK)
    done = Comparison.objects.get()
    assert (done.status, done.deaths, done.found.faces) == ("succeeded", 1, 30)


def test_a_cancelled_comparison_keeps_nothing(two):
    old, new, _ = two
    made = request_comparison(None, (old.coder, new.coder))
    assert made.claim()
    made.request_cancel()
    Comparison.objects.update(status="queued")
    run_job(Comparison, made.pk, WORK)
    done = Comparison.objects.get()
    assert (done.status, done.figures) == ("cancelled", None)


def test_a_new_version_is_compared_when_it_has_read_every_face(two):
    old, new, faces = two
    some = {"face_ids": [faces[0].pk]}
    for version, asked, end in (
        (new, some, "succeeded"),
        (old, {}, "succeeded"),
        (new, {}, "failed"),
        (new, {}, "succeeded"),
    ):
        assert not Comparison.objects.exists()
        run = InferenceRun.objects.create(version=version, **asked)
        assert run.claim()
        assert run.finish(end)
    (made,) = Comparison.objects.all()
    assert [side.coder for side in made.sides.all()] == [old.coder, new.coder]
    assert made.requested_by is None
