"""Codings by ETag: what was decided on since is never overwritten unseen."""

import pytest

from annotations.codings.services import human_coder
from annotations.models import Coding
from tests.factories import make_coding, make_face, model_coder

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(client_of, ben):
    def etag(coding: Coding, user=ben) -> str:
        return client_of(user).get(f"/api/v1/codings/{coding.pk}/")["ETag"]

    return etag


@pytest.fixture
def correct(client_of):
    def patch(user, coding, etag, **body):
        headers = {"If-Match": etag} if etag else {}
        client = client_of(user)
        return client.patch(f"/api/v1/codings/{coding.pk}/", body, format="json", headers=headers)

    return patch


@pytest.fixture
def accept(client_of):
    def post(user, coding, etag, **body):
        client = client_of(user)
        address = f"/api/v1/codings/{coding.pk}/accept/"
        return client.post(address, body, format="json", headers={"If-Match": etag})

    return post


def test_correction_is_a_new_coding(read, correct, ben):
    truth = make_coding(make_face(), emotion="positive", present=(6, 12))
    answer = correct(ben, truth, read(truth), action_units={"6": False})
    assert answer.status_code == 200, answer.json()
    body = answer.json()
    assert body["id"] != truth.pk
    assert (body["is_accepted"], body["emotion"], body["based_on"]) == (True, "positive", truth.pk)
    assert body["action_units"]["6"]["present"] is False
    assert body["action_units"]["12"]["present"] is True
    truth.refresh_from_db()
    assert truth.is_accepted is False
    assert answer["ETag"] != read(truth)


def test_stale_write_is_refused_and_changes_nothing(read, correct, ben):
    truth = make_coding(make_face())
    seen = read(truth)
    assert correct(ben, truth, seen, emotion="negative").status_code == 200
    before = list(Coding.objects.values())
    answer = correct(ben, truth, seen, emotion="surprise")
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert list(Coding.objects.values()) == before


def test_without_if_match_nothing_is_corrected(correct, ben):
    truth = make_coding(make_face())
    answer = correct(ben, truth, None, emotion="negative")
    assert (answer.status_code, answer.json()["code"]) == (428, "precondition_required")


def test_coders_correction_is_a_proposal(read, correct, ada):
    truth = make_coding(make_face())
    body = correct(ada, truth, read(truth, ada), emotion="negative").json()
    assert body["is_accepted"] is False
    truth.refresh_from_db()
    assert truth.is_accepted is True


def test_unchanged_coding_is_304(client_of, ben, read):
    truth = make_coding(make_face())
    address = f"/api/v1/codings/{truth.pk}/"
    answer = client_of(ben).get(address, headers={"If-None-Match": read(truth)})
    assert (answer.status_code, answer.content) == (304, b"")


def test_prediction_is_accepted_as_the_reviewers_own(read, accept, ben):
    face = make_face()
    make_coding(face, emotion="negative")
    prediction = make_coding(face, model_coder())
    body = accept(ben, prediction, read(prediction)).json()
    assert (body["coder"], body["emotion"], body["is_accepted"]) == ("ben", "positive", True)
    assert body["based_on"] == prediction.pk


def test_proposal_is_accepted_with_a_reason(read, accept, ada, ben):
    face = make_face()
    make_coding(face, emotion="negative")
    proposal = make_coding(face, human_coder(ada), truth=False)
    refused = accept(ben, proposal, read(proposal))
    assert (refused.status_code, "comment" in refused.json()["fields"]) == (400, True)
    body = accept(ben, proposal, read(proposal), comment="the smile is plain").json()
    assert (body["is_accepted"], body["emotion"]) == (True, "positive")


def test_coder_accepts_nothing(read, accept, ada):
    face = make_face()
    prediction = make_coding(face, model_coder())
    assert accept(ada, prediction, read(prediction, ada)).status_code == 403
    assert not face.codings.accepted().exists()


def test_decision_is_listed_and_undone(client_of, read, correct, ben, ada):
    truth = make_coding(make_face())
    correct(ben, truth, read(truth), emotion="negative")
    review = client_of(ben).get("/api/v1/reviews/").json()["results"][0]
    assert (review["decision"], review["undone"]) == ("correct", False)
    address = f"/api/v1/reviews/{review['id']}/undo/"
    assert client_of(ada).post(address).status_code == 403
    assert client_of(ben).post(address).status_code == 201
    truth.refresh_from_db()
    assert truth.is_accepted is True
    assert client_of(ben).post(address).status_code == 409


def test_blind_coder_reads_no_coding_and_no_decision(client_of, read, correct, ada, ben):
    truth = make_coding(make_face())
    correct(ben, truth, read(truth), emotion="negative")
    coder = human_coder(ada)
    coder.codes_blind = True
    coder.save()
    client = client_of(ada)
    assert client.get(f"/api/v1/codings/{truth.pk}/").status_code == 404
    assert client.get("/api/v1/codings/").json()["results"] == []
    assert client.get("/api/v1/reviews/").json()["results"] == []
    counts = {
        row["name"]: row["codings"] for row in client.get("/api/v1/coders/").json()["results"]
    }
    assert set(counts.values()) == {0}


def test_outsider_reads_nothing(client_of, cleo):
    truth = make_coding(make_face())
    client = client_of(cleo)
    for address in ("codings/", "reviews/", "coders/", "subjects/", "queues/"):
        assert client.get(f"/api/v1/{address}").json()["results"] == [], address
    assert client.get(f"/api/v1/codings/{truth.pk}/").status_code == 404
    assert client.get(f"/api/v1/subjects/{truth.face.subject.code}/").status_code == 404
