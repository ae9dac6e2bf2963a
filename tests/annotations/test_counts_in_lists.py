"""Numbers in lists: of each row as counted by itself, and in as many queries for any number."""

import random

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.codings.services import human_coder, withdraw
from annotations.models import Coder, Coding, Face, Subject
from annotations.visibility import visible_codings, visible_faces
from tests.cast import make_user
from tests.factories import import_coder, make_coding, make_face, make_subject, model_coder

pytestmark = pytest.mark.django_db


@pytest.fixture
def population(ada, ben):
    draw = random.Random(2)
    subjects = [make_subject() for _ in range(6)]
    for _ in range(25):
        face = make_face(draw.choice(subjects[:5]))
        for coder in (human_coder(ada), human_coder(ben), import_coder(), model_coder()):
            if draw.random() < 0.5:
                coding = make_coding(face, coder, truth=False)
                if draw.random() < 0.3:
                    withdraw(coding)
    return subjects


def test_lists_count_what_there_is(population, boss, ada, ben, as_user, client_of):
    page = as_user(boss).get("/subjects/").context["page"]
    assert {one.pk: one.pictures for one in page} == {
        subject.pk: subject.faces.count() for subject in Subject.objects.all()
    }
    people = {row["user"].pk: row["codings"] for row in _rows(as_user(boss))}
    assert people == {
        user.pk: Coding.objects.filter(coder__user=user, is_withdrawn=False).count()
        for user in get_user_model().objects.all()
    }
    Coder.objects.filter(user=ada).update(codes_blind=True)
    quinn = make_user("quinn", "queue coder")
    Face.objects.filter(pk__in=Face.objects.all()[:3]).update(uploaded_by=quinn)
    for user in (ada, ben, quinn, boss):
        coders = client_of(user).get("/api/v1/coders/").json()["results"]
        seen = visible_codings(user).filter(is_withdrawn=False)
        assert {one["id"]: one["codings"] for one in coders} == {
            coder.pk: seen.filter(coder=coder).count()
            for coder in Coder.objects.filter(pk__in=[one["id"] for one in coders])
        }
        subjects = client_of(user).get("/api/v1/subjects/").json()["results"]
        assert [one["faces"] for one in subjects] == [
            visible_faces(user).filter(subject__code=one["code"]).count() for one in subjects
        ]


def _rows(client):
    return client.get("/people/").context["rows"]


def test_lists_ask_as_many_queries_for_more_rows(population, boss, as_user, client_of):
    def asked():
        numbers = []
        for client, address in (
            (as_user(boss), "/subjects/"), (as_user(boss), "/people/"),
            (client_of(boss), "/api/v1/coders/"), (client_of(boss), "/api/v1/subjects/"),
        ):  # fmt: skip
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            numbers.append(len(queries))
        return numbers

    asked()  # whatever is asked but once
    few = asked()
    for number in range(4):
        make_coding(make_face(make_subject()), import_coder(f"import {number}"))
    assert asked() == few
