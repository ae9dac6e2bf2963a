"""The client against the real product: web server, worker, Valkey and database."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile

import pytest
from PIL import Image

from facsweb.client import ApiError, Client
from facsweb.client.errors import ClientError
from facsweb.client.tables import pictures_below
from facsweb.client.upload import upload
from tests.factories import png
from tests.stack import ROOT

pytestmark = pytest.mark.worker


@pytest.fixture
def running(plain_stack):
    """Web server and data worker; no model, so nothing waits for one."""
    return plain_stack


@pytest.fixture
def client(running):
    with Client(running.url, running.token("admin")) as made:
        yield made


@pytest.fixture
def folder(tmp_path):
    """Seven pictures with a table; one of its rows is bad, and one names no file."""
    rows = ["filepath,subject,high_level_emotion,AU12"]
    for number in range(7):
        (tmp_path / f"{number}.png").write_bytes(png())
        rows.append(f"{number}.png,S001,{'bored' if number == 6 else 'positive'},1")
    rows.append("gone.png,S001,positive,1")
    (tmp_path / "data_labels.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def command(running, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "facsweb.client", *arguments, "--url", running.url],
        cwd=ROOT,
        env={"FACSWEB_TOKEN": running.token("admin"), "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_folder_goes_up_and_again_changes_nothing(client, folder):
    pictures = pictures_below(folder, folder / "data_labels.csv")
    first = upload(client, pictures, batch=2, parallel=3, quiet=True)
    assert (first.created, first.unchanged, len(first.refused)) == (6, 0, 2)
    assert {picture.name for picture, _ in first.refused} == {"6.png", "gone.png"}
    again = upload(client, pictures, batch=2, parallel=3, quiet=True)
    assert (again.created, again.unchanged, len(again.refused)) == (0, 6, 2)


def test_command_line_uploads_and_tells_what_was_refused(running, folder):
    refused = folder / "refused.csv"
    answer = command(
        running, "upload", str(folder), "--labels", str(folder / "data_labels.csv"),
        "--refused", str(refused),
    )  # fmt: skip
    assert answer.returncode == 1, answer.stderr
    assert "6 created, 0 unchanged, 2 refused" in answer.stdout
    rows = list(csv.DictReader(refused.open()))
    assert [row["filepath"] for row in rows] == ["gone.png", "6.png"]
    assert "bored" in rows[1]["reason"]


def test_faces_come_page_by_page(client, folder):
    upload(client, pictures_below(folder, folder / "data_labels.csv"), quiet=True)
    ids = [face["id"] for face in client.faces(fields=["id"], page_size=3)]
    assert len(ids) == len(set(ids)) >= 6  # two pages and more
    face = client.face(ids[0])
    assert client.image(ids[0]).startswith(b"\x89PNG")
    answer = client.label([{"face": face["id"], "emotion": "surprise", "seen": None}])
    assert answer["created"] + answer["refused"] == 1


def test_a_neutral_frame_goes_there_and_comes_back(client):
    row = {"subject": "N7", "sequence": "001", "frame": 11}
    (item,) = client.upload([("peak.png", png())], [row])["items"]
    face = item["face"]
    with pytest.raises(ApiError) as told:
        client.neutral(face)
    assert told.value.status == 404
    first = png()
    answer = client.put_neutral(face, ("first.png", first), frame=2)
    assert (answer["changed"], answer["frame"]) == (True, 2)
    assert not client.put_neutral(face, ("first.png", first), frame=2)["changed"]
    with Image.open(io.BytesIO(client.neutral(face))) as came:
        assert came.size == (answer["width"], answer["height"])


def test_export_is_made_by_the_worker_and_fetched(running, client, folder, tmp_path):
    upload(client, pictures_below(folder, folder / "data_labels.csv"), quiet=True)
    target = tmp_path / "all.zip"
    answer = command(running, "export", "facsweb", str(target), "--images")
    assert answer.returncode == 0, answer.stderr
    with zipfile.ZipFile(target) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["members"]["faces.jsonl"]["rows"] == len(list(client.faces(fields="id")))
    assert command(running, "import", str(target)).returncode == 0


def test_import_tells_what_was_refused(running, tmp_path):
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w") as zip_file:
        table = "filepath,subject,high_level_emotion\na.png,S1,positive\nb.png,S1,positive\n"
        zip_file.writestr("data_labels.csv", table)
        zip_file.writestr("a.png", png())
    refused = tmp_path / "refused.csv"
    answer = command(running, "import", str(archive), "--refused", str(refused))
    assert answer.returncode == 1, answer.stderr
    assert json.loads(answer.stdout)["refused"] == 1
    assert "Missing image" in refused.read_text()


def test_import_takes_options_and_says_what_was_not_read(running, tmp_path):
    table = tmp_path / "of.csv"
    table.write_text("filepath,confidence,AU12_c,AU99_c\nnobody.png,0.4,1,1\n")
    refused = tmp_path / "refused.csv"
    options = ["--dry-run", "--min-confidence", "0.45", "--several-faces", "best"]
    answer = command(running, "import", str(table), *options, "--refused", str(refused))
    assert answer.returncode == 1, answer.stderr
    assert json.loads(answer.stdout)["refused"] == 1
    assert "A dry run: nothing was written." in answer.stderr
    assert "Not read: 1 × column 'AU99_c'" in answer.stderr
    assert "at least 0.45 is asked for" in refused.read_text()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["upload", "/nowhere"], "no folder"),
        (["import", "/nowhere.zip"], "no file"),
        (["faces", "au_truth=99"], "au_truth"),
    ],
)
def test_wrong_wish_is_one_line(running, arguments, word):
    answer = command(running, *arguments)
    assert (answer.returncode, answer.stderr.count("\n")) == (2, 1), answer.stderr
    assert word in answer.stderr


def test_refusal_names_its_code(running):
    with Client(running.url, "facs_wrong") as stranger, pytest.raises(ApiError) as refusal:
        stranger.me()
    assert (refusal.value.status, refusal.value.code) == (401, "authentication_failed")


def test_token_is_sent_to_nobody_else(client):
    with pytest.raises(ClientError, match="elsewhere"):
        client._http.json("GET", "https://example.org/api/v1/faces/?cursor=x")


def test_token_does_not_travel_in_the_open():
    with pytest.raises(ClientError, match="unencrypted"):
        Client("http://facs.example.org", "t")
