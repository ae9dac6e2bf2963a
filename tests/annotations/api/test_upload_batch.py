import hashlib
import json

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.models import Coding, Face, Subject, Tombstone
from annotations.tombstones import key_name, keyed
from inference.models import InferenceRun
from tests.factories import make_face, make_subject, png

pytestmark = pytest.mark.django_db


def files_on_disk() -> list:
    return [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


@pytest.fixture
def send(client_of, ben):
    """`send({"a.png": bytes}, rows)` as Ben; the answer."""

    def post(files, rows=None, user=ben, headers=None, **fields):
        images = [SimpleUploadedFile(name, data, "image/png") for name, data in files.items()]
        body = {"images": images, **fields}
        if rows is not None:
            body["rows"] = rows if isinstance(rows, str) else json.dumps(rows)
        client = client_of(user)
        return client.post("/api/v1/faces/batch/", body, format="multipart", headers=headers)

    return post


def test_each_file_is_answered(send):
    known = png()
    send({"k.png": known}, [{"subject": "S001"}])
    answer = send(
        {"a.png": png(), "k.png": known, "bad.png": b"no picture", "x.png": png()},
        [
            {"subject": "S001", "emotion": "positive", "action_units": {"12": "C"}},
            {"subject": "S001"},
            {"subject": "S001"},
            {"subject": "S 1"},
        ],
    )
    assert answer.status_code == 200
    body = answer.json()
    assert [item["status"] for item in body["items"]] == [
        "created", "unchanged", "refused", "refused",
    ]  # fmt: skip
    assert (body["created"], body["unchanged"], body["refused"]) == (1, 1, 2)
    assert body["items"][2]["code"] == "invalid_image"
    assert "code" in body["items"][3]["fields"]
    assert Coding.objects.accepted().get().face_id == body["items"][0]["face"]
    assert Face.objects.count() == 2
    assert len(files_on_disk()) == 2


def test_names_of_ckplus_tell_subject_sequence_and_frame(send):
    item = send({"S005_001_00000011.png": png()}).json()["items"][0]
    face = Face.objects.get(pk=item["face"])
    assert (face.subject.code, face.sequence, face.frame) == ("S005", "001", 11)


def test_same_image_twice_in_one_request_is_one_face(send):
    data = png()
    body = send({"a.png": data, "b.png": data}, [{"subject": "S1"}] * 2).json()
    assert [item["status"] for item in body["items"]] == ["created", "unchanged"]
    assert body["items"][0]["face"] == body["items"][1]["face"]
    assert len(files_on_disk()) == 1


def test_two_images_that_claim_one_frame(send):
    body = send(
        {"a.png": png(), "b.png": png()}, [{"subject": "S1", "sequence": "1", "frame": 1}] * 2
    ).json()
    assert [item["status"] for item in body["items"]] == ["created", "refused"]
    assert len(files_on_disk()) == 1


def test_one_run_predicts_all_that_is_new(send, champion):
    body = send({"a.png": png(), "b.png": png()}, [{"subject": "S1"}] * 2).json()
    run = InferenceRun.objects.get()
    assert body["inference_run"] == run.pk
    assert run.face_ids == [item["face"] for item in body["items"]]


def test_asking_without_a_model_leaves_nothing(send):
    answer = send({"a.png": png()}, [{"subject": "S1"}], predict="true")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_model")
    assert not Face.objects.exists()
    assert not Subject.objects.exists()
    assert not files_on_disk()


@pytest.mark.parametrize(
    "rows", ["{}", "[1, 2]", "[", "[[]]", "[{}, {}]", '[{"subject": 1e999}]', "[" * 100_000]
)
def test_rows_that_do_not_fit_are_refused(send, rows):
    answer = send({"a.png": png()}, rows)
    if answer.status_code == 200:
        assert answer.json()["items"][0]["status"] == "refused"
    else:
        assert answer.status_code == 400
        assert "rows" in answer.json()["fields"]
    assert not files_on_disk()


def test_too_many_files_are_refused(send):
    answer = send({f"{n}.png": b"x" for n in range(101)})
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_files")


def test_sent_again_with_its_key_answers_alike(send):
    files, rows = {"a.png": png()}, [{"subject": "S1", "emotion": "positive"}]
    first = send(files, rows, headers={"Idempotency-Key": "one"})
    again = send(files, rows, headers={"Idempotency-Key": "one"})
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert Face.objects.count() == Coding.objects.count() == 1


def test_a_key_belongs_to_one_request(send):
    send({"a.png": png()}, [{"subject": "S1"}], headers={"Idempotency-Key": "one"})
    answer = send({"a.png": png()}, [{"subject": "S1"}], headers={"Idempotency-Key": "one"})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["x" * 201, "ü", "a b", "\x7f"])
def test_odd_key_is_refused(send, key):
    answer = send({"a.png": png()}, [{"subject": "S1"}], headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")


def test_keys_of_two_people_do_not_meet(send, ada, ben):
    data = png()
    send({"a.png": data}, [{"subject": "S1"}], headers={"Idempotency-Key": "k"})
    answer = send({"a.png": data}, [{"subject": "S1"}], user=ada, headers={"Idempotency-Key": "k"})
    assert answer.json()["unchanged"] == 1


def test_known_digests_are_told(client_of, ben, send):
    face = Face.objects.get(
        pk=send({"a.png": png()}, [{"subject": "S1"}]).json()["items"][0]["face"]
    )
    asked = {"sha256": [face.sha256, "0" * 64]}
    answer = client_of(ben).post("/api/v1/faces/known/", asked, format="json")
    assert answer.json() == {"known": {face.sha256: face.pk}}


def test_outsider_learns_and_leaves_nothing(client_of, cleo, ben, send):
    face = Face.objects.get(
        pk=send({"a.png": png()}, [{"subject": "S1"}]).json()["items"][0]["face"]
    )
    asked = {"sha256": [face.sha256]}
    known = client_of(cleo).post("/api/v1/faces/known/", asked, format="json")
    assert known.status_code == 403
    assert send({"b.png": png()}, [{"subject": "S1"}], user=cleo).status_code == 403
    assert Face.objects.count() == 1


def test_body_over_the_limit_is_refused_unread(send, settings):
    settings.BATCH_MAX_BYTES = 1000
    answer = send({"a.png": b"x" * 2000})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_tags_of_a_refused_picture_come_with_the_next_one(send):
    make_face(make_subject("S005"), sequence="001", frame=1)
    rows = [
        {"subject": "S005", "sequence": "001", "frame": 1, "gender": "female"},
        {"subject": "S005", "sequence": "001", "frame": 2, "gender": "female"},
    ]
    answer = send({"a.png": png(), "b.png": png()}, rows).json()
    assert [item["status"] for item in answer["items"]] == ["refused", "created"]
    assert Subject.objects.get(code="S005").gender == "female"


def test_new_pictures_are_stored_by_as_many_statements_as_one(send, django_assert_max_num_queries):
    few = {f"{number}.png": png() for number in range(2)}
    many = {f"{number}.png": png() for number in range(12)}
    with CaptureQueriesContext(connection) as queries:
        send(few, [{"subject": "S001"}] * 2)
    with django_assert_max_num_queries(len(queries)):
        answer = send(many, [{"subject": "S001"}] * 12)
    assert answer.json()["created"] == 12


def test_one_of_a_withdrawn_subject_is_refused_and_the_others_are_stored(send):
    gone, kept = png(), [png(), png()]
    digest = keyed(Tombstone.Kind.PICTURE, hashlib.sha256(gone).hexdigest())
    Tombstone.objects.create(
        kind=Tombstone.Kind.PICTURE, digest=digest, key=key_name(), withdrawal=1
    )
    files = {"a.png": kept[0], "gone.png": gone, "b.png": kept[1]}
    items = send(files, [{"subject": "S001"}] * 3).json()["items"]
    assert [item["status"] for item in items] == ["created", "refused", "created"]
    assert items[1]["code"] == "subject_withdrew"
    assert Face.objects.count() == 2
    assert len(files_on_disk()) == 2
