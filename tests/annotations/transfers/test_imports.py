"""What somebody sends: archives with labels, whole, damaged and locked."""

import io
import tarfile

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from annotations.models import Coding, Face, Subject
from annotations.transfers.models import Import
from annotations.transfers.services import InvalidTransfer, request_import, stored_file
from facsweb.jobs.models import Run
from tests.annotations.transfers.archives import archive, refused_rows
from tests.factories import png

pytestmark = pytest.mark.django_db
HEADER = "filepath,subject,high_level_emotion,AU12,note\r\n"


def test_images_with_a_label_file(take_in):
    data = archive(
        {
            "study/data_labels.csv": HEADER + "a.png,S001,positive,1,x\r\nb.png,S001,,0,\r\n",
            "study/a.png": png(),
            "study/b.png": png(),
            "study/.DS_Store": b"x",
            "__MACOSX/study/._a.png": b"x",
        }
    )
    run = take_in("study.zip", data)
    assert (run.status, run.kind, run.outcome["refused"]) == (Run.Status.SUCCEEDED, "labels", 0)
    assert Face.objects.count() == 2
    assert Coding.objects.filter(extra={"note": "x"}).count() == 1
    assert not run.file
    assert not any((settings.VAR_DIR / "transfers").iterdir())


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_is_read_too(take_in, mode):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:
        for name, data in (
            ("data_labels.csv", (HEADER + "a.png,S001,positive,1,x\r\n").encode()),
            ("a.png", png()),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    run = take_in("study.tar", buffer.getvalue())
    assert (run.status, run.outcome["faces_created"]) == (Run.Status.SUCCEEDED, 1), run.error


def test_refused_rows_come_back_to_be_mended(take_in):
    """Mend the one cell that was wrong, send the table again: the row is in."""
    picture, other = png(), png()
    table = HEADER + "a.png,S001,positive,1,x\r\nb.png,S001,joyful,1,=1+1\r\nno.png,S001,,1,\r\n"
    run = take_in("s.zip", archive({"data_labels.csv": table, "a.png": picture, "b.png": other}))
    assert run.outcome["faces_created"] == 1
    rows = refused_rows(run)
    assert [row["filepath"] for row in rows] == ["b.png", "no.png"]
    assert [row["refused_line"] for row in rows] == ["3", "4"]
    assert "joyful" in rows[0]["reason"]
    assert "Missing image" in rows[1]["reason"]
    assert rows[0]["note"] == "'=1+1"
    with run.refused.open("rb") as file:
        mended = file.read().decode().replace("b.png,S001,joyful", "b.png,S001,positive")
    run = take_in("s.zip", archive({"data_labels.csv": mended, "b.png": other}))
    assert run.outcome["faces_created"] == 1, run.outcome
    assert Coding.objects.filter(extra={"note": "=1+1"}).count() == 1
    assert len(refused_rows(run)) == 1
    assert list(refused_rows(run)[0]).count("reason") == 1


def test_sending_it_twice_changes_nothing(take_in):
    data = archive({"data_labels.csv": HEADER + "a.png,S001,positive,1,x\r\n", "a.png": png()})
    take_in("s.zip", data)
    run = take_in("s.zip", data)
    assert (run.outcome["faces_created"], run.outcome["unchanged"]) == (0, 1)
    assert Coding.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("x.zip", b"PK\x03\x04 and no more", "neither OpenFace"),
        ("x.csv", b"a,b\n1,2\n", "neither OpenFace"),
        ("x.csv", b"\x00\xff\xfe", "neither OpenFace"),
        ("x.jpg", b"\xff\xd8\xff", "a picture by itself"),
        ("x.zip", archive({"readme.txt": "hello"}), "neither layout"),
        ("x.zip", archive({"../evil.png": png()}), "leads out"),
        ("x.zip", archive({"/etc/evil.png": png()}), "absolute"),
    ],
)
def test_what_is_nothing_we_read_is_told_and_leaves_nothing(take_in, name, data, word):
    run = take_in(name, data)
    assert run.status == Run.Status.FAILED
    assert word in run.error, run.error
    assert not Face.objects.exists()
    assert not Subject.objects.exists()
    assert not any((settings.VAR_DIR / "transfers").iterdir())
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []


def test_an_empty_file_is_refused_at_once(take_in):
    with pytest.raises(InvalidTransfer, match="empty"):
        take_in("x.zip", b"")


def test_the_same_request_twice_is_one_import_and_one_file(boss):
    client = APIClient(headers={"Idempotency-Key": "one"})
    client.force_authenticate(boss)
    answers = [
        client.post("/api/v1/imports/", {"file": SimpleUploadedFile("x.zip", b"PK")})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[1]["Idempotent-Replayed"] == "true"
    assert len(list((settings.MEDIA_ROOT / "imports").iterdir())) == Import.objects.count() == 1


def test_what_no_import_came_of_is_not_kept(boss, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("the database is away")

    monkeypatch.setattr(Import.objects, "create", fail)
    with pytest.raises(RuntimeError), stored_file(SimpleUploadedFile("x.zip", b"PK")) as stored:
        request_import(boss, stored)
    assert not list((settings.MEDIA_ROOT / "imports").iterdir())


def test_a_damaged_member_is_refused_and_the_others_come_in(take_in):
    good, bad = png(), png()
    files = {
        "data_labels.csv": HEADER + "a.png,S001,positive,1,x\r\nb.png,S001,positive,1,x\r\n",
        "a.png": good,
        "b.png": bad,
    }
    data = archive(files)  # stored as they are, so that b.png's bytes can be found
    run = take_in("s.zip", data.replace(bad, bad[:-20] + bytes(20)))
    assert (run.status, run.outcome["faces_created"]) == (Run.Status.SUCCEEDED, 1), run.error
    reasons = [refusal["reason"] for refusal in run.outcome["first_refusals"]]
    assert any("is damaged" in reason for reason in reasons), reasons


def test_members_that_are_no_data_are_counted_by_kind_and_not_refused(take_in):
    files = {"data_labels.csv": HEADER + "a.png,S001,positive,1,x\r\n", "a.png": png()}
    files |= {"film.avi": b"RIFF", "film2.AVI": b"RIFF", "notes": b"x", "table.xls": b"x"}
    run = take_in("s.zip", archive(files))
    assert (run.outcome["faces_created"], run.outcome["refused"]) == (1, 0)
    left = {item["what"]: item["count"] for item in run.outcome["not_read"]}
    assert left["videos (.avi)"] == 2
    assert left["files without a suffix"] == 1
    assert any("save them as CSV" in what for what in left)


def test_a_worker_that_fails_tells_no_path_of_the_server(boss, monkeypatch):
    from annotations.transfers.tasks import carry_out_import

    def fail(*args):
        raise FileNotFoundError(2, "No such file or directory", "/srv/secret/place")

    with stored_file(SimpleUploadedFile("x.zip", b"PK")) as stored:
        run = request_import(boss, stored)
    monkeypatch.setattr("annotations.transfers.run_import.carry_out", fail)
    carry_out_import(run.pk)
    run.refresh_from_db()
    assert run.status == Run.Status.FAILED
    assert run.error == "FileNotFoundError: No such file or directory"


def _locked(data: bytes, name: bytes) -> bytes:
    """The zip, with both headers of one member saying that it is encrypted."""
    changed = bytearray(data)
    for signature, flags, at in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
        place = changed.find(signature)
        while changed[place + at : place + at + len(name)] != name:
            place = changed.find(signature, place + 1)
        changed[place + flags] |= 1
    return bytes(changed)


def test_an_encrypted_member_is_refused_alone_and_a_locked_archive_says_so(take_in):
    table = HEADER + "a.png,S001,positive,1,x\r\nb.png,S001,positive,0,x\r\n"
    whole = archive({"data_labels.csv": table, "a.png": png(), "b.png": png()})
    run = take_in("s.zip", _locked(whole, b"b.png"))
    assert (run.status, run.outcome["faces_created"]) == (Run.Status.SUCCEEDED, 1), run.error
    assert "This member is encrypted. Send it without a password." in str(run.outcome)
    run = take_in("s.zip", _locked(archive({"a.png": png()}), b"a.png"))
    assert (run.status, run.error) == (
        Run.Status.FAILED,
        "The archive is encrypted. Send it without a password.",
    )
