import base64

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_coding, make_face, make_subject, model_coder

pytestmark = pytest.mark.django_db
FACES = "/api/v1/faces/"


def ids(client, **query) -> list[int]:
    answer = client.get(FACES, query)
    assert answer.status_code == 200, answer.json()
    return [face["id"] for face in answer.json()["results"]]


def test_filters_choose_faces(client_of, ada):
    model = model_coder()
    agreed, differing = make_face(make_subject("S7")), make_face()
    unlabelled = make_face()
    for face in (agreed, differing):
        make_coding(face, emotion="positive", present=(12,), absent=())
    make_coding(agreed, model, emotion="positive", present=(12,), absent=(), split="test")
    make_coding(differing, model, emotion="negative", present=(), absent=(12,), split="validation")
    client = client_of(ada)
    assert ids(client) == [agreed.pk, differing.pk, unlabelled.pk]
    assert ids(client, subject="S7") == [agreed.pk]
    assert ids(client, emotion="positive", au=12) == [agreed.pk, differing.pk]
    assert ids(client, split="test") == [agreed.pk]
    assert ids(client, agreement="agree") == [agreed.pk]
    assert ids(client, agreement="disagree") == [differing.pk]
    assert ids(client, agreement="unlabelled") == [unlabelled.pk]


def test_one_face_shows_truth_beside_prediction(client_of, ada):
    face = make_face()
    make_coding(face, emotion="positive", present=(12,), absent=())
    make_coding(face, model_coder(), emotion="negative", present=(), absent=(12,))
    body = client_of(ada).get(f"{FACES}{face.pk}/").json()
    assert body["truth"]["emotion"] == "positive"
    assert body["prediction"]["emotion"] == "negative"
    assert body["differences"] == 2
    assert body["image_url"].endswith(f"{FACES}{face.pk}/image/")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("emotion=bored", "emotion"),
        ("au=99999999999999999999999", "au"),
        ("au=x", "au"),
        ("split=all", "split"),
        ("agreement=maybe", "agreement"),
        ("subject=a%00b", "subject"),
        ("subject=%ED%A0%80" + "x" * 40, "subject"),
        ("colour=red", "colour"),
    ],
)
def test_wrong_filter_is_named(client_of, ada, query, named):
    answer = client_of(ada).get(f"{FACES}?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [named]


@pytest.mark.parametrize("cursor", [b"p=abc", b"p=-1", b"o=-5", b"\xff", b"p=" + b"9" * 30])
def test_forged_cursor_is_no_server_error(client_of, ada, cursor):
    make_face()
    query = {"cursor": base64.b64encode(cursor).decode()}
    assert client_of(ada).get(FACES, query).status_code in {200, 404}


def test_pages_follow_each_other(client_of, ada, monkeypatch):
    monkeypatch.setattr("facsweb.rest.paging.OldestFirst.page_size", 2)
    made = [make_face().pk for _ in range(3)]
    first = client_of(ada).get(FACES).json()
    second = client_of(ada).get(first["next"]).json()
    assert [face["id"] for face in first["results"] + second["results"]] == made


def test_ten_faces_cost_as_many_queries_as_one(client_of, ada, django_assert_num_queries):
    def add():
        face = make_face()
        make_coding(face)
        make_coding(face, model_coder())

    add()
    with CaptureQueriesContext(connection) as one:
        assert len(ids(client_of(ada))) == 1
    for _ in range(9):
        add()
    ada.__dict__.pop("_facsweb_roles")  # each request loads its user anew
    with django_assert_num_queries(len(one)):
        assert len(ids(client_of(ada))) == 10


def test_image_is_private_and_itself(client_of, ada):
    face = make_face()
    answer = client_of(ada).get(f"{FACES}{face.pk}/image/", HTTP_ACCEPT="image/png")
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == face.file.open().read()
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"].startswith("private")


def test_missing_file_is_not_found(client_of, ada):
    face = make_face()
    face.file.delete(save=False)
    assert client_of(ada).get(f"{FACES}{face.pk}/image/").status_code == 404


def test_outsider_sees_no_face(client_of, cleo):
    face = make_face()
    assert ids(client_of(cleo)) == []
    assert client_of(cleo).get(f"{FACES}{face.pk}/").status_code == 404
    assert client_of(cleo).get(f"{FACES}{face.pk}/image/").status_code == 404
