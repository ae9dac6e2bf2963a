"""A training's page: settings, notes, archive and what can be taken from it."""

import csv
import io
import json
import zipfile

import pyarrow.parquet as pq
import pytest

from annotations.models import FirstLook
from facsweb.jobs.log import MOST_ENTRIES, JobLog
from tests.factories import (
    make_coding,
    make_face,
    make_run,
    make_subject,
    make_version,
    metrics,
)
from training.ml.config import TrainingConfig
from training.ml.settings import SETTINGS
from training.models import RunNote, TrainingRun
from training.pages.forms.training import TrainingForm

pytestmark = pytest.mark.django_db
RUNS = "/api/v1/training-runs/"


def body(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_every_setting_is_in_the_form_and_explained_once(as_user, boss):
    make_coding(make_face(), emotion="positive")
    assert set(SETTINGS) == set(TrainingConfig().to_json())
    assert set(TrainingForm().fields) == set(SETTINGS)
    for subject in range(3):
        make_coding(make_face(make_subject(f"S10{subject}")), emotion="negative")
    text = as_user(boss).get("/training/new/").content.decode()
    for setting in SETTINGS.values():
        assert setting.label in text or setting.label == "Recipe"
    assert "default: 40" in text
    assert 'value="160"' in as_user(boss).get("/training/new/?preset=published").content.decode()


def test_what_is_wrong_is_told_beside_each_field_and_nothing_starts():
    wrong = {"max_epochs": "0", "dropout": "high", "folds": "2", "recipe": "published"}  # fmt: skip
    form = TrainingForm(wrong)
    assert not form.is_valid()
    assert form.errors["max_epochs"] == ["Must be between 1 and 2000, not 0."]
    assert form.errors["dropout"] == ["Enter a number."]
    assert form.errors["folds"] == ["Must be between 3 and 20, not 2."]
    opened = {group.name for group in form.groups() if group.is_open}
    assert {"Optimiser", "Regularisation", "Data split"} <= opened


def test_what_differs_from_the_recipe_is_told_in_words(as_user, client_of, boss):
    sent = {"recipe": "published", "dense_units": "160", "max_epochs": "50", "seed": ""}
    as_user(boss).post("/training/start/", sent)
    run = TrainingRun.objects.get()
    assert (run.config["max_epochs"], run.config["dense_units"]) == (50, 160)
    assert run.config["seed"] == 20
    page = as_user(boss).get(f"/training/{run.pk}/").content.decode()
    assert "Most epochs: 50 instead of 60." in page
    told = client_of(boss).get(f"{RUNS}{run.pk}/").json()
    assert told["differs"] == ["Most epochs: 50 instead of 60."]
    TrainingRun.objects.update(status="cancelled")
    like = as_user(boss).get(f"/training/new/?like={run.pk}").content.decode()
    assert "Begun with the settings of" in like or "No face has ground truth" in like
    known = client_of(boss).get(f"{RUNS}settings/").json()
    assert len(known["settings"]) == len(SETTINGS)
    assert known["recipes"]["published"]["dense_units"] == 160


def test_api_takes_names_too(client_of, boss):
    made = client_of(boss).post(RUNS, {"config": {"recipe": "published"}}, format="json")
    assert made.json()["config"]["dense_units"] == 160
    bad = client_of(boss).post(RUNS, {"config": {"recipe": "magic"}}, format="json")
    assert "recipe must be one of" in bad.json()["detail"]


def test_notes_are_signed_dated_and_never_changed(as_user, client_of, ben, ada, boss):
    run = make_run(status="failed")
    assert client_of(ben).post(f"{RUNS}{run.pk}/notes/", {"text": "It fails."}).status_code == 201
    assert client_of(ada).post(f"{RUNS}{run.pk}/notes/", {"text": "x"}).status_code == 403
    empty = client_of(ben).post(f"{RUNS}{run.pk}/notes/", {"text": " \n"})
    assert empty.status_code == 400
    as_user(boss).post(f"/training/{run.pk}/notes/", {"text": "Memory.\r\nAgain."})
    told = client_of(ada).get(f"{RUNS}{run.pk}/").json()["notes"]
    assert [(note["author"], note["text"]) for note in told] == [
        ("ben", "It fails."), ("boss", "Memory.\nAgain."),
    ]  # fmt: skip
    assert all(note["written_at"] for note in told)
    note = RunNote.objects.first()
    for change in (note.save, note.delete, RunNote.objects.all().delete):
        with pytest.raises(Exception, match="never"):
            change()
    page = as_user(ada).get(f"/training/{run.pk}/").content.decode()
    assert "It fails." in page
    assert "add-note" not in page


def test_archived_runs_leave_the_list_but_not_the_house(as_user, client_of, ben, boss):
    run = make_run(status="failed")
    assert client_of(ben).post(f"{RUNS}{run.pk}/archive/").status_code == 403
    told = client_of(boss).post(f"{RUNS}{run.pk}/archive/").json()
    assert told["archived_by"] == "boss"
    assert client_of(boss).get(RUNS).json()["results"] == []
    listed = client_of(boss).get(f"{RUNS}?archived=true").json()["results"]
    assert [each["id"] for each in listed] == [run.pk]
    page = as_user(ben).get("/training/").content.decode()
    assert "1 in the archive" in page
    assert f"/training/{run.pk}/" not in page
    assert f"/training/{run.pk}/" in as_user(ben).get("/training/?archived=1").content.decode()
    as_user(boss).post(f"/training/{run.pk}/unarchive/")
    assert len(client_of(boss).get(RUNS).json()["results"]) == 1


def test_active_runs_and_the_champions_cannot_be_archived(client_of, boss):
    active = make_run(status="running")
    crowned = make_run(status="succeeded", version=make_version(champion=True), metrics=metrics())
    for run, code in ((active, "still_running"), (crowned, "made_the_champion")):
        answer = client_of(boss).post(f"{RUNS}{run.pk}/archive/")
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    crowned.archived_at = crowned.created_at  # archived first, crowned afterwards
    crowned.save()
    listed = {run["id"] for run in client_of(boss).get(RUNS).json()["results"]}
    assert listed == {active.pk, crowned.pk}


@pytest.fixture
def predicted():
    """A run whose model has read two faces; the truth of one says something to a spreadsheet."""
    version = make_version()
    for code in ("=cmd", "S002"):
        face = make_face(make_subject(code))
        make_coding(face, emotion="positive", present=(12,), absent=(4,))
        make_coding(face, version.coder, emotion="negative", present=(12,), split="test")
    return make_run(status="succeeded", version=version, metrics=metrics())


def test_predictions_stand_beside_the_truth_as_csv_and_parquet(client_of, ben, predicted):
    client, address = client_of(ben), f"{RUNS}{predicted.pk}/predictions/"
    text = body(client.get(address)).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["subject"] for row in rows] == ["'=cmd", "S002"]
    first = rows[0]
    assert (first["emotion_truth"], first["emotion_predicted"]) == ("positive", "negative")
    assert (first["AU12_truth"], first["AU12_predicted"]) == ("1", "1")
    assert (first["AU4_truth"], first["AU1_truth"], first["split"]) == ("0", "", "test")
    assert float(first["p_positive"]) == 0.8
    table = pq.read_table(io.BytesIO(body(client.get(address, {"kind": "parquet"}))))
    assert table.column("subject").to_pylist() == ["=cmd", "S002"]
    assert table.column("AU4_truth").to_pylist() == [False, False]
    assert table.column("AU1_truth").to_pylist() == [None, None]
    bad = client.get(address, {"kind": "xlsx"})
    assert (bad.status_code, bad.json()["code"]) == (400, "unknown_table")


def test_who_codes_blind_gets_no_hidden_face_and_no_model(as_user, client_of, ben, predicted):
    from annotations.models import Coder

    Coder.objects.create(kind="human", name="ben", user=ben, codes_blind=True)
    address = f"{RUNS}{predicted.pk}/"
    lines = body(client_of(ben).get(f"{address}predictions/")).decode().splitlines()
    assert len(lines) == 1
    assert client_of(ben).get(f"{address}model/").status_code == 403
    Coder.objects.update(codes_blind=False)
    lines = body(client_of(ben).get(f"{address}predictions/")).decode().splitlines()
    assert len(lines) == 3
    assert FirstLook.objects.filter(user=ben).count() == 2


def test_a_chunk_of_predictions_takes_few_queries(client_of, boss, predicted):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from training.runs.predictions import prediction_rows

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            list(prediction_rows(predicted, boss))
        return len(queries)

    asked()  # the first looks are written down
    few = asked()
    for _ in range(20):
        make_coding(make_face(), predicted.version.coder)
    asked()
    assert asked() == few <= 15


def test_figures_are_taken_as_csv_and_json(as_user, ada, predicted):
    address = f"/training/{predicted.pk}/metrics"
    answer = as_user(ada).get(f"{address}.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))
    found = {(row["split"], row["part"], row["figure"]): row["value"] for row in rows}
    assert found["test", "emotion", "accuracy"] == "0.81"
    assert found["test", "action_units.per_au.12", "f1"] == "0.85"
    assert found["test", "groups.gender.female", "faces"] == "40"
    assert json.loads(as_user(ada).get(f"{address}.json").content) == predicted.metrics
    bare = make_run(status="failed")
    assert as_user(ada).get(f"/training/{bare.pk}/metrics.csv").status_code == 404


def test_a_model_is_a_zip_of_its_folder(as_user, ben, ada, predicted, settings, tmp_path):
    settings.MODELS_ROOT = tmp_path
    folder = tmp_path / predicted.version.folder
    assert as_user(ben).get(f"/training/{predicted.pk}/model.zip").status_code == 404
    folder.mkdir()
    (folder / "network.keras").write_bytes(b"k" * 3_000_000)
    (folder / "manifest.json").write_text("{}")
    answer = as_user(ben).get(f"/training/{predicted.pk}/model.zip")
    with zipfile.ZipFile(io.BytesIO(body(answer))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["VGG16-test/manifest.json", "VGG16-test/network.keras"]
        assert len(archive.read("VGG16-test/network.keras")) == 3_000_000
    assert as_user(ada).get(f"/training/{predicted.pk}/model.zip").status_code == 302


def test_a_log_is_bounded_and_keeps_its_beginning():
    log = JobLog()
    for number in range(MOST_ENTRIES + 50):
        log.write(f"entry {number}")
    assert len(log.entries) == MOST_ENTRIES
    assert log.entries[0]["text"] == "entry 0"
    assert log.entries[-1]["text"] == f"entry {MOST_ENTRIES + 49}"
