"""How the rows of an import are to be read, asked for on the page, by the API and the client."""

from __future__ import annotations

from dataclasses import fields

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from annotations.transfers.forms import ImportForm
from annotations.transfers.models import Import
from annotations.transfers.options import ImportOptions
from annotations.transfers.serializers import ImportRequestSerializer
from facsweb.client.__main__ import _parser
from tests.annotations.transfers.writers import openface_picture
from tests.factories import make_face, make_subject
from tests.pages import text_of

pytestmark = pytest.mark.django_db
GIVEN = {
    "min_confidence": 0.25,
    "several_faces": "best",
    "unlabelled": True,
    "replace_truth": True,
    "dry_run": True,
}


def sheet() -> SimpleUploadedFile:
    return SimpleUploadedFile("a.csv", b"filepath,AU12_c\na.png,1\n")


@pytest.fixture
def api(boss):
    made = APIClient()
    made.force_authenticate(boss)
    return made


def test_form_api_and_command_line_know_every_option():
    names = {field.name for field in fields(ImportOptions)}
    assert names == set(GIVEN)
    assert names < set(ImportForm().fields)
    assert names < set(ImportRequestSerializer().fields)
    assert names < set(vars(_parser().parse_args(["import", "x.zip"])))


def test_the_page_passes_the_options_on(client, boss):
    client.force_login(boss)
    answer = client.post("/data/imports/", {"file": sheet(), **GIVEN})
    assert answer.status_code == 302
    assert Import.objects.get().options == GIVEN


def test_what_the_page_leaves_blank_has_its_default(client, boss):
    client.force_login(boss)
    client.post("/data/imports/", {"file": sheet(), "min_confidence": "", "several_faces": ""})
    assert Import.objects.get().options == ImportOptions().to_json()


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("min_confidence", "1.2", "less than or equal to 1"),
        ("min_confidence", "-0.1", "greater than or equal to 0"),
        ("min_confidence", "nan", "Enter a number"),
        ("several_faces", "all", "Select a valid choice"),
    ],
)
def test_the_page_refuses_an_option_in_words_beside_it(client, boss, name, value, word):
    client.force_login(boss)
    answer = client.post("/data/imports/", {"file": sheet(), name: value})
    assert answer.status_code == 400
    page = text_of(answer)
    assert word in page
    assert '<details class="field wide" open>' in page
    assert not Import.objects.exists()


def test_the_api_passes_the_options_on_and_tells_them(api):
    answer = api.post("/api/v1/imports/", {"file": sheet(), **GIVEN})
    assert answer.status_code == 201, answer.content
    assert answer.json()["options"] == GIVEN == Import.objects.get().options


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("min_confidence", "1.01"), ("min_confidence", "nan"), ("min_confidence", "inf"),
        ("min_confidence", "much"), ("several_faces", "all"), ("dry_run", "perhaps"),
        ("unlabelled", "2"), ("replace_truth", "x"),
    ],
)  # fmt: skip
def test_the_api_refuses_an_option_by_its_name(api, name, value):
    answer = api.post("/api/v1/imports/", {"file": sheet(), name: value})
    assert answer.status_code == 400
    assert set(answer.json()["fields"]) == {name}
    assert not Import.objects.exists()


def test_command_line_refuses_a_confidence_that_is_none(capsys):
    for text in ("1.5", "nan", "much"):
        with pytest.raises(SystemExit):
            _parser().parse_args(["import", "x.zip", "--min-confidence", text])
    assert "0 and 1" in capsys.readouterr().err


def shown(client) -> str:
    return text_of(client.get("/data/"))


def test_the_page_says_what_was_read_refused_and_not_read(client, boss, take_in):
    make_face(make_subject("S005"), source_name="a.png")
    table = "filepath,AU12_c,AU99_c\na.png,1,1\nb.png,1,1\n"
    take_in("of.csv", table.encode())
    client.force_login(boss)
    page = shown(client)
    assert "OpenFace 2 CSV" in page
    assert "Added: 0 faces and 1 coding. Unchanged: 0. Refused: 1. Not read: see below." in page
    assert "There is no face &#x27;b&#x27; here" in page
    assert "<li>1 × column &#x27;AU99_c&#x27;</li>" in page


def test_the_page_says_that_a_dry_run_wrote_nothing(client, boss, take_in):
    make_face(make_subject("S005"), source_name="a.png")
    take_in("a.csv", openface_picture({}).encode(), options=ImportOptions(dry_run=True))
    client.force_login(boss)
    page = shown(client)
    assert "Dry run, nothing was written.</b> Would be added: 0 faces and 1 coding." in page
    assert "Not read: nothing was left out." in page
