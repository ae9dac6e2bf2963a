"""The 0.70 of FACS certification: said of two people, with the interval."""

import pytest

from annotations.codings.services import human_coder
from annotations.models import Coder, Face
from tests.annotations.agreement.saying import say
from tests.cast import make_user
from tests.factories import import_coder, make_face, make_subject, model_coder
from tests.pages import text_of

pytestmark = pytest.mark.django_db


def agreeing(first: Coder, second: Coder, subjects: int, *, alike: int) -> None:
    """Two faces a subject with one unit; the second coder sees it on the first `alike` faces."""
    for number, subject in enumerate(make_subject() for _ in range(subjects)):
        for frame in range(2):
            face = make_face(subject)
            say(face, first, 12)
            seen = 2 * number + frame < alike
            say(face, second, *([12] if seen else []), absent=[] if seen else [12])


def test_the_verdict_is_about_a_pair_of_people_with_its_interval(pair, boss, as_user):
    agreeing(*pair, 12, alike=24)
    page = as_user(boss).get("/agreement/")
    assert page.context["report"].pair.verdict.text == "0.70 or more"
    assert "✓</span> 0.70 or more</span>" in text_of(page)


def test_a_verdict_says_when_the_interval_crosses_the_line(pair, boss, as_user):
    agreeing(*pair, 8, alike=10)  # 2 * 10 / 26 = 0.77
    page = as_user(boss).get("/agreement/").content.decode()
    assert "0.70 or more, but the interval crosses it" in page


def test_one_subject_gives_no_interval_and_no_verdict(pair, boss, as_user):
    agreeing(*pair, 1, alike=2)
    page = text_of(as_user(boss).get("/agreement/"))
    assert "without an interval there is no verdict" in page
    assert "0.70 or more" not in page


@pytest.mark.parametrize("other", [import_coder, model_coder])
def test_no_verdict_on_an_import_or_a_model(other, pair, boss, as_user):
    agreeing(pair[0], other(), 8, alike=16)
    page = text_of(as_user(boss).get(f"/agreement/?coder={pair[0].pk}&coder={other().pk}"))
    assert "no verdict on an import or a model" in page
    assert "0.70 or more" not in page


def test_no_verdict_on_a_mean_over_many_only_on_pairs_of_people(pair, boss, as_user):
    dora = human_coder(make_user("dora", "coder"))
    agreeing(*pair, 8, alike=16)
    for face in Face.objects.all():
        for coder in (dora, import_coder()):
            say(face, coder, 12)
    chosen = "&".join(f"coder={coder.pk}" for coder in (*pair, dora, import_coder()))
    page = as_user(boss).get(f"/agreement/?{chosen}")
    verdicts = {
        (each.first.name, each.second.name): bool(each.verdict)
        for each in page.context["report"].pairs
    }
    people = [("ada", "ben"), ("ada", "dora"), ("ben", "dora")]
    assert [names for names, told in verdicts.items() if told] == people
    assert len(verdicts) == 6
    assert "A mean over 6 pairs" in text_of(page)
    assert text_of(page).count("0.70 or more</span>") == 3
