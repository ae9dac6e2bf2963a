"""The gallery shows every face to those with a role, and narrows by what was asked."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from annotations.models import Coder, Queue
from tests.factories import make_coding, make_face, make_subject, model_coder
from tests.pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def faces():
    """(agreeing, differing, unlabelled)"""
    model = model_coder()
    woman = make_subject(gender="female", ethnicity="x")
    agreeing, differing, unlabelled = make_face(woman), make_face(), make_face()
    make_coding(agreeing)
    make_coding(agreeing, model, split="test")
    make_coding(differing, emotion="negative", present=(4,), absent=(6, 12))
    make_coding(differing, model, split="validation")
    make_coding(unlabelled, model)
    return agreeing, differing, unlabelled


def shown(client, query: str) -> list:
    answer = client.get(f"/?{query}")
    assert answer.status_code == 200
    return [face for face, _ in answer.context["cards"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", (0, 1, 2)),
        ("agreement=agree", (0,)),
        ("agreement=disagree", (1,)),
        ("agreement=unlabelled", (2,)),
        ("emotion=negative", (1,)),
        ("au=12", (0,)),
        ("split=validation", (1,)),
        ("split=test&agreement=disagree", ()),
        ("emotion=negative&emotion_model=positive", (1,)),
        ("emotion=negative&emotion_model=negative", ()),
        ("au_model=12", (0, 1, 2)),
        ("au_model=4", ()),
        ("gender=female", (0,)),
        ("gender=not+recorded", (1, 2)),
        ("gender=male", ()),
        ("ethnicity=x&gender=female", (0,)),
    ],
)
def test_filter_narrows_the_gallery(as_user, boss, faces, query, expected):
    assert shown(as_user(boss), query) == [faces[at] for at in expected]


def test_filter_compares_with_the_chosen_model(as_user, ada, faces):
    other = model_coder("VGG16-other")
    make_coding(faces[0], other, emotion="surprise")
    assert shown(as_user(ada), f"agreement=disagree&model={other.pk}") == [faces[0]]


@pytest.mark.parametrize(
    "query",
    [
        "au=99",
        "au=x",
        "au_model=99",
        "emotion_model=x",
        "gender=%00",
        "emotion=joy",
        "split=%00",
        "agreement=no",
        "model=9",
        "page=-7",
    ],
)
def test_senseless_filter_is_named_and_left_out(as_user, ada, faces, query):
    answer = as_user(ada).get(f"/?{query}")
    assert answer.status_code == 200
    assert len(answer.context["cards"]) == 3
    assert ("left out" in answer.content.decode()) == ("page" not in query)


def test_difference_is_said_in_words(as_user, ada, faces):
    text = text_of(as_user(ada).get("/"))
    assert "4 differences" in text
    assert "Agrees" in text
    assert "No ground truth" in text


def test_query_count_does_not_grow_with_faces(as_user, ada, django_assert_num_queries):
    def add_face():
        face = make_face()
        make_coding(face)
        make_coding(face, model_coder())

    client = as_user(ada)
    add_face()
    with django_assert_num_queries(18):  # five of them write down who has looked
        client.get("/")
    for _ in range(9):
        add_face()
    with django_assert_num_queries(18):  # five of them write down who has looked
        assert len(client.get("/").context["cards"]) == 10


def test_cards_need_no_scores(as_user, ada, faces):
    client = as_user(ada)
    with CaptureQueriesContext(connection) as queries:
        assert "4 differences" in text_of(client.get("/"))
    assert queries and not [each for each in queries if "actionunitscore" in each["sql"]]


def test_long_list_is_paged_and_keeps_the_filter(as_user, ada, monkeypatch):
    monkeypatch.setattr("annotations.pages.gallery.FACES_A_PAGE", 2)
    faces = [make_coding(make_face()).face for _ in range(5)]
    make_coding(make_face(), emotion="negative")
    client, seen, address = as_user(ada), [], "?emotion=positive"
    links = []
    while address:
        page = client.get(f"/{address}")
        seen.append([face for face, _ in page.context["cards"]])
        text = unescape(page.content.decode())
        links.append(dict(re.findall(r'rel="(prev|next)"\s+href="([^"]+)"', text)))
        address = links[-1].get("next", "")
    assert seen == [faces[:2], faces[2:4], faces[4:]]
    assert [sorted(each) for each in links] == [["next"], ["next", "prev"], ["prev"]]
    assert shown(client, links[2]["prev"].lstrip("?")) == faces[2:4]
    assert shown(client, links[1]["prev"].lstrip("?")) == faces[:2]
    assert shown(client, "emotion=positive&last=on") == faces[3:]
    assert shown(client, f"emotion=positive&before={faces[1].pk}") == faces[:2]  # a whole page
    assert "5 of 6" in text


def test_a_face_that_is_uploaded_meanwhile_shifts_no_page(as_user, ada, monkeypatch):
    monkeypatch.setattr("annotations.pages.gallery.FACES_A_PAGE", 2)
    faces = [make_face() for _ in range(4)]
    client = as_user(ada)
    assert shown(client, f"after={faces[1].pk}") == faces[2:]
    withdrawn, faces = faces[0], faces[1:]
    withdrawn.delete()
    assert shown(client, f"after={faces[0].pk}") == faces[1:]


def test_empty_gallery_says_how_to_import(as_user, ada):
    assert "make demo" in as_user(ada).get("/").content.decode()


def test_stranger_is_asked_to_sign_in(boss):
    answer = Client().get("/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")
    assert Client().get("/login/").status_code == 200


def test_cleo_reads_why_she_sees_nothing(as_user, cleo, faces):
    text = as_user(cleo).get("/").content.decode()
    assert "Ask an admin" in text
    assert str(faces[0]) not in text


def test_reviewers_make_a_queue_of_what_they_see(as_user, ben, ada, faces):
    query = "emotion=negative&emotion_model=positive"
    client = as_user(ben)
    page = client.get(f"/?{query}").content.decode()
    assert f"/queues/new/?{escape(query)}" in page
    assert "of these" not in client.get("/").content.decode()
    assert "of these" not in as_user(ada).get(f"/?{query}").content.decode()
    shown = client.get(f"/queues/new/?{query}")
    assert str(shown.context["chosen"]) == "1"
    assert shown.context["form"].initial["order"] == "random"
    sent = {"name": "Negative, read as positive", "order": "random", "seed": 1,
            "first_stage": "acceptance", "coders_per_face": 1}  # fmt: skip
    assert client.post(f"/queues/new/?{query}", sent).status_code == 302
    queue = Queue.objects.get()
    assert list(queue.items.values_list("face", flat=True)) == [faces[1].pk]


def test_no_queue_is_made_of_a_choice_that_makes_no_sense(as_user, ben, faces):
    sent = {"name": "x", "order": "random", "seed": 1, "first_stage": "acceptance",
            "coders_per_face": 1}  # fmt: skip
    answer = as_user(ben).post("/queues/new/?emotion=joy", sent)
    assert answer.status_code == 400
    assert "no emotion class called" in answer.content.decode()
    assert not Queue.objects.exists()


def test_who_codes_blind_learns_no_group_by_asking_for_it(as_user, ada, faces):
    """A face that is coded blind is left out, whatever its subject's tags are."""
    Coder.objects.create(kind="human", name="ada", user=ada, codes_blind=True)
    ada.groups.add(Group.objects.get(name="auditor"))  # who may read tags
    assert shown(as_user(ada), "gender=female") == []
    assert shown(as_user(ada), "gender=not+recorded") == []
