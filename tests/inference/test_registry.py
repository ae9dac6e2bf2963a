"""Aliases move with who, when, from, to, why; the history is written once; back with one click."""

import pytest

from facsweb.problems import AppendOnly, Forbidden
from inference.models import AliasMove, ModelAlias
from inference.registry import (
    LONGEST_REASON,
    InvalidReason,
    NothingToRollBack,
    champion,
    promote,
    register_version,
    roll_back,
)
from tests.factories import make_version

pytestmark = pytest.mark.django_db


def history() -> list[tuple]:
    moves = AliasMove.objects.filter(alias="champion").select_related("previous", "version")
    return [
        (str(move.previous), str(move.version), str(move.moved_by), move.reason) for move in moves
    ]


@pytest.fixture
def two():
    return make_version("VGG16-old", champion=True), make_version("VGG16-new")


def test_a_promotion_is_on_record_with_who_and_why(two, boss):
    _, new = two
    promote(new, boss, "  Finds AU12.  ")
    assert champion() == new
    assert history()[0] == ("VGG16-old", "VGG16-new", "boss", "Finds AU12.")
    assert new.coder.__class__.objects.get(is_default=True) == new.coder


def test_the_champion_again_changes_nothing(two, boss):
    old, _ = two
    promote(old, boss, "Once more.")
    assert len(history()) == 1


@pytest.mark.parametrize("reason", ["", "  \n", "x" * (LONGEST_REASON + 1), "a\0b"])
def test_no_promotion_without_a_reason(two, boss, reason):
    with pytest.raises(InvalidReason):
        promote(two[1], boss, reason)
    assert champion() == two[0]
    assert len(history()) == 1


def test_only_an_admin_promotes_and_rolls_back(two, boss, ben):
    promote(two[1], boss, "Better.")
    with pytest.raises(Forbidden):
        promote(two[0], ben, "Better.")
    with pytest.raises(Forbidden):
        roll_back(ben)
    assert champion() == two[1]


def test_back_and_forth(two, boss):
    old, new = two
    with pytest.raises(NothingToRollBack):
        roll_back(boss)
    promote(new, boss, "Better.")
    assert roll_back(boss) == old == champion()
    assert roll_back(boss) == new == champion()
    assert [row[3] for row in history()[:2]] == [
        "Rolled back from VGG16-old.", "Rolled back from VGG16-new.",
    ]  # fmt: skip


def test_the_history_is_written_once(two):
    move = AliasMove.objects.first()
    for attempt in (
        move.save,
        move.delete,
        AliasMove.objects.all().delete,
        lambda: AliasMove.objects.update(reason="Another."),
    ):
        with pytest.raises(AppendOnly):
            attempt()


def test_a_training_makes_the_candidate(tmp_path):
    first = register_version(tmp_path / "a", "a" * 64, {})
    second = register_version(tmp_path / "b", "b" * 64, {})
    assert register_version(tmp_path / "b", "b" * 64, {}) == second
    assert champion() is None
    assert ModelAlias.objects.get(name="candidate").version == second
    told = {(m.alias, str(m.version), m.moved_by, m.reason) for m in AliasMove.objects.all()}
    assert told == {
        ("candidate", str(first), None, "It was trained."),
        ("candidate", str(second), None, "It was trained."),
    }


def test_api_tells_the_history_and_rolls_back(client_of, two, boss, ada, cleo):
    old, new = two
    promote(new, boss, "Finds AU12.")
    (last, first) = client_of(ada).get("/api/v1/alias-moves/").json()["results"]
    assert (last["alias"], last["previous"], last["model"]) == ("champion", old.pk, new.pk)
    assert (last["moved_by"], last["reason"]) == ("boss", "Finds AU12.")
    assert first["previous"] is None
    assert client_of(cleo).get("/api/v1/alias-moves/").json()["results"] == []
    assert client_of(ada).post("/api/v1/models/roll-back/").status_code == 403
    again = client_of(boss).post("/api/v1/models/roll-back/")
    assert (again.status_code, again.json()["name"]) == (200, "VGG16-old")


def test_pages_tell_the_history_and_go_back(as_user, two, boss):
    old, new = two
    client = as_user(boss)
    page = client.get("/models/").content.decode()
    assert f"/models/{new.pk}/promote/" in page
    assert "roll-back" not in page
    promote(new, boss, "Finds <b>AU12</b>.")
    page = client.get("/models/").content.decode()
    assert "Finds &lt;b&gt;AU12&lt;/b&gt;." in page
    assert "Go back to VGG16-old" in page
    client.post("/models/roll-back/")
    assert champion() == old


def test_pages_show_no_button_to_others(as_user, two, ada, cleo):
    page = as_user(ada).get("/models/").content.decode()
    assert "VGG16-new" in page
    assert "promote" not in page.lower().replace("promoted", "")
    for address in (f"/models/{two[1].pk}/promote/", "/models/roll-back/"):
        assert as_user(ada).post(address, {"reason": "x"}).status_code == 404
        assert as_user(cleo).post(address, {"reason": "x"}).status_code == 404
    assert as_user(cleo).get("/models/").status_code == 404
    assert champion() == two[0]
