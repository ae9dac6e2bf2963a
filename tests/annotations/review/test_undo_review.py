"""Taking decisions back, one and many; flags; what is sent twice."""

import uuid

import pytest
from django.core import serializers

from annotations.codings.reading import Reading, Score
from annotations.codings.services import human_coder
from annotations.models import ActionUnitScore, BulkAction, Coding, Face, Flag, Review, Subject
from annotations.problems import InvalidCoding, StaleCoding
from annotations.review import bulk
from annotations.review.context import ReviewContext, Statement
from annotations.review.decisions import correct, undo_review
from facsweb.problems import Forbidden
from tests.cast import make_user
from tests.factories import make_coding, make_face, model_coder

pytestmark = pytest.mark.django_db

READING = Reading("negative", {4: Score(True, "C")})


@pytest.fixture
def face():
    face = make_face()
    make_coding(face)
    return face


def truth(face) -> Coding:
    return face.codings.accepted().get()


def test_undo_restores_the_former_truth(face, ben):
    before = truth(face)
    review = correct(ReviewContext(face, ben, seen=before.pk), Statement(READING))
    undone = undo_review(review, ben)
    assert truth(face) == before
    assert undone.undoes == review
    assert Coding.objects.get(pk=review.result_id).is_withdrawn


def test_undo_of_a_first_truth_leaves_none(ben):
    face = make_face()
    review = correct(ReviewContext(face, ben, seen=None), Statement(READING))
    undo_review(review, ben)
    assert not face.codings.accepted().exists()


def test_undo_twice_is_refused(face, ben):
    review = correct(ReviewContext(face, ben, seen=truth(face).pk), Statement(READING))
    undo_review(review, ben)
    with pytest.raises(StaleCoding):
        undo_review(Review.objects.get(pk=review.pk), ben)


def test_what_somebody_decided_on_since_is_not_undone(face, ben, boss):
    review = correct(ReviewContext(face, ben, seen=truth(face).pk), Statement(READING))
    later = correct(ReviewContext(face, boss, seen=truth(face).pk), Statement(Reading("surprise")))
    with pytest.raises(StaleCoding):
        undo_review(review, ben)
    assert truth(face) == later.result


def test_only_who_decided_or_an_admin_undoes(face, ben, boss):
    review = correct(ReviewContext(face, ben, seen=truth(face).pk), Statement(READING))
    with pytest.raises(Forbidden):
        undo_review(review, make_user("dan", "reviewer"))
    undo_review(review, boss)


def test_undo_on_the_page(as_user, ben, cleo, face):
    review = correct(ReviewContext(face, ben, seen=truth(face).pk), Statement(READING))
    assert as_user(cleo).post(f"/reviews/{review.pk}/undo/").status_code == 404
    assert f"/reviews/{review.pk}/undo/" in as_user(ben).get(f"/faces/{face.pk}/").content.decode()
    as_user(ben).post(f"/reviews/{review.pk}/undo/")
    text = as_user(ben).get(f"/faces/{face.pk}/").content.decode()
    assert "undid" in text
    assert truth(face).coder_kind == "import"


def test_the_same_request_twice_decides_once(as_user, ben, face):
    given = {
        "decision": "correct", "seen": truth(face).pk, "emotion": "negative",
        "request_id": str(uuid.uuid4()),
    }  # fmt: skip
    client = as_user(ben)
    for _ in range(2):
        answer = client.post(
            f"/faces/{face.pk}/review/", given, headers={"Accept": "application/json"}
        )
        assert answer.status_code == 200
    assert Review.objects.count() == 1


def test_two_people_saving_the_same_face_get_a_conflict(as_user, ben, boss, face):
    given = {"decision": "correct", "seen": truth(face).pk, "emotion": "negative"}
    as_json = {"Accept": "application/json"}
    assert as_user(ben).post(f"/faces/{face.pk}/review/", given, headers=as_json).status_code == 200
    answer = as_user(boss).post(f"/faces/{face.pk}/review/", given, headers=as_json)
    assert answer.status_code == 409
    assert answer.json()["code"] == "stale_coding"
    assert "by ben" in answer.json()["detail"]
    assert truth(face).coder.user == ben


def test_odd_codings_are_saved_with_a_warning(as_user, ben, face):
    given = {"decision": "correct", "seen": truth(face).pk, "au": ["25", "26", "27"]}
    answer = as_user(ben).post(
        f"/faces/{face.pk}/review/", given, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 200
    assert "AU26 with AU27" in answer.json()["warnings"][0]
    assert truth(face).scores.get(au=27).present


# Bulk actions


@pytest.fixture
def sure_faces(ben):
    """Six faces that the model is sure of and two people agree with it; one they don't."""
    people = [human_coder(make_user(name, "coder")) for name in ("dora", "emil")]
    faces = [make_face() for _ in range(7)]
    for number, face in enumerate(faces):
        make_coding(face, emotion="negative", present=(4,), absent=(6, 12))
        prediction = make_coding(face, model_coder())
        for coder in people:
            if number < 6:
                scores = {score.au: Score(score.present) for score in prediction.scores.all()}
                emotion, present = (
                    prediction.emotion,
                    tuple(au for au in scores if scores[au].present),
                )
                absent = tuple(au for au in scores if not scores[au].present)
                make_coding(
                    face, coder, emotion=emotion, present=present, absent=absent, truth=False
                )
    return faces


def criteria(**fields) -> bulk.Criteria:
    return bulk.Criteria(**{"model": model_coder(), "confidence": 0.75, "agreeing": 2, **fields})


def pks(faces) -> list[int]:
    return [face.pk for face in faces]


def dump() -> dict[tuple, str]:
    rows = {}
    for model in (Subject, Face, Coding, ActionUnitScore, Review, Flag):
        for row in model.objects.order_by("pk"):
            rows[model.__name__, row.pk] = serializers.serialize("json", [row])
    return rows


def test_preview_says_what_would_change_and_writes_nothing(sure_faces):
    before = dump()
    shown = bulk.preview(Face.objects.all(), criteria())
    assert [each.face for each in shown.planned] == pks(sure_faces[:6])
    assert "emotion negative → positive" in bulk.described(shown.planned)[0].changes
    assert dump() == before


@pytest.mark.parametrize(("fields", "count"), [
    ({"agreeing": 0}, 7), ({"agreeing": 3}, 0), ({"confidence": 0.95}, 0),
])  # fmt: skip
def test_conditions_narrow(sure_faces, fields, count):
    assert len(bulk.preview(Face.objects.all(), criteria(**fields)).planned) == count


def test_faces_unlike_the_training_are_left_out_however_sure_the_model_is(sure_faces, as_user, ben):
    unlike = sure_faces[0].codings.predictions().get()
    Coding.objects.filter(pk=unlike.pk).update(distance=1.01)
    shown = bulk.preview(Face.objects.all(), criteria())
    assert [each.face for each in shown.planned] == pks(sure_faces[1:6])
    assert (shown.unchanged, shown.unlike) == (0, 1)
    page = as_user(ben).get("/bulk/?confidence=0.75&agreeing=2").content.decode()
    assert "1 is left out, being unlike the faces" in " ".join(page.split())


def test_undoing_a_bulk_action_restores_every_row(sure_faces, ben):
    before = dump()
    truths = {face.pk: truth(face).pk for face in sure_faces}
    shown = bulk.preview(Face.objects.all(), criteria())
    action = bulk.apply(ben, Face.objects.all(), criteria(), shown.digest)
    assert action.reviews.count() == 6
    assert all(truth(face).emotion == "positive" for face in sure_faces[:6])
    assert bulk.undo(action, ben) == bulk.Undone(restored=6, kept=0)
    after = dump()
    assert {key: after[key] for key in before} == before
    added = [key for key in after if key not in before]
    assert {name for name, _ in added} == {"Coding", "ActionUnitScore", "Review"}  # history only
    assert {face.pk: truth(face).pk for face in sure_faces} == truths
    assert len(bulk.preview(Face.objects.all(), criteria()).planned) == 6


def test_bulk_undo_keeps_what_was_decided_since(sure_faces, ben, boss):
    shown = bulk.preview(Face.objects.all(), criteria())
    action = bulk.apply(ben, Face.objects.all(), criteria(), shown.digest)
    later = correct(
        ReviewContext(sure_faces[0], boss, seen=truth(sure_faces[0]).pk), Statement(READING)
    )
    assert bulk.undo(action, ben) == bulk.Undone(restored=5, kept=1)
    assert truth(sure_faces[0]) == later.result
    with pytest.raises(StaleCoding):
        bulk.undo(action, ben)


def test_bulk_refuses_what_was_not_shown(sure_faces, ben, ada):
    shown = bulk.preview(Face.objects.all(), criteria())
    correct(ReviewContext(sure_faces[0], ben, seen=truth(sure_faces[0]).pk), Statement(READING))
    with pytest.raises(StaleCoding):
        bulk.apply(ben, Face.objects.all(), criteria(), shown.digest)
    with pytest.raises(Forbidden):
        bulk.apply(ada, Face.objects.all(), criteria(), shown.digest)
    with pytest.raises(InvalidCoding):
        bulk.apply(ben, Face.objects.all(), criteria(confidence=0.99), shown.digest)
    assert not BulkAction.objects.exists()


def test_bulk_pages(as_user, ben, ada, sure_faces):
    client = as_user(ben)
    page = client.get("/bulk/?confidence=0.75&agreeing=2")
    assert "6 ground truths would change" in page.content.decode()
    digest = page.context["shown"].digest
    given = {"confidence": "0.75", "agreeing": "2", "digest": digest}
    assert client.post("/bulk/", given | {"digest": "other"}).status_code == 409
    client.post("/bulk/", given)
    action = BulkAction.objects.get()
    assert "bulk action" in client.get(f"/faces/{sure_faces[0].pk}/").content.decode().lower()
    client.post(f"/bulk/{action.pk}/undo/")
    assert truth(sure_faces[0]).emotion == "negative"
    assert "Undone by ben" in client.get("/bulk/").content.decode()
    assert client.get("/bulk/?confidence=7&agreeing=2").status_code == 200
    for path in ("/bulk/", f"/bulk/{action.pk}/undo/"):
        assert as_user(ada).post(path).status_code == 404


# Flags


def test_a_flag_is_raised_shown_and_resolved(as_user, ada, ben, face):
    client = as_user(ada)
    client.post(f"/faces/{face.pk}/flag/", {"comment": "Two people in it"})
    assert "Two people in it" in as_user(ben).get(f"/faces/{face.pk}/").content.decode()
    assert len(as_user(ben).get("/?flagged=on").context["cards"]) == 1
    flag = Flag.objects.get()
    as_user(ben).post(f"/flags/{flag.pk}/resolve/")
    assert as_user(ben).get("/?flagged=on").context["cards"] == []
    history = as_user(ben).get(f"/faces/{face.pk}/").content.decode()
    assert "resolved the flag" in history


@pytest.mark.parametrize("comment", ["", "  ", "x" * 501])
def test_a_flag_needs_a_short_comment(as_user, ada, face, comment):
    as_user(ada).post(f"/faces/{face.pk}/flag/", {"comment": comment})
    assert not Flag.objects.exists()


def test_outsider_neither_flags_nor_resolves(as_user, ada, cleo, face):
    as_user(ada).post(f"/faces/{face.pk}/flag/", {"comment": "dark"})
    client = as_user(cleo)
    assert client.post(f"/faces/{face.pk}/flag/", {"comment": "x"}).status_code == 404
    assert client.post(f"/flags/{Flag.objects.get().pk}/resolve/").status_code == 404
