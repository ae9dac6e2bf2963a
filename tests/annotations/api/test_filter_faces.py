"""Each filter of `faces/`, and that none tells what its caller may not read."""

import itertools
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.codings.services import human_coder
from annotations.models import Coder, Coding, Flag
from tests.factories import make_coding, make_face, make_subject, model_coder

pytestmark = pytest.mark.django_db
_names = itertools.count()


@pytest.fixture
def found(client_of, ben):
    """`found("au=12")`: the ids of the faces that the filter gives Ben."""

    def ids(query: str, user=ben) -> list[int]:
        answer = client_of(user).get(f"/api/v1/faces/?{query}")
        assert answer.status_code == 200, answer.json()
        return [face["id"] for face in answer.json()["results"]]

    return ids


@pytest.fixture
def pair(ben):
    """A face on which truth and model agree, and one on which they differ."""
    model = model_coder()
    agreeing, differing = make_face(make_subject("S001")), make_face(make_subject("S002"))
    make_coding(agreeing, present=(12,), absent=(4,))
    make_coding(agreeing, model, present=(12,), absent=(4,), split="test")
    make_coding(differing, emotion="negative", present=(4,), absent=(12,))
    make_coding(differing, model, present=(12,), absent=(4,), quality="dark")
    Flag.objects.create(face=differing, user=ben, comment="Look.")
    return agreeing.pk, differing.pk


@pytest.mark.parametrize(
    ("query", "which"),
    [
        ("emotion=positive", [0]),
        ("emotion_model=positive", [0, 1]),
        ("au=12", [0]),
        ("au_truth=4", [1]),
        ("au_model=12", [0, 1]),
        ("au_model=4", []),
        ("disagrees=true", [1]),
        ("disagrees=false", [0]),
        ("agreement=disagree", [1]),
        ("agreement=unlabelled", []),
        ("subject=S002", [1]),
        ("split=test", [0]),
        ("au=12&au_also=4", []),
        ("au_absent=12", [1]),
        ("au_model_absent=4", [0, 1]),
        ("au_probability=12&probability_from=0.9", [0, 1]),
        ("au_probability=12&probability_below=0.9", []),
        ("au_probability=4&probability_from=0.05&probability_below=0.2", [0, 1]),
        ("au_probability=7", []),
        ("unlearnt=true", [1]),
        ("unlearnt=false", [0, 1]),
        ("quality=dark", [1]),
        ("flagged=true", [1]),
        ("uploaded_from=2020-01-01T00:00:00Z&uploaded_until=2100-01-01T00:00:00Z", [0, 1]),
        ("uploaded_until=2020-01-01T00:00:00Z", []),
        ("coder=CK%2B", [0, 1]),
        ("coder=nobody", []),
        ("confidence__lt=0.8", []),
        ("confidence__gte=0.8", [0, 1]),
        ("confidence__lt=0.81", [0, 1]),
        ("ordering=-id", [1, 0]),
        ("emotion=positive&au_model=12&disagrees=false", [0]),
        ("model=VGG16-test&disagrees=true", [1]),
    ],
)
def test_filter_gives_what_its_name_says(found, pair, query, which):
    assert found(query) == [pair[n] for n in which]


def test_least_sure_faces_come_first(found, pair):
    Coding.objects.filter(face=pair[1], coder_kind="model").update(confidence=0.4)
    assert found("ordering=confidence") == [pair[1], pair[0]]
    assert found("ordering=-confidence") == [pair[0], pair[1]]


@pytest.mark.parametrize("order", ["confidence", "-confidence"])
def test_without_a_model_no_face_has_a_confidence_to_be_ordered_by(found, order):
    make_face()
    assert found(f"ordering={order}") == []
    assert found(f"ordering={order}&au_model=12&confidence__gte=0.5") == []


def test_pages_by_confidence_follow_each_other(client_of, ben, pair):
    first = client_of(ben).get("/api/v1/faces/?ordering=confidence&page_size=1").json()
    second = client_of(ben).get(first["next"]).json()
    ids = [page["results"][0]["id"] for page in (first, second)]
    assert sorted(ids) == sorted(pair)
    assert second["next"] is None


def test_updated_since_knows_of_new_codings(found, pair):
    soon = (timezone.now() + timedelta(minutes=5)).isoformat().replace("+", "%2B")
    assert found(f"updated_since={soon}") == []
    Coding.objects.filter(face=pair[0]).update(created_at=timezone.now() + timedelta(hours=1))
    assert found(f"updated_since={soon}") == [pair[0]]


def test_only_the_fields_that_were_asked_for_come(client_of, ben, pair):
    face = client_of(ben).get("/api/v1/faces/?fields=id,sha256").json()["results"][0]
    assert set(face) == {"id", "sha256"}


@pytest.mark.parametrize(
    "query",
    [
        "au=99", "emotion=happy", "disagrees=perhaps", "confidence__lt=2", "confidence__lt=nan",
        "updated_since=yesterday", "fields=id,password", "ordering=uploaded_by__password",
        "uploaded_by__password__startswith=p", "codings__coder__user__password=x", "page_size=0",
        "page_size=201", "probability_from=0.5", "probability_below=0.5&probability_from=0.4",
        "probability_from=0.5&probability_below=0.4&au_probability=12", "probability_from=2",
        "uploaded_from=2021-01-01T00:00:00Z&uploaded_until=2020-01-01T00:00:00Z", "quality=fine",
        "sha256=x", "model=nothing", "au=12%00",
    ],
)  # fmt: skip
def test_wrong_filter_is_named(client_of, ben, query):
    answer = client_of(ben).get(f"/api/v1/faces/?{query}")
    assert answer.status_code == 400, answer.json()
    assert query.partition("=")[0] in answer.json()["fields"]


def test_no_filter_tells_a_blind_coder_anything(found, ada, pair):
    coder = human_coder(ada)
    coder.codes_blind = True
    coder.save()
    assert found("", ada) == list(pair)
    for query in (
        "emotion=positive", "emotion_model=positive", "au=12", "au_truth=4", "au_model=12",
        "disagrees=true", "disagrees=false", "agreement=agree", "split=test", "coder=CK%2B",
        "confidence__gte=0.1", "ordering=confidence", "updated_since=2020-01-01T00:00:00Z",
        "au_probability=12&probability_from=0.1", "au_also=12", "quality=dark", "unlearnt=true",
        "flagged=true", "uploaded_from=2020-01-01T00:00:00Z",
    ):  # fmt: skip
        assert found(query, ada) == [], query
    assert Coder.objects.filter(codes_blind=True).exists()


def test_outsider_filters_nothing(found, cleo, pair):
    assert found("emotion=positive", cleo) == []


@pytest.mark.parametrize("query", ["", "disagrees=true", "ordering=confidence", "au_model=12"])
def test_a_page_of_ten_costs_no_more_queries_than_one(
    client_of, ben, django_assert_max_num_queries, query
):
    for _ in range(10):
        face = make_face()
        make_coding(face)
        make_coding(face, model_coder(), emotion="negative")
    client = client_of(ben)
    with django_assert_max_num_queries(14):  # one finds the ids, one is for the audit
        assert len(client.get(f"/api/v1/faces/?{query}").json()["results"]) == 10
