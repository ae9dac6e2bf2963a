"""The gallery shows every face to those with a role, and narrows by what was asked."""

import pytest
from django.test import Client

from tests.factories import make_coding, make_face, model_coder
from tests.pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def faces():
    """(agreeing, differing, unlabelled)"""
    model = model_coder()
    agreeing, differing, unlabelled = make_face(), make_face(), make_face()
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
    ],
)
def test_filter_narrows_the_gallery(as_user, ada, faces, query, expected):
    assert shown(as_user(ada), query) == [faces[at] for at in expected]


def test_filter_compares_with_the_chosen_model(as_user, ada, faces):
    other = model_coder("VGG16-other")
    make_coding(faces[0], other, emotion="surprise")
    assert shown(as_user(ada), f"agreement=disagree&model={other.pk}") == [faces[0]]


@pytest.mark.parametrize(
    "query", ["au=99", "au=x", "emotion=joy", "split=%00", "agreement=no", "model=9", "page=-7"]
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
    with django_assert_num_queries(17):  # three of them write down who has looked
        client.get("/")
    for _ in range(9):
        add_face()
    with django_assert_num_queries(17):  # three of them write down who has looked
        assert len(client.get("/").context["cards"]) == 10


def test_long_list_is_paged_and_keeps_the_filter(as_user, ada, monkeypatch):
    monkeypatch.setattr("annotations.pages.gallery.FACES_A_PAGE", 2)
    for _ in range(3):
        make_coding(make_face())
    text = as_user(ada).get("/?emotion=positive").content.decode()
    assert "?emotion=positive&amp;page=2" in text


def test_empty_gallery_says_how_to_import(as_user, ada):
    assert "make demo" in as_user(ada).get("/").content.decode()


def test_stranger_is_asked_to_sign_in():
    answer = Client().get("/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")
    assert Client().get("/login/").status_code == 200


def test_cleo_reads_why_she_sees_nothing(as_user, cleo, faces):
    text = as_user(cleo).get("/").content.decode()
    assert "Ask an admin" in text
    assert str(faces[0]) not in text
