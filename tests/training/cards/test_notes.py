"""Notes are signed, dated and written once; reviewers and admins write them."""

import pytest

from facsweb.problems import AppendOnly
from tests.factories import make_run, make_version
from training.models import CardNote

pytestmark = pytest.mark.django_db


@pytest.fixture
def version():
    return make_version()


def test_a_note_stands_on_the_page_and_in_the_downloads(as_user, ada, ben, version):
    place = f"/models/{version.pk}/card"
    answer = as_user(ben).post(f"{place}/notes/", {"text": " Consent: form 3.\r\nKept on paper. "})
    assert answer["Location"] == f"{place}/#notes"
    client = as_user(ada)
    (note,) = client.get(f"{place}.json").json()["notes"]
    assert note["author"] == "ben"
    assert note["text"] == "Consent: form 3.\nKept on paper."
    assert "Kept on paper." in client.get(f"{place}/").content.decode()
    assert "> Kept on paper." in client.get(f"{place}.md").content.decode()


def test_a_note_on_a_data_sheet_is_on_those_of_the_same_data(client_of, as_user, ben, version):
    one, same, other = (
        make_run(status="succeeded", version=version, dataset_sha256=digest * 64)
        for digest in "aab"
    )
    answer = client_of(ben).post(
        f"/api/v1/training-runs/{one.pk}/datasheet/notes/", {"text": "CC BY"}, format="json"
    )
    assert answer.status_code == 201, answer.content
    assert answer.json()["author"] == "ben"
    notes = [
        len(as_user(ben).get(f"/training/{run.pk}/datasheet.json").json()["notes"])
        for run in (one, same, other)
    ]
    assert notes == [1, 1, 0]


def test_coders_and_outsiders_add_none(client_of, as_user, ada, cleo, version):
    for user, status in ((ada, 403), (cleo, 404)):
        assert (
            as_user(user).post(f"/models/{version.pk}/card/notes/", {"text": "x"}).status_code
            == 404
        )
        answer = client_of(user).post(
            f"/api/v1/models/{version.pk}/card/notes/", {"text": "x"}, format="json"
        )
        assert answer.status_code == status
    assert not CardNote.objects.exists()


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 2001, "a\0b"])
def test_a_wrong_note_is_refused_in_words_and_given_back(client_of, as_user, ben, version, text):
    answer = as_user(ben).post(f"/models/{version.pk}/card/notes/", {"text": text})
    assert answer.status_code == 400
    assert "note-problem" in answer.content.decode()
    answer = client_of(ben).post(
        f"/api/v1/models/{version.pk}/card/notes/", {"text": text}, format="json"
    )
    assert answer.status_code == 400
    assert "text" in answer.json()["fields"]
    assert not CardNote.objects.exists()


def test_a_note_is_never_changed(ben, version):
    note = CardNote.objects.create(version=version, author=ben, text="one")
    for change in (
        note.save, note.delete, CardNote.objects.all().delete,
        lambda: CardNote.objects.update(text="two"),
    ):  # fmt: skip
        with pytest.raises(AppendOnly):
            change()


def test_a_note_sent_twice_is_one(client_of, ben, version):
    for _ in range(2):
        answer = client_of(ben).post(
            f"/api/v1/models/{version.pk}/card/notes/", {"text": "once"}, format="json",
            headers={"Idempotency-Key": "one"},
        )  # fmt: skip
        assert answer.status_code == 201
    assert CardNote.objects.count() == 1
