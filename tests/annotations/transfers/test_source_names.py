"""The file name under which a picture came in: kept at each door, told to nobody, for tables."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from annotations.faces.services import Place, add_face, check_image
from annotations.models import Face
from tests.annotations.transfers.conftest import content, empty_the_database, members
from tests.factories import make_face, make_subject, png

pytestmark = pytest.mark.django_db
NAME = "anna is happy.png"
TABLE = f"filepath,AU12_c\n/home/x/{NAME},1\n".encode()


@pytest.fixture
def client(boss):
    made = APIClient()
    made.force_authenticate(boss)
    return made


def upload_one(client, take_in, export):
    body = {"image": SimpleUploadedFile(NAME, png()), "subject": "S001"}
    assert client.post("/api/v1/faces/", body).status_code == 201


def upload_batch(client, take_in, export):
    body = {"images": [SimpleUploadedFile(NAME, png())], "rows": '[{"subject": "S001"}]'}
    assert client.post("/api/v1/faces/batch/", body).json()["created"] == 1


def send_labels(client, take_in, export):
    table = f"filepath,subject,AU12\npics/{NAME},S001,1\n"
    take_in("s.zip", zipped({"data_labels.csv": table, f"pics/{NAME}": png()}))


def send_our_own_export(client, take_in, export):
    make_face(make_subject("S001"), source_name=NAME)
    data = content(export("facsweb", images=True))
    empty_the_database()
    take_in("ours.zip", data)


def zipped(files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "door", [upload_one, upload_batch, send_labels, send_our_own_export], ids=lambda d: d.__name__
)
def test_each_door_keeps_the_name_and_tables_match_it(door, client, take_in, export):
    door(client, take_in, export)
    assert Face.objects.get().source_name == NAME
    run = take_in("of.csv", TABLE)
    assert (run.outcome["codings_created"], run.outcome["refused"]) == (1, 0), run.outcome


def test_a_ckplus_tree_keeps_its_names_too(take_in):
    name = "S005_001_00000011"
    files = {
        f"cohn-kanade-images/S005/001/{name}.png": png(),
        f"FACS/S005/001/{name}_facs.txt": "   1.2e+01   3.0e+00\n",
        f"Emotion/S005/001/{name}_emotion.txt": "   5.0e+00\n",
    }
    run = take_in("ck.zip", zipped(files))
    assert run.outcome["faces_created"] == 1, (run.error, run.outcome)
    assert Face.objects.get().source_name == f"{name}.png"


def test_a_name_that_two_faces_have_is_refused_with_that_reason(take_in):
    for subject in ("S001", "S002"):
        make_face(make_subject(subject), source_name=NAME)
    run = take_in("of.csv", TABLE)
    assert (run.outcome.get("codings_created", 0), run.outcome["refused"]) == (0, 1)
    assert "2 pictures came in under the name" in run.outcome["first_refusals"][0]["reason"]


def test_of_two_faces_of_one_name_a_subjects_folder_tells_which_is_meant(take_in):
    faces = [make_face(make_subject(code), source_name=NAME) for code in ("S001", "S002")]
    run = take_in("of.csv", f"filepath,AU12_c\nS002/{NAME},1\n".encode())
    assert run.outcome["codings_created"] == 1
    assert [face.codings.count() for face in faces] == [0, 1]


def test_the_first_name_stays_and_a_blank_one_is_filled_in():
    data, subject = png(), make_subject()
    face, _ = add_face(check_image(data), Place(subject))
    assert face.source_name == ""
    for name in ("C:\\pics\\first.png", "second.png"):
        add_face(check_image(data), Place(subject), source_name=name)
    face.refresh_from_db()
    assert face.source_name == "first.png"


def test_an_upload_of_a_known_picture_fills_its_blank_name_in(client):
    data = png()
    face, _ = add_face(check_image(data), Place(make_subject("S001")))
    body = {"image": SimpleUploadedFile(NAME, data), "subject": "S001"}
    assert client.post("/api/v1/faces/", body).status_code == 200
    face.refresh_from_db()
    assert face.source_name == NAME


@pytest.mark.parametrize("format", ["facsweb", "data_labels", "ckplus", "openface", "parquet"])
def test_an_anonymous_export_leaves_the_name_out(export, study, format):
    Face.objects.filter(pk=study[0].pk).update(source_name="qqmarkerqq.png")
    data = content(export(format, anonymous=True, images=format in {"facsweb", "ckplus"}))
    parts = members(data) if data.startswith(b"PK") else {"": data}
    assert not any(b"qqmarkerqq" in part or "qqmarkerqq" in name for name, part in parts.items())


def test_our_own_export_writes_it_and_reads_exports_from_before_it_was_kept(export, take_in):
    face = make_face(make_subject("S001"), source_name=NAME)
    parts = members(content(export("facsweb", images=True)))
    record = json.loads(parts["faces.jsonl"])
    assert record.pop("source_name") == NAME
    older = as_version_1(parts, record)
    empty_the_database()
    run = take_in("older.zip", older)
    assert run.outcome["faces_created"] == 1, (run.error, run.outcome)
    assert Face.objects.get().sha256 == face.sha256
    assert Face.objects.get().source_name == ""


def as_version_1(parts: dict[str, bytes], face: dict) -> bytes:
    import hashlib

    parts["faces.jsonl"] = json.dumps(face).encode() + b"\n"
    manifest = json.loads(parts["manifest.json"])
    manifest["version"] = 1
    manifest["members"]["faces.jsonl"] |= {
        "bytes": len(parts["faces.jsonl"]),
        "sha256": hashlib.sha256(parts["faces.jsonl"]).hexdigest(),
    }
    parts["manifest.json"] = json.dumps(manifest).encode()
    return zipped(parts)


@pytest.mark.parametrize("who", ["boss", "ben", "ada"])
def test_no_page_and_no_answer_of_the_api_shows_the_name(request, who):
    """Admin, reviewer and coder: a file may be called after the emotion that it shows."""
    person = request.getfixturevalue(who)
    face = make_face(make_subject("S001"), source_name="qqmarkerqq.png")
    api = APIClient()
    api.force_login(person)
    addresses = [
        "/api/v1/faces/", f"/api/v1/faces/{face.pk}/", f"/api/v1/faces/{face.pk}/codings/",
        f"/api/v1/faces/{face.pk}/image/", "/", f"/faces/{face.pk}/",
        f"/admin/annotations/face/{face.pk}/change/", "/admin/annotations/face/",
        "/admin/annotations/face/?q=qqmarker",
    ]  # fmt: skip
    seen = 0
    for address in addresses:
        answer = api.get(address)
        body = answer.getvalue() if answer.streaming else answer.content
        told = body + repr(dict(answer.headers)).encode()
        assert b"qqmarkerqq" not in told, address
        seen += answer.status_code == 200
    assert seen >= 5
