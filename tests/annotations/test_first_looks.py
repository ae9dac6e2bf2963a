"""Being blind ends with the first look, for good: what is shown is written down, and counts."""

import pytest
from django.contrib.auth.models import Group

from annotations.codings.services import human_coder
from annotations.models import Assignment, Coding, Face, FirstLook, Flag, Review, State
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
from annotations.transfers.models import Export
from annotations.transfers.services import request_export, take_export
from annotations.visibility import hides_anything, look_at
from facsweb.problems import Forbidden
from tests.cast import make_user
from tests.factories import make_coding, make_face, make_subject, model_coder
from tests.pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def face():
    subject = make_subject("S042", gender="female", age_group="20-24", ethnicity="Celtic")
    face = make_face(subject, sequence="007", frame=21)
    make_coding(face, emotion="surprise", present=(27,), absent=(6, 12))
    make_coding(face, model_coder(), emotion="surprise", present=(1, 2))
    return face


def let_code_blind(user):
    coder = human_coder(user)
    coder.codes_blind = True
    coder.save()
    return user


def save(client, face, **given):
    return client.post(
        f"/faces/{face.pk}/review/",
        {"decision": "propose", "emotion": "positive", "au": ["6"], **given},
        HTTP_ACCEPT="application/json",
    )


def blind_queue(maker, coder, **plan):
    given = {"first_stage": "coding", "people": [coder], "is_blind": True} | plan
    return make_queue(maker, QueuePlan("B", "random", **given), Face.objects.all())


def test_who_saves_rubbish_looks_and_codes_again_is_not_blind_the_second_time(as_user, ada, face):
    client = as_user(let_code_blind(ada))
    save(client, face, au=["4"])
    page = client.get(f"/faces/{face.pk}/")
    assert "data-truth-au" in page.content.decode()
    client.post(f"/reviews/{review_of(ada).pk}/undo/")
    save(client, face, au=["27"])
    first, second = Coding.objects.filter(coder__user=ada).order_by("pk")
    assert (first.is_blind, second.is_blind) == (True, False)


def test_who_takes_a_slip_back_without_having_looked_is_still_blind(as_user, ada, face):
    client = as_user(let_code_blind(ada))
    save(client, face)
    client.post(f"/reviews/{review_of(ada).pk}/undo/", HTTP_ACCEPT="application/json")
    save(client, face, au=["12"])
    assert [coding.is_blind for coding in Coding.objects.filter(coder__user=ada)] == [True, True]


def test_who_had_read_the_truth_before_the_queue_was_made_is_not_blind_in_it(
    as_user, ada, ben, face
):
    client = as_user(ada)
    client.get(f"/faces/{face.pk}/")
    queue = blind_queue(ben, ada)
    page = text_of(as_user(ben).get(f"/queues/{queue.pk}/"))
    assert "ada on 1 face, shown other readings of those before" in page
    client.post(f"/queues/{queue.pk}/next/", {"stage": "coding"})
    told = client.get(f"/faces/{face.pk}/?queue={queue.pk}").content.decode()
    assert "data-truth-au" not in told
    assert "this coding won’t count as blind" in told
    save(client, face, queue=queue.pk)
    assert not Coding.objects.get(coder__user=ada).is_blind


@pytest.mark.parametrize(
    "address",
    [
        "/", "/faces/{face}/", "/api/v1/faces/", "/api/v1/faces/{face}/",
        "/api/v1/faces/?emotion=surprise&fields=id", "/api/v1/codings/?fields=emotion",
        "/api/v1/faces/{face}/predictions/",
    ],
)  # fmt: skip
def test_every_way_of_reading_is_a_look(as_user, ada, face, address):
    as_user(ada).get(address.format(face=face.pk))
    assert FirstLook.objects.filter(user=ada, face=face).exists()


@pytest.mark.parametrize(
    "address",
    ["/faces/{face}/image/", "/api/v1/faces/?fields=id,sha256", "/queues/", "/dashboard/"],
)
def test_seeing_the_picture_alone_is_no_look(as_user, ada, face, address):
    as_user(ada).get(address.format(face=face.pk))
    assert not FirstLook.objects.exists()


def test_a_face_of_which_nobody_has_said_anything_can_be_looked_at(as_user, ada):
    bare = make_face()
    as_user(ada).get(f"/faces/{bare.pk}/")
    make_coding(bare, human_coder(ada), truth=False)
    as_user(ada).get(f"/faces/{bare.pk}/")
    assert not FirstLook.objects.exists()


def test_the_moment_of_the_first_look_is_kept(ada, face):
    look_at(ada, [face.pk])
    before = FirstLook.objects.get().at
    look_at(ada, [face.pk])
    assert FirstLook.objects.get().at == before


def test_a_reviewers_words_end_being_blind(as_user, ada, ben, face):
    queue = blind_queue(ben, ada)
    client = as_user(ada)
    client.post(f"/queues/{queue.pk}/next/", {"stage": "coding"})
    Assignment.objects.update(note="Look at AU27 again.", state=State.REJECTED)
    assert "Look at AU27" in client.get(f"/faces/{face.pk}/?queue={queue.pk}").content.decode()
    save(client, face, queue=queue.pk)
    assert not Coding.objects.get(coder__user=ada).is_blind


@pytest.mark.parametrize("kind", ["review", "gold"])
def test_a_blind_coder_is_given_no_reason_order_or_target(as_user, ada, ben, face, kind):
    extra = make_face()
    make_coding(extra)
    more = {"gold_faces": 1} if kind == "gold" else {}
    queue = blind_queue(ben, ada, **more)
    queue.items.exclude(gold__isnull=False).update(reason="Labelled surprise.")
    client = as_user(ada)
    for _ in range(2):
        told = client.post(f"/api/v1/queues/{queue.pk}/next/", {"stage": "coding"}).json()
        assert told["assignment"]["reason"] == ""
        save(client, Face.objects.get(pk=told["assignment"]["face"]), queue=queue.pk)
    shown = client.get(f"/api/v1/queues/{queue.pk}/").json()
    assert (shown["order"], shown["target"], shown["model"], shown["seed"]) == ("", "", None, None)
    for address in ("/queues/", f"/queues/{queue.pk}/"):
        told = client.get(address).content.decode()
        assert "Drawn at random" not in told
        assert "Chosen for this queue" not in told
    assert "Drawn at random" in as_user(ben).get(f"/queues/{queue.pk}/").content.decode()


def test_who_codes_blind_by_setting_gets_no_reason_in_a_queue_that_is_not_blind(
    as_user, ada, ben, face
):
    plan = QueuePlan("Q", "rarest_au", model=model_coder(), first_stage="coding")
    queue = make_queue(ben, plan, Face.objects.all())
    client = as_user(let_code_blind(ada))
    client.post(f"/queues/{queue.pk}/next/", {"stage": "coding"})
    assert (
        "AU27 is present" not in client.get(f"/faces/{face.pk}/?queue={queue.pk}").content.decode()
    )
    told = client.post(f"/api/v1/queues/{queue.pk}/next/", {"stage": "coding"}).json()
    assert told["assignment"]["reason"] == ""
    dora = as_user(make_user("dora", "coder"))
    queue.items.update(wanted=2)
    told = dora.post(f"/api/v1/queues/{queue.pk}/next/", {"stage": "coding"}).json()
    assert "AU27 is present" in told["assignment"]["reason"]


def test_closing_a_blind_queue_says_first_how_many_faces_it_shows(as_user, ada, ben, face):
    make_coding(make_face())
    queue = blind_queue(ben, ada)
    client = as_user(ben)
    assert "Close this queue and show 2 faces" in text_of(client.get(f"/queues/{queue.pk}/"))
    told = client.post(f"/queues/{queue.pk}/close/", follow=True).content.decode()
    assert "Nothing is changed yet" in told
    queue.refresh_from_db()
    assert queue.is_open
    assert hides_anything(ada)
    client.post(f"/queues/{queue.pk}/close/", {"shows": 2})
    queue.refresh_from_db()
    assert not queue.is_open


def test_taking_a_coder_off_a_blind_queue_says_first_how_many_faces_it_shows(
    as_user, ada, ben, face
):
    dora = make_user("dora", "coder")
    queue = blind_queue(ben, ada, people=[ada, dora])
    client = as_user(ben)
    change = {"members": {"coding": ["dora"]}}
    address = f"/api/v1/queues/{queue.pk}/"
    answer = client.patch(address, change, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "shows_faces")
    assert hides_anything(ada)
    assert client.patch(address, change | {"shows": 1}, "application/json").status_code == 200
    assert not hides_anything(ada)
    assert hides_anything(dora)
    form = {"name": "B", "coding": [ada.pk]}
    told = client.post(f"/queues/{queue.pk}/edit/", form).content.decode()
    assert "Save, and show 1 face" in told
    assert hides_anything(dora)
    client.post(f"/queues/{queue.pk}/edit/", form | {"shows": 1})
    assert not hides_anything(dora)
    closing = {"is_open": False}
    assert client.patch(address, closing, "application/json").status_code == 409


def test_a_blind_reviewer_finds_hidden_faces_in_no_list(as_user, ada, ben, face):
    make_coding(face, human_coder(ada), emotion="negative", truth=False)
    make_coding(face, human_coder(make_user("dora", "coder")), emotion="surprise", truth=False)
    plan = QueuePlan("mine", "random", people=[ben])
    queue = make_queue(ben, plan, Face.objects.all())
    queue.items.update(reason="Labelled surprise.")
    reader = as_user(ben)
    assert len(reader.get("/adjudication/").context["cards"]) == 1
    assert reader.get("/bulk/?confidence=0.5&agreeing=0").context["changes"]
    assert "Labelled surprise" in reader.get(f"/queues/{queue.pk}/").content.decode()
    let_code_blind(ben)
    assert reader.get("/adjudication/").context["cards"] == []
    assert not reader.get("/bulk/?confidence=0.5&agreeing=0").context["changes"]
    assert "Labelled surprise" not in reader.get(f"/queues/{queue.pk}/").content.decode()


def test_an_export_made_before_is_not_handed_to_who_codes_blind_now(as_user, ben, face):
    run = request_export(ben, format="parquet")
    take_export(run, ben)
    assert FirstLook.objects.filter(user=ben, face=face).exists()
    let_code_blind(ben)
    with pytest.raises(Forbidden, match="blind"):
        take_export(run, ben)
    Export.objects.update(status="succeeded")
    assert as_user(ben).get(f"/data/exports/{run.pk}/file/").status_code == 302
    assert as_user(ben).get(f"/api/v1/exports/{run.pk}/file/").status_code == 403


def test_tags_and_the_sequences_name_are_not_shown_before_coding(as_user, ada, face):
    ada.groups.add(Group.objects.get(name="auditor"))  # who may read tags
    client = as_user(let_code_blind(ada))

    def told() -> str:
        addresses = ("/", f"/faces/{face.pk}/", f"/api/v1/faces/{face.pk}/", "/api/v1/subjects/")
        return " ".join(client.get(address).content.decode() for address in addresses)

    for hint in ("S042_007", '"007"', "female", "20-24", "Celtic"):
        assert hint not in told(), hint
    assert f"S042, face {face.pk}" in told()
    save(client, face)
    for hint in ("S042_007", '"007"', "female", "20-24", "Celtic"):
        assert hint in told(), hint


def test_what_others_flagged_waits_for_ones_own_coding(as_user, ada, ben, face):
    Flag.objects.create(face=face, user=ben, comment="clearly surprised")
    client = as_user(let_code_blind(ada))
    assert "clearly surprised" not in client.get(f"/faces/{face.pk}/").content.decode()
    save(client, face)
    assert "clearly surprised" in client.get(f"/faces/{face.pk}/").content.decode()


def test_a_blind_reviewer_cannot_ask_by_predictions_what_a_model_said(as_user, ben, face):
    body = {"model": "OpenFace 2", "items": [{"face": face.pk, "action_units": {"27": True}}]}
    client = as_user(let_code_blind(ben))
    told = client.post("/api/v1/predictions/batch/", body, "application/json").json()
    assert (told["refused"], told["items"][0]["code"]) == (1, "permission_denied")


def review_of(user) -> Review:
    return Review.objects.filter(reviewer=user).order_by("-pk").first()
