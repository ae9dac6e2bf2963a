"""The balance of a run's labels, on its page and in the API."""

import re

import pytest

from tests.factories import make_coding, make_face, make_run, make_subject, make_version
from training.making.samples import freeze_truth
from training.ml.imbalance import imbalance

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    for number in range(24):
        gender = "female" if number % 2 else "male"
        face = make_face(make_subject(f"S{number % 12:03d}", gender=gender))
        smile = number % 3 == 0
        make_coding(
            face,
            emotion="positive" if smile else "negative",
            present=(6, 12) if smile else (4,),
            absent=(4,) if smile else (6, 12),
        )
    snapshot, samples = freeze_truth()
    balance = imbalance(samples, {sample.id: "test" for sample in samples})
    return make_run(
        status="succeeded", version=make_version(), snapshot=snapshot, balance=balance.to_json()
    )


def test_numbers_lead_to_exactly_their_faces(as_user, ben, boss, run):
    assert "gender=" not in as_user(ben).get(f"/training/{run.pk}/balance/").content.decode()
    client = as_user(boss)
    text = client.get(f"/training/{run.pk}/balance/").content.decode()
    assert "24 faces of 12 subjects" in text
    links = re.findall(r'<a href="(/\?[^"]+)"\s+title="AU12 on (\d+) of 8 faces with AU6"', text)
    links += re.findall(r'<a class="small" href="(/\?au=12&amp;gender=male[^"]+)">(\d+)<', text)
    links += re.findall(r'<a href="(/\?emotion=negative&amp;model[^"]+)">(\d+)<', text)
    assert [int(count) for _, count in links] == [8, 4, 16]
    for link, count in links:
        found = client.get(link.replace("&amp;", "&"))
        assert f"{count} of 24" in re.sub(r"\s+", " ", found.content.decode()), link


def test_heat_maps_show_ckplus_and_the_difference(as_user, ben, run):
    page = f"/training/{run.pk}/balance/"
    client = as_user(ben)
    assert "327 sequences of CK+" in client.get(f"{page}?map=ckplus").content.decode()
    # AU12 on none of 16 negative faces; in CK+ on 2 of 3 hundred or so.
    difference = client.get(f"{page}?map=difference").content.decode()
    assert re.search(r"AU12 with negative: 0 %, in CK\+ \d %", difference)
    assert client.get(f"{page}?map=nonsense").context["which"] == "data"


def test_page_has_a_fixed_number_of_queries(as_user, ben, run, django_assert_max_num_queries):
    client = as_user(ben)
    with django_assert_max_num_queries(8):
        client.get(f"/training/{run.pk}/balance/")


def test_run_without_balance_says_so(as_user, ben, client_of):
    run = make_run(status="succeeded")
    page = as_user(ben).get(f"/training/{run.pk}/balance/")
    assert "Not measured for this run" in page.content.decode()
    assert client_of(ben).get(f"/api/v1/training-runs/{run.pk}/balance/").status_code == 404


def test_api_tells_what_the_page_tells(ben, run, client_of):
    told = client_of(ben).get(f"/api/v1/training-runs/{run.pk}/balance/").json()
    assert told["balance"]["overall"]["units"]["12"]["shown"] == 8
    assert {rule["rule"] for rule in told["rules"]} >= {
        flag["rule"] for flag in told["balance"]["flags"]
    }
    assert told["ckplus"]["coded"][0][0] == 327
