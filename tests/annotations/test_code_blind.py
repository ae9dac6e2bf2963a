"""Blind coding: nobody else's reading before one's own, on any page and in the API."""

import html

import pytest
from django.contrib.auth.models import Group

from annotations.codings.services import human_coder
from annotations.models import Coding, Face
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
from annotations.visibility import visible_codings
from tests.cast import make_user
from tests.factories import make_coding, make_face, model_coder

pytestmark = pytest.mark.django_db


@pytest.fixture
def face():
    face = make_face()
    make_coding(face, emotion="surprise", present=(27,), absent=(6, 12))
    make_coding(face, model_coder(), emotion="surprise", present=(1, 2))
    return face


def save(client, face, **given):
    return client.post(
        f"/faces/{face.pk}/review/",
        {"decision": "propose", "emotion": "positive", "au": ["6"], "intensity-6": "B"} | given,
    )


def test_page_tells_nothing_before_saving_and_all_after(as_user, blind_ada, face):
    client = as_user(blind_ada)
    before = client.get(f"/faces/{face.pk}/").content.decode()
    for hint in ("data-truth-au", "data-model-au", "90 %", "CK+", "imported a label", "predicted"):
        assert hint not in before
    assert "You code this face blind" in before
    assert not [box for box in before.split("<input") if 'name="au"' in box and " checked" in box]
    assert save(client, face).status_code in {302, 303}
    after = client.get(f"/faces/{face.pk}/").content.decode()
    for hint in ("data-truth-au", "data-model-au", "CK+"):
        assert hint in after


def test_a_blind_coding_says_so(as_user, blind_ada, face):
    save(as_user(blind_ada), face)
    coding = Coding.objects.get(coder__user=blind_ada)
    assert coding.is_blind
    assert coding.scores.get(au=6).intensity == "B"
    assert list(coding.scores.values_list("au", flat=True)) == [6]  # nothing was taken over
    save(as_user(blind_ada), face, seen=face.codings.accepted().get().pk, emotion="negative")
    assert not Coding.objects.filter(coder__user=blind_ada).first().is_blind


def test_others_do_not_code_blind(as_user, ada, face):
    save(as_user(ada), face, seen=face.codings.accepted().get().pk)
    assert not Coding.objects.get(coder__user=ada).is_blind


def test_gallery_shows_and_filters_nothing_that_is_hidden(as_user, blind_ada, face):
    client = as_user(blind_ada)
    page = client.get("/")
    assert "surprise" not in page.content.decode().split('class="cards"')[1]
    for query in ("emotion=surprise", "au=27", "agreement=disagree"):
        assert client.get(f"/?{query}").context["cards"] == []


def test_api_tells_nothing_that_is_hidden(as_user, blind_ada, face):
    client = as_user(blind_ada)
    told = client.get(f"/api/v1/faces/{face.pk}/").json()
    assert told["truth"] is None
    assert told["prediction"] is None
    for path in ("codings", "predictions"):
        assert client.get(f"/api/v1/faces/{face.pk}/{path}/").json()["results"] == []
    assert client.get("/api/v1/faces/?emotion=surprise").json()["results"] == []
    save(client, face)
    assert client.get(f"/api/v1/faces/{face.pk}/").json()["prediction"]


def test_no_filter_tells_the_tags_of_somebody_with_a_hidden_face(as_user, blind_ada, face):
    type(face.subject).objects.update(gender="female", ethnicity="")
    blind_ada.groups.add(Group.objects.get(name="auditor"))  # who may read tags
    client, other = as_user(blind_ada), make_face(face.subject)
    save(client, other)
    for query in ("gender=female", "ethnicity=not+recorded"):
        assert client.get(f"/?{query}").context["cards"] == []
        assert client.get(f"/api/v1/faces/?{query}").json()["results"] == []
    save(client, face)
    for query in ("gender=female", "ethnicity=not+recorded"):
        assert len(client.get(f"/?{query}").context["cards"]) == 2


def test_a_blind_reviewer_decides_nothing_before_coding(as_user, ben, face):
    coder = human_coder(ben)
    coder.codes_blind = True
    coder.save()
    answer = save(as_user(ben), face, decision="accept_truth")
    assert answer.status_code == 403
    assert Coding.objects.accepted().get().coder_kind == "import"


def test_a_blind_queue_hides_until_its_own_coding(as_user, ada, ben, face):
    save(as_user(ada), face, seen=face.codings.accepted().get().pk)  # long ago, not blind
    plan = QueuePlan("Q", "random", first_stage="coding", people=[ada], is_blind=True)
    queue = make_queue(ben, plan, Face.objects.all())
    client = as_user(ada)
    client.post(f"/queues/{queue.pk}/next/", {"stage": "coding"})
    for query in ("", f"?queue={queue.pk}"):
        assert "data-truth-au" not in client.get(f"/faces/{face.pk}/{query}").content.decode()
    assert "data-truth-au" in as_user(ben).get(f"/faces/{face.pk}/").content.decode()
    save(client, face, queue=queue.pk)
    assert "data-truth-au" in client.get(f"/faces/{face.pk}/").content.decode()
    assert Coding.objects.filter(coder__user=ada).first().is_blind


def test_outsider_sees_no_coding(cleo, face):
    assert not visible_codings(cleo).exists()


def test_an_admin_decides_who_codes_blind(as_user, ada, ben, boss, cleo, face):
    client = as_user(boss)
    assert "ada" in client.get("/people/").content.decode()
    client.post(f"/people/{ada.pk}/blind/")
    assert human_coder(ada).codes_blind
    assert "You code this face blind" in as_user(ada).get(f"/faces/{face.pk}/").content.decode()
    told = client.post(f"/people/{ada.pk}/blind/", follow=True).content.decode()
    assert "Nothing is changed yet" in told
    assert "1 face that isn't coded yet" in html.unescape(told)
    assert human_coder(ada).codes_blind
    client.post(f"/people/{ada.pk}/blind/", {"shows": 1})
    assert not human_coder(ada).codes_blind
    for user in (ada, ben, cleo):
        assert as_user(user).post(f"/people/{boss.pk}/blind/").status_code == 404
    for user in (ada, cleo):
        assert as_user(user).get("/people/").status_code == 404
    assert as_user(ben).get("/people/").status_code == 200


def test_people_have_a_fixed_number_of_queries(as_user, boss, ada, ben, django_assert_num_queries):
    client = as_user(boss)
    with django_assert_num_queries(5):
        client.get("/people/")
    for name in ("dora", "emil", "fay"):
        make_user(name, "coder")
    with django_assert_num_queries(5):
        assert "emil" in client.get("/people/").content.decode()
