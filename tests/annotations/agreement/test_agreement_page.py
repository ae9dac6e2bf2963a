"""The agreement page and its CSV: for reviewers, from the codings that stand."""

import csv
import io

import pytest

from annotations.codings.services import human_coder
from annotations.models import Coder
from tests.cast import make_user
from tests.factories import import_coder, make_coding, make_face, make_subject, model_coder
from tests.pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def coded(ada, ben):
    """Twelve faces of six subjects: Ada and Ben see the same but for one face; CK+ the same."""
    subjects = [make_subject() for _ in range(6)]
    for number in range(12):
        face = make_face(subjects[number // 2])
        kind = {"emotion": "positive", "present": (6, 12), "absent": (4,)}
        if number % 3 == 0:
            kind = {"emotion": "negative", "present": (4,), "absent": (6, 12)}
        make_coding(face, import_coder(), **kind)
        make_coding(face, human_coder(ada), truth=False, **kind)
        if number == 5:
            kind = {"emotion": "surprise", "present": (12,), "absent": (4, 6)}
        make_coding(face, human_coder(ben), truth=False, **kind)
    make_coding(make_face(), model_coder())  # nobody else coded this face


def pair(first: str, second: str) -> str:
    ids = {coder.name: coder.pk for coder in Coder.objects.all()}
    return f"first={ids[first]}&second={ids[second]}"


def choose(*names: str) -> str:
    ids = {coder.name: coder.pk for coder in Coder.objects.all()}
    return "&".join(f"coder={ids[name]}" for name in names)


def rows_of(answer) -> dict[str, dict[str, str]]:
    table = csv.DictReader(io.StringIO(answer.content.decode()))
    return {row["of"]: row for row in table}


def test_two_coders_figures(as_user, ben, coded):
    rows = rows_of(as_user(ben).get(f"/agreement.csv?{pair('ada', 'ben')}"))
    assert rows["emotion"]["faces"] == "12"
    assert float(rows["emotion"]["agreement"]) == pytest.approx(11 / 12, abs=1e-4)
    assert float(rows["AU12"]["kappa"]) == 1
    assert float(rows["AU6"]["agreement"]) == pytest.approx(11 / 12, abs=1e-4)
    # Ada scored 8 + 8 + 4 units present, Ben one less; 19 of them alike.
    assert float(rows["units"]["wexler"]) == pytest.approx(2 * 19 / 39, abs=1e-4)
    assert float(rows["AU6"]["kappa_low"]) <= float(rows["AU6"]["kappa"])


def test_page_shows_figures_a_picture_and_a_warning(as_user, ben, coded):
    text = text_of(as_user(ben).get(f"/agreement/?{pair('ada', 'ben')}"))
    for words in ("FACS certification asks for", "0.70 or more", "Each action unit", "<svg",
                  "near 0", "Only 6 subjects", "agreement.csv?first="):  # fmt: skip
        assert words in text
    assert "style=" not in text


def test_only_people_count_unless_an_import_or_a_model_is_chosen(as_user, ben, coded):
    page = as_user(ben).get("/agreement/")
    assert [coder.name for coder in page.context["report"].coders] == ["ada", "ben"]
    assert "people only; imports and models count where you choose them" in text_of(page)
    page = as_user(ben).get(f"/agreement/?{choose('ada', 'ben', 'CK+')}")
    names = {(pair.first.name, pair.second.name) for pair in page.context["report"].pairs}
    assert names == {("ada", "ben"), ("ada", "CK+"), ("ben", "CK+")}
    assert "the coders that you chose" in page.content.decode()


def test_blind_codings_alone(as_user, ben, coded):
    page = as_user(ben).get(f"/agreement/?blind=on&{pair('ada', 'ben')}")
    assert page.context["report"].rows == []
    assert "Nobody has coded the same face yet" in page.content.decode()


@pytest.mark.parametrize("query", ["first=999999", "first=x&second=y", "first=&second="])
def test_a_coder_that_nobody_knows(as_user, ben, coded, query):
    answer = as_user(ben).get(f"/agreement/?{query}")
    assert answer.status_code == 200
    assert ("There is no such coder" in answer.content.decode()) is ("=&" not in query)


def test_csv_of_a_coder_that_nobody_knows(as_user, ben, coded):
    answer = as_user(ben).get("/agreement.csv?first=999999")
    assert answer.status_code == 400
    assert "There is no such coder" in answer.content.decode()


def test_one_coder_alone_is_not_ignored(as_user, ben, coded):
    one = pair("ada", "ben").partition("&")[0]
    assert "Choose two coders" in as_user(ben).get(f"/agreement/?{one}").content.decode()


def test_with_oneself(as_user, ben, coded):
    answer = as_user(ben).get(f"/agreement/?{pair('ada', 'ada')}")
    assert "Choose two different coders" in answer.content.decode()


def test_nothing_coded_yet(as_user, ben):
    assert "Make a queue" in as_user(ben).get("/agreement/").content.decode()
    assert as_user(ben).get("/agreement.csv").status_code == 200


def test_coders_and_outsiders_see_nothing(as_user, ada, cleo, coded):
    for user in (ada, cleo):
        for path in ("/agreement/", "/agreement.csv"):
            assert as_user(user).get(path).status_code == 404


def test_a_name_is_no_formula(as_user, ben, coded):
    Coder.objects.filter(name="ada").update(name="=cmd()")
    text = as_user(ben).get(f"/agreement.csv?{pair('=cmd()', 'ben')}").content.decode()
    assert "'=cmd()" in text
    assert "\n=cmd()" not in text


def test_queries_do_not_grow_with_faces(as_user, ben, coded, django_assert_max_num_queries):
    client = as_user(ben)
    dora = human_coder(make_user("dora", "coder"))
    for _ in range(20):
        face = make_face()
        make_coding(face, import_coder())
        make_coding(face, dora, truth=False)
    with django_assert_max_num_queries(12):
        client.get("/agreement/")
