"""What lists may be asked: a name that one doesn't know is told, never passed over."""

import pytest

from tests.access.world import endpoints
from tests.factories import make_coding, make_face, model_coder

pytestmark = pytest.mark.django_db
LISTS = sorted(
    f"/{endpoint.route.replace('^', '').rstrip('$')}"
    for endpoint in endpoints()
    if endpoint.is_api and endpoint.name.endswith("-list")
)


@pytest.mark.parametrize("path", LISTS)
def test_a_parameter_that_a_list_does_not_know_is_refused(client_of, boss, path):
    if "predictions" in path:
        pytest.skip("it has no list")
    client = client_of(boss)
    assert client.get(path, {"page_size": 1}).status_code == 200
    answer = client.get(path, {"uploader__password__startswith": "a"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert "no such parameter" in answer.json()["fields"]["uploader__password__startswith"][0]
    for size in ("0", "201", "x"):
        assert client.get(path, {"page_size": size}).json()["fields"].keys() == {"page_size"}


def test_only_the_fields_that_are_asked_for_come_back(
    client_of, ben, django_assert_max_num_queries
):
    make_coding(make_face(), model_coder(), emotion="positive", present=(12,))
    client = client_of(ben)
    (whole,) = client.get("/api/v1/codings/").json()["results"]
    with django_assert_max_num_queries(6):
        (sparse,) = client.get("/api/v1/codings/?fields=id,emotion").json()["results"]
    assert sparse == {"id": whole["id"], "emotion": "positive"}
    answer = client.get("/api/v1/codings/?fields=id,password")
    assert "There is no field password" in answer.json()["fields"]["fields"][0]
