"""Who needs it not doesn't learn it: demographics of single subjects, and faces of others' work."""

from __future__ import annotations

import pytest

from annotations.faces.services import Place, add_face, check_image
from annotations.models import Coding, Face, Queue, Subject
from annotations.queues.assignments import release, take_next
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
from annotations.transfers import run_export
from annotations.transfers.services import request_export
from annotations.visibility import visible_codings, visible_faces, visible_reviews
from facsweb.accounts.tokens import issue_token
from facsweb.problems import Forbidden
from tests.access.blind import FIRST, SECOND, BlindWorld
from tests.access.test_blind_world import asked_in_turn, world  # noqa: F401 - a fixture
from tests.annotations.transfers.conftest import content, members
from tests.factories import make_coding, make_face, make_subject, png

TAGS = (FIRST["ethnicity"], FIRST["age_group"])


@pytest.mark.parametrize("name", ["coder", "reviewer"])
def test_demographics_of_a_person_are_told_at_no_address(world: BlindWorld, name):  # noqa: F811
    told = [
        asked
        for asked, answer in asked_in_turn(world, name).items()
        if any(tag in answer for tag in TAGS)
    ]
    assert not told, "\n".join(told)


def test_admins_and_auditors_are_told(world: BlindWorld):  # noqa: F811
    code = world.ids["subject"]
    for name, status in (("admin", 200), ("auditor", 200), ("outsider", 404)):
        answer = world.clients[name].get(f"/api/v1/subjects/{code}/")
        assert answer.status_code == status
        assert (status == 404) or answer.json()["ethnicity"] == FIRST["ethnicity"]
    assert world.clients["auditor"].get(f"/api/v1/faces/{world.ids['face']}/").status_code == 404


@pytest.mark.parametrize("name", ["queue coder", "coder", "reviewer"])
def test_no_filter_tells_a_tag_by_what_it_finds(world: BlindWorld, name):  # noqa: F811
    """Right and wrong guesses are answered alike: by a refusal."""
    client = world.clients[name]
    for told in (FIRST, SECOND):
        page = client.get("/", {"ethnicity": told["ethnicity"]})
        assert page.context["page"].ids == []
        assert "Only admins and auditors choose faces by gender" in page.content.decode()
        answer = client.get("/api/v1/faces/", {"ethnicity": told["ethnicity"]})
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    if name == "reviewer":
        asked = {"name": "by tag", "order": "random", "first_stage": "acceptance", "seed": 1,
                 "coders_per_face": 1}  # fmt: skip
        answer = client.post(f"/queues/new/?ethnicity={FIRST['ethnicity']}", asked)
        assert answer.status_code == 403
        assert not Queue.objects.filter(name="by tag").exists()
    found = world.clients["admin"].get("/", {"ethnicity": FIRST["ethnicity"]})
    assert len(found.context["page"].ids) == 1


@pytest.fixture
def own_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"


@pytest.mark.parametrize("form", ["facsweb", "data_labels", "ckplus", "parquet"])
@pytest.mark.parametrize("anonymous", [False, True])
def test_exports_have_tags_for_admins_only(boss, ben, own_folder, form, anonymous):
    for number in range(5):
        make_coding(make_face(make_subject(f"S{number:03d}", gender="female", ethnicity="tagmark")))
    held = {}
    for user in (boss, ben):
        run = request_export(user, format=form, anonymous=anonymous)
        assert run.claim()
        run_export.carry_out(run)
        run.refresh_from_db()
        data = content(run)
        whole = b"".join(members(data).values()) if data[:2] == b"PK" else data
        held[user.username] = b"tagmark" in whole or b"female" in whole
        assert run.demographics == (user == boss)
    assert held == {"boss": True, "ben": False}


def test_who_is_no_admin_any_more_takes_no_export_with_tags(as_user, ben, boss, own_folder):
    run = request_export(boss, format="data_labels")
    assert run.claim()
    run_export.carry_out(run)
    run.refresh_from_db()
    run.requested_by = ben
    run.save()
    assert (
        "for admins and auditors"
        in as_user(ben).get(f"/data/exports/{run.pk}/file/", follow=True).content.decode()
    )
    assert as_user(boss).get(f"/data/exports/{run.pk}/file/").status_code == 200


class TestQueueCoder:
    """A queue coder sees what a queue hands to them, and what they did; and nothing else."""

    @pytest.fixture
    def dan(self, db):
        from tests.cast import make_user

        return make_user("dan", "queue coder")

    @pytest.fixture
    def faces(self):
        made = [make_face(make_subject(f"S00{number}")) for number in range(3)]
        for face in made:
            make_coding(face)
        return made

    @pytest.fixture
    def queue(self, ben, dan, faces):
        plan = QueuePlan("work", "random", first_stage="coding", members={"coding": [dan]})
        return make_queue(ben, plan, Face.objects.all())

    def test_sees_nothing_before_a_queue_hands_it_out(self, dan, queue, client_of, as_user, faces):
        assert not visible_faces(dan)
        assert not visible_codings(dan)
        assert as_user(dan).get("/").context["page"].ids == []
        assert client_of(dan).get("/api/v1/faces/").json()["results"] == []
        assert client_of(dan).get("/api/v1/subjects/").json()["results"] == []
        digests = {"sha256": [face.sha256 for face in faces]}
        known = client_of(dan).post("/api/v1/faces/known/", digests, format="json")
        assert known.json() == {"known": {}}

    def test_sees_and_codes_the_face_in_their_hands(self, dan, queue, client_of, as_user):
        mine = take_next(queue, dan, "coding").item.face
        others = Face.objects.exclude(pk=mine.pk).values_list("pk", flat=True)
        for face, status in [(mine.pk, 200), *((pk, 404) for pk in others)]:
            for place in ("", "image/", "thumbnail/128/"):
                assert as_user(dan).get(f"/faces/{face}/{place}").status_code == status
            for place in ("", "image/", "codings/", "predictions/"):
                address = f"/api/v1/faces/{face}/{place}"
                answer = client_of(dan).get(address)
                assert answer.status_code in ({200} if status == 200 else {404}), address
            truth = Coding.objects.accepted().get(face=face).pk
            label = {"emotion": "positive", "seen": truth}
            answer = client_of(dan).post(f"/api/v1/faces/{face}/codings/", label, format="json")
            assert answer.status_code in ({200, 201} if status == 200 else {404})
        (subject,) = client_of(dan).get("/api/v1/subjects/").json()["results"]
        assert (subject["code"], subject["faces"]) == (mine.subject.code, 1)
        assert {coding.face_id for coding in visible_codings(dan)} == {mine.pk}
        assert not visible_reviews(dan).exclude(face=mine)

    def test_loses_it_with_the_queue_but_keeps_what_they_coded(self, dan, queue, client_of):
        first = take_next(queue, dan, "coding")
        truth = Coding.objects.accepted().get(face=first.item.face).pk
        label = {"emotion": "positive", "assignment": first.pk, "seen": truth}
        client_of(dan).post(f"/api/v1/faces/{first.item.face_id}/codings/", label, format="json")
        second = take_next(queue, dan, "coding", besides=[first.item.face_id])
        assert set(visible_faces(dan)) == {first.item.face, second.item.face}
        Queue.objects.update(is_open=False)
        assert set(visible_faces(dan)) == {first.item.face}
        Queue.objects.update(is_open=True)
        release(type(second).objects.filter(pk=second.pk))
        assert set(visible_faces(dan)) == {first.item.face}

    def test_sends_no_picture_and_no_token_lets_them(self, dan, upload, client_of):
        assert upload(client_of(dan)).status_code == 403
        with pytest.raises(Forbidden, match="upload"):
            issue_token(dan, "x", ["upload"])
        assert not Subject.objects.exists()

    def test_keeps_what_they_uploaded_as_a_coder(self, dan):
        face, _ = add_face(check_image(png()), Place(make_subject()), user=dan)
        assert set(visible_faces(dan)) == {face}
        assert not Coding.objects.exists()


def test_a_coder_sees_every_face_by_their_role(ada):
    face = make_face()
    assert set(visible_faces(ada)) == {face}
    with pytest.raises(Forbidden, match="Only reviewers"):
        request_export(ada, format="data_labels")
