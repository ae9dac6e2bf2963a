"""A thousand random codings by two people: the page tells what published packages tell."""

import csv
import io
import random

import pytest

from annotations.agreement.figures import STATISTICS
from annotations.codings.services import human_coder
from annotations.models import Face
from tests.annotations.agreement.simulated import Coders
from tests.annotations.agreement.tables import check, expected_figures
from tests.cast import make_user
from tests.factories import import_coder, make_coding, make_subject, model_coder

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(ada):
    return [ada, make_user("dora", "coder")]


@pytest.fixture
def coders(people, as_user, client_of, settings):
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    ids = {human_coder(user).pk: user for user in people}
    clients = {coder: as_user(user) for coder, user in ids.items()}
    return Coders(11, clients, {coder: client_of(user) for coder, user in ids.items()})


def make_faces(count: int) -> list:
    """Faces that an import and a model read too, differently: nothing is copied from either."""
    subjects = [make_subject() for _ in range(count // 8)]
    faces = Face.objects.bulk_create(  # nobody looks at the pictures
        Face(subject=subjects[number % len(subjects)], frame=number, sha256=f"{number:064d}",
             file="faces/x.png", width=24, height=24, colour_mode="greyscale")
        for number in range(count)
    )  # fmt: skip
    for face in faces[::5]:
        make_coding(face, model_coder(), present=(1, 2, 4), absent=(6, 12))
        coding = make_coding(
            face, import_coder(), present=(5, 10, 16, 25), absent=(9, 20, 21),
        )  # fmt: skip
        face.truth_shown = coding.pk
    return faces


def code_and_recode(coders: Coders, faces: list, *, each: int, again: int) -> None:
    draw = random.Random(7)
    for coder in coders.clients:
        mine = draw.sample(faces, each)
        coders.code(coder, mine)
        coders.code(coder, draw.sample(mine, again))
        coders.take_back(coder, draw.sample(mine, again // 3))


def check_csv(text: str, expected) -> None:
    rows = {row["of"]: row for row in csv.DictReader(io.StringIO(text))}
    for key, figures in expected.items():
        for name in figures.keys() & STATISTICS.keys():
            told = rows[key][name]
            assert (float(told) if told else float("nan")) == pytest.approx(
                figures[name], abs=6e-5, nan_ok=True
            ), (key, name)


def test_a_thousand_codings_through_the_editor_and_the_api(coders, boss, as_user):
    code_and_recode(coders, make_faces(500), each=400, again=75)
    assert coders.codings == 1000
    pair, table = list(coders.clients), coders.table()
    client = as_user(boss)
    report = client.get("/agreement/").context["report"]
    assert [coder.pk for coder in report.coders] == pair
    assert report.faces == sum(len(line) == 2 for line in table.values()) > 250
    assert report.alone == sum(len(line) == 1 for line in table.values()) > 100
    expected = expected_figures(table, pair)
    assert check(report, expected) > 18 * 5
    check_csv(client.get("/agreement.csv").content.decode(), expected)


def test_blind_only_takes_what_each_said_first(coders, people, boss, as_user):
    for user in people:
        coder = human_coder(user)
        coder.codes_blind = True
        coder.save()
    code_and_recode(coders, make_faces(40), each=36, again=12)
    pair, client = list(coders.clients), as_user(boss)
    first, latest = coders.table(first=True), coders.table()
    assert first != latest
    for query, table in (("?blind=on", first), ("", latest)):
        report = client.get(f"/agreement/{query}").context["report"]
        assert check(report, expected_figures(table, pair)) > 90
