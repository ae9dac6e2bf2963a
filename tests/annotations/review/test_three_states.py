"""Present, absent, not coded: what the editor's form says of each action unit."""

import pytest

from annotations import facs
from annotations.codings.services import human_coder
from annotations.models import Coding, Review
from tests.annotations.editor_form import as_opened, page_of, save, units

pytestmark = pytest.mark.django_db


# Three states


def test_what_is_in_neither_list_is_not_coded(as_user, ada, face):
    save(as_user(ada), face, au=["12"], absent=["6"], **{"intensity-12": "C"})
    coding = Coding.objects.get(coder__user=ada)
    assert units(coding) == {6: False, 12: True}
    assert coding.scores.get(au=12).intensity == "C"


def test_the_rest_is_absent_only_where_the_coder_says_so(as_user, ada, face):
    save(as_user(ada), face, au=["12"], rest_absent="on")
    stored = units(Coding.objects.get(coder__user=ada))
    assert stored == {au: au == 12 for au in facs.MODEL_ACTION_UNITS}


def test_no_action_unit_is_said_on_purpose(as_user, blind_ada, face):
    assert save(as_user(blind_ada), face, no_unit="on").status_code == 200
    coding = Coding.objects.get(coder__user=blind_ada)
    assert units(coding) == dict.fromkeys(facs.MODEL_ACTION_UNITS, False)
    assert (coding.emotion, coding.is_blind) == ("", True)


@pytest.mark.parametrize(("given", "named"), [
    ({"au": ["6", "12"], "absent": ["12", "4"]}, "AU12: marked both present and absent"),
    ({"au": ["12"], "no_unit": "on"}, "AU12 present"),
    ({"au": ["6"], "intensity-12": "C"}, "AU12: an intensity is of a unit that is marked present"),
    ({"au": ["5"]}, "5"),
    ({"absent": ["x"]}, "x"),
])  # fmt: skip
def test_a_form_that_contradicts_itself_is_refused_by_name(as_user, ada, face, given, named):
    answer = save(as_user(ada), face, **given)
    assert answer.status_code == 400
    assert named in answer.json()["detail"]
    assert not Review.objects.exists()


def test_a_refused_form_is_shown_again_as_it_was(as_user, ada, face):
    answer = save(
        as_user(ada), face, headers={}, au=["6", "12"], absent=["12"], rest_absent="on",
        comment="odd", emotion="surprise", **{"intensity-6": "D"},
    )  # fmt: skip
    page = answer.context["page"]
    rows = {row.unit.number: row.held for row in page.rows}
    assert (rows[6].present, rows[6].intensity) == (True, "D")
    assert (rows[12].present, rows[12].absent) == (True, True)
    assert rows[1].by_rest
    assert (page.comment, page.rest_is_absent) == ("odd", True)
    assert [choice.value for choice in page.emotions if choice.checked] == ["surprise"]


# "The rest is absent" is remembered


def test_the_rest_is_remembered_per_person(as_user, ada, ben, face):
    client = as_user(ada)
    assert "What you don&#x27;t touch is not coded." in page_of(client, face)
    assert client.post("/coding/rest/", {"rest_absent": "on"}).status_code == 204
    text = page_of(client, face)
    assert "What you don&#x27;t touch is stored as absent." in text
    assert text.count("by-rest") == 15
    assert not client.get(f"/faces/{face.pk}/").context["page"].start.reading.scores
    assert not as_user(ben).get(f"/faces/{face.pk}/").context["page"].rest_is_absent
    client.post("/coding/rest/", {"rest_absent": ""})
    assert "by-rest" not in page_of(client, face)


def test_a_plain_form_remembers_it_with_the_coding(as_user, ada, face):
    save(as_user(ada), face, headers={}, au=["12"], rest_absent="on")
    assert human_coder(ada).rest_is_absent
    save(as_user(ada), face, headers={}, au=["6"], rest_before="on")
    assert not human_coder(ada).rest_is_absent


def test_an_old_coding_is_filled_up_only_by_switching_it_on(as_user, ada, face):
    client = as_user(ada)
    save(client, face, au=["12"])
    client.post("/coding/rest/", {"rest_absent": "on"})
    opened = as_opened(client, face)
    assert "by-rest" not in page_of(client, face)
    save(client, face, **opened)  # remembered from elsewhere: no touch
    assert Coding.objects.filter(coder__user=ada).count() == 1
    save(client, face, **(opened | {"rest_before": ""}))  # switched on here
    assert len(units(Coding.objects.filter(coder__user=ada).first())) == 15


def test_outsiders_remember_nothing(as_user, cleo):
    assert as_user(cleo).post("/coding/rest/", {"rest_absent": "on"}).status_code == 404
