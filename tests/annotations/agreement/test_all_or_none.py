"""Agreement is shown over all faces or not at all, to whom it may be shown."""

import pytest

from annotations.codings.services import human_coder
from annotations.models import Face
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
from tests.annotations.agreement.saying import say
from tests.cast import make_user
from tests.factories import make_face

pytestmark = pytest.mark.django_db


@pytest.fixture
def coded(pair):
    faces = [make_face() for _ in range(4)]
    for face in faces:
        for coder in pair:
            say(face, coder, 12)
    return faces


def blind_everywhere(user):
    coder = human_coder(user)
    coder.codes_blind = True
    coder.save()
    return user


def blind_in_a_queue(user):
    maker = make_user("maker", "reviewer")
    plan = QueuePlan("Q", "random", first_stage="coding", people=[user, maker], is_blind=True)
    make_queue(maker, plan, Face.objects.filter(pk=Face.objects.first().pk))
    return user


@pytest.mark.parametrize("role", ["reviewer", "admin"])
@pytest.mark.parametrize("blinded", [blind_everywhere, blind_in_a_queue])
def test_who_codes_a_face_blind_gets_no_figures_and_the_reason(blinded, role, coded, as_user):
    client = as_user(blinded(make_user("fay", role)))
    page = client.get("/agreement/").content.decode()
    assert "Not shown to you yet" in page
    assert "still yours to code blind" in page
    for hint in ("ada", "κ", "1.00", "Left out", "faces of"):
        assert hint not in page.split("<main")[1].split("</main>")[0]
    answer = client.get("/agreement.csv")
    assert answer.status_code == 403
    assert "over all faces or not at all" in answer.content.decode()


def test_what_a_blind_reviewer_is_told_does_not_hang_on_hidden_readings(coded, as_user):
    client = as_user(blind_everywhere(make_user("fay", "reviewer")))
    before = client.get("/agreement/").context["withheld"]
    for face in coded[:2]:
        say(face, human_coder(make_user(f"x{face.pk}", "coder")), 4)
    assert client.get("/agreement/").context["withheld"] == before


def test_who_has_coded_their_faces_gets_the_figures_over_all(coded, as_user):
    fay = blind_everywhere(make_user("fay", "reviewer"))
    for face in coded:
        say(face, human_coder(fay), 12, is_blind=True)
    assert as_user(fay).get("/agreement/").context["report"].faces == 4


def test_coders_and_outsiders_get_nothing_blind_or_not(coded, ada, cleo, as_user):
    for user in (ada, cleo, blind_everywhere(make_user("gus", "coder"))):
        for path in ("/agreement/", "/agreement.csv"):
            assert as_user(user).get(path).status_code == 404


@pytest.mark.parametrize("value", ["9" * 25, "x", "-1", "1.5", "", "\x00", "0"])
def test_a_coder_that_makes_no_sense_is_named_and_never_an_error(value, coded, boss, as_user):
    for query in ({"coder": value}, {"coder": [value, value]}, {"first": value, "second": value}):
        client = as_user(boss)
        asked_nothing = value == "" and "coder" not in query
        page = client.get("/agreement/", query)
        assert page.status_code == 200
        assert ("There is no such coder" in page.content.decode()) is not asked_nothing
        assert client.get("/agreement.csv", query).status_code == (200 if asked_nothing else 400)


def test_earlier_links_with_first_and_second_still_work(coded, pair, boss, as_user):
    query = f"first={pair[0].pk}&second={pair[1].pk}"
    page = as_user(boss).get(f"/agreement/?{query}")
    assert page.context["report"].coders == pair
    assert f"agreement.csv?first={pair[0].pk}" in page.content.decode()
