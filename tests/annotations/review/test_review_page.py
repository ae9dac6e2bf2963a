"""One face: what its page shows, and what each decision does."""

import pytest

from annotations.models import Coding, Review
from tests.factories import make_coding, make_face, model_coder

pytestmark = pytest.mark.django_db


@pytest.fixture
def face():
    face = make_face()
    make_coding(face, emotion="negative", present=(4,), absent=(6, 12))
    make_coding(face, model_coder())
    return face


def truth_of(face) -> Coding:
    return face.codings.get(is_accepted=True)


def decide(client, face, decision, query="", **data):
    truth = face.codings.filter(is_accepted=True).first()
    given = {
        "decision": decision,
        "seen": truth.pk if truth else "",
        "model": face.codings.get(coder_kind="model").pk,
        "emotion": "positive",
        "au": ["6", "12"],
    }
    return client.post(f"/faces/{face.pk}/review/{query}", given | data)


def test_page_shows_both_readings(as_user, ben, face):
    text = as_user(ben).get(f"/faces/{face.pk}/").content.decode()
    for hook in ('id="au-12"', 'data-truth-au="12"', 'data-model-au="12"', 'id="face-image"'):
        assert hook in text
    assert "Zygomaticus major" in text
    assert "90 %" in text


def test_face_without_any_coding_has_a_page(as_user, ben):
    assert as_user(ben).get(f"/faces/{make_face().pk}/").status_code == 200


def test_page_has_a_fixed_number_of_queries(as_user, ben, face, django_assert_max_num_queries):
    client = as_user(ben)
    for emotion in ("surprise", "positive", "negative") * 3:
        decide(client, face, "correct", emotion=emotion)
    with django_assert_max_num_queries(30):  # two of them are for the audit
        client.get(f"/faces/{face.pk}/")


def test_reviewer_keeps_the_truth(as_user, ben, face):
    before = truth_of(face)
    answer = decide(as_user(ben), face, "accept_truth")
    assert answer.status_code == 303
    assert truth_of(face) == before
    assert Review.objects.get().decision == "accept_truth"


def test_reviewer_takes_the_models_reading(as_user, ben, face):
    decide(as_user(ben), face, "accept_model")
    assert truth_of(face).emotion == "positive"
    assert truth_of(face).coder_kind == "human"


def test_reviewer_corrects_the_truth(as_user, ben, face):
    client = as_user(ben)
    answer = decide(client, face, "correct", emotion="surprise", au=["1", "12"], comment="brows")
    assert answer["Location"] == f"/faces/{face.pk}/"
    present = truth_of(face).scores.filter(present=True).values_list("au", flat=True)
    assert list(present) == [1, 12]
    assert not truth_of(face).is_independent  # the form was filled with the truth
    text = client.get(answer["Location"]).content.decode()
    assert "Correction saved" in text
    assert "AU12 absent → present" in text
    assert "brows" in text


def test_coders_correction_becomes_a_proposal(as_user, ada, face):
    before = truth_of(face)
    assert decide(as_user(ada), face, "correct").status_code == 303
    assert truth_of(face) == before
    assert Review.objects.get().decision == "propose"


def test_coder_is_offered_a_proposal_only(as_user, ada, face):
    text = as_user(ada).get(f"/faces/{face.pk}/").content.decode()
    assert "Save my coding" in text
    assert "accept_truth" not in text
    assert decide(as_user(ada), face, "accept_truth").status_code == 403
    assert not Review.objects.exists()


def test_stale_page_is_a_conflict_and_keeps_what_was_typed(as_user, ben, face):
    seen = truth_of(face).pk
    decide(as_user(ben), face, "correct", emotion="surprise")
    answer = decide(as_user(ben), face, "correct", seen=seen, au=["27"], comment="my long thought")
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "my long thought" in text
    assert [row.comparison.unit.number for row in answer.context["page"].rows if row.checked] == [
        27
    ]
    assert Review.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"decision": "burn"}, {"au": ["99"]}, {"au": ["x"]}, {"emotion": "joy"}, {"seen": "x"}],
)
def test_senseless_input_is_refused_with_a_message(as_user, ben, face, wrong):
    answer = decide(as_user(ben), face, **({"decision": "correct"} | wrong))
    assert answer.status_code == 400
    assert "Not saved" in answer.content.decode()
    assert not Review.objects.exists()


def test_reviewer_goes_on_within_the_filter(as_user, ben, face):
    make_coding(make_face(), emotion="positive")
    wanted = make_face()
    make_coding(wanted, emotion="negative")
    client = as_user(ben)
    answer = decide(client, face, "correct", "?emotion=negative", and_next="on")
    assert answer["Location"] == f"/faces/{wanted.pk}/?emotion=negative&on=1"
    assert client.get(answer["Location"]).context["page"].and_next


def test_reading_never_writes(as_user, ben, face):
    assert as_user(ben).get(f"/faces/{face.pk}/review/").status_code == 405
    assert as_user(ben).post(f"/faces/{face.pk}/").status_code == 405


def test_cleo_finds_no_face(as_user, cleo, face):
    client = as_user(cleo)
    assert client.get(f"/faces/{face.pk}/").status_code == 404
    assert decide(client, face, "correct").status_code == 404
    assert not Review.objects.exists()


def test_coder_goes_on_from_their_own_coding(as_user, ada, face):
    client = as_user(ada)
    decide(client, face, "propose", emotion="surprise", au=["27"])
    rows = {row.unit.number: row for row in client.get(f"/faces/{face.pk}/").context["page"].rows}
    assert rows[27].checked
    assert not rows[4].checked  # as in the ground truth
