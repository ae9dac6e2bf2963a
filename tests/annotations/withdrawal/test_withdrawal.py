"""A withdrawal leaves nothing: searched for in every table, and in every file below var."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from annotations.codings.reading import Reading
from annotations.faces.neutral_frames import store_neutral
from annotations.faces.services import check_image
from annotations.models import Coding, Detection, Face, Flag, Review, Snapshot, Subject, Tombstone
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
from annotations.review.context import ReviewContext, Statement
from annotations.review.decisions import correct
from annotations.tombstones import key_name, keyed
from annotations.transfers.models import Export, Import
from annotations.withdrawal.carry_out import carry_out, remove_rows
from annotations.withdrawal.known_again import carry_over
from annotations.withdrawal.models import Withdrawal
from annotations.withdrawal.services import queue_withdrawal
from facsweb.rest.models import AnsweredRequest
from inference.ml.artifact import Manifest, load_manifest, load_readings, write_artifact
from inference.ml.predictions import Readings
from inference.models import Embedding, Explanation, InferenceRun, ModelVersion
from inference.registry import register_version
from tests.factories import make_coding, make_face, make_run, make_subject, png
from training.making.samples import freeze_truth

# So long that no digest, token or password of other tests has it by chance.
CODE, OTHER = "S777206194735", "S778"


@pytest.fixture
def places(settings, tmp_path) -> Path:
    """Every folder that a withdrawal goes through, below one."""
    settings.VAR_DIR = tmp_path
    settings.FEATURE_CACHE = tmp_path / "features"
    settings.CHECKPOINT_ROOT = tmp_path / "checkpoints"
    settings.DEMO_DATA = tmp_path / "demo" / "CK+"
    return tmp_path


def artefact(root: Path, digests: list[str]) -> ModelVersion:
    """A registered artefact whose readings are of these pictures."""
    n = len(digests)
    readings = Readings(
        np.array(digests), np.full((n, 3), 1 / 3, np.float32),
        np.zeros((n, 15), np.float32), np.zeros((n, 15), bool),
    )  # fmt: skip
    manifest = Manifest(
        input_size=96, preprocessing_version=_preprocessing(), trunk_fingerprint="f",
        thresholds={}, dataset_sha256="d", seed=1, config={}, metrics={}, libraries={},
    )  # fmt: skip
    folder, sha256 = write_artifact(root, manifest, lambda path: path.write_bytes(b"net"), readings)
    return register_version(folder, sha256, manifest.to_json())


def _preprocessing() -> int:
    from inference.ml.preprocessing import PREPROCESSING_VERSION

    return PREPROCESSING_VERSION


@pytest.fixture
def full(transactional_db, settings, places, boss):
    """A subject with one of everything that may hold them, beside another who stays."""
    subject, other = make_subject(CODE, gender="female"), make_subject(OTHER)
    face = make_face(subject, source_name=f"{CODE}_001_00000009.png", sequence="001", frame=9)
    stays = make_face(other, source_name=f"{OTHER}_001.png")
    store_neutral(check_image(png()), subject=subject, sequence="001", frame=1)
    truth = make_coding(face)
    make_coding(stays)
    version = artefact(settings.MODELS_ROOT, [face.sha256, stays.sha256])
    predicted = make_coding(face, version.coder, split="validation")
    Embedding.objects.create(coding=predicted, vector=b"ab")
    Detection.objects.create(face=face, box=[0, 0, 9, 9], crop=[[0, 0]] * 4, landmarks=[[1, 2]])
    review = correct(
        ReviewContext(face, boss, seen=truth.pk, origin="a test"), Statement(Reading("negative"))
    )
    Flag.objects.create(face=face, user=boss, comment="look")
    Flag.objects.create(face=stays, user=boss, comment=f"like {CODE}, of {face.sha256}?")
    make_queue(boss, QueuePlan(name="one", order="random"), Face.objects.all())
    snapshot, _ = freeze_truth()
    now = timezone.now()
    make_run(snapshot=snapshot, version=version, status="succeeded", finished_at=now)
    InferenceRun.objects.create(
        version=version, face_ids=[face.pk, stays.pk], splits={str(face.pk): "test"},
        status="succeeded", finished_at=now - timedelta(hours=1),
    )  # fmt: skip
    explained = Explanation.objects.create(face=face, version=version, target="au:12")
    explained.image.save(f"{face.sha256[:16]}-1.png", ContentFile(png()))
    AnsweredRequest.objects.create(
        user=boss, key="k", fingerprint="f", status=201, answer={"subject": CODE, "id": face.pk}
    )
    with face.file.open("rb") as file:
        picture = file.read()
    _files(settings, places, face, picture, boss)
    session = SessionStore()
    session["told"] = f"{CODE} is there."
    session.save()
    return {"face": face, "stays": stays, "version": version, "picture": picture, "review": review}


def _files(settings, places: Path, face: Face, picture: bytes, boss) -> None:
    features = settings.FEATURE_CACHE / "f-1"
    features.mkdir(parents=True)
    (features / f"{face.sha256}.npz").write_bytes(b"x")
    (features / f"{face.sha256}-1-ab.npz").write_bytes(b"x")
    (settings.CHECKPOINT_ROOT / "abc").mkdir(parents=True)
    demo = settings.DEMO_DATA / "cohn-kanade-images" / CODE / "001"
    demo.mkdir(parents=True)
    (demo / "picture.png").write_bytes(picture)
    (places / "logs").mkdir()
    (places / "logs" / "web.log").write_text(f"GET /?subject={CODE} 200\nGET /?subject={OTHER}\n")
    ended = {"status": "failed", "finished_at": timezone.now()}
    export = Export.objects.create(format="ckplus", images=True, requested_by=boss, **ended)
    export.file.save("e.zip", ContentFile(zipped({"x/pic.png": picture})))
    for name, data in (
        ("a.zip", zipped({"a/renamed.png": picture})),
        ("b.zip", zipped({"inner.zip": zipped({f"{CODE}/x.txt": b"1"})})),
        ("c.zip", zipped({f"{OTHER}/x.txt": b"1"})),
    ):
        run = Import.objects.create(name=name, size=1, sha256="0" * 64, **ended)
        run.file.save(name, ContentFile(data))
        run.refused.save(f"{name}.csv", ContentFile(f"{CODE if name == 'a.zip' else OTHER},1"))


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def in_database(needles: list[bytes]) -> list[str]:
    """Every table and column whose values, as text or bytes, hold one of these."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    data = (
                        bytes(value)
                        if isinstance(value, memoryview | bytes)
                        else str(value).encode()
                    )
                    found += [f"{table}.{name}" for needle in needles if needle in data]
    for session in Session.objects.all():  # packed, so that no search of the table finds it
        told = str(session.get_decoded()).encode()
        found += ["session" for needle in needles if needle in told]
    return found


def on_disk(root: Path, needles: list[bytes]) -> list[str]:
    """Every file whose name, bytes, or bytes of whose members, hold one of these."""
    found = []
    for path in root.rglob("*"):
        if any(needle in str(path.relative_to(root)).encode() for needle in needles):
            found.append(str(path))
        if path.is_file():
            found += [
                str(path) for data in unpacked(path.read_bytes()) for n in needles if n in data
            ]
    return found


def unpacked(data: bytes):
    yield data
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                yield member.filename.encode()
                inner = archive.read(member)
                yield from unpacked(inner)
                yield inner.replace(b"\0", b"")  # NumPy's text has four bytes a letter


def needles_of(full) -> list[bytes]:
    face, picture = full["face"], full["picture"]
    return [CODE.encode(), face.sha256.encode(), face.sha256[:16].encode(), picture]


def database_files() -> list[Path]:
    """The database's own files, after all that it holds in memory is written there."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("CHECKPOINT")
            cursor.execute(
                "SELECT current_setting('data_directory'), oid FROM pg_database WHERE datname = %s",
                [name],
            )
            folder, oid = cursor.fetchone()
        return list((Path(folder) / "base" / str(oid)).iterdir())
    on_disk = connection.vendor == "sqlite" and "mode=memory" not in name and name != ":memory:"
    return [Path(name + end) for end in ("", "-wal")] if on_disk else []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left(full, places):
    needles = needles_of(full)
    before = in_database(needles)
    assert len(set(before)) > 8 and len(set(on_disk(places, needles))) > 8, "it is found before"
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # the planner's samples hold codes and digests, too
    if files := database_files():
        assert any(needle in path.read_bytes() for path in files for needle in needles[:2])
    call_command("withdraw_subject", CODE, "--yes")
    assert in_database(needles) == []
    assert on_disk(places, needles) == []
    for path in database_files():
        data = path.read_bytes() if path.exists() else b""
        found = [needle for needle in needles if needle in data]
        assert not found, (relation(path), found)
    run = Withdrawal.objects.get()
    assert (run.status, run.subject, run.pending) == ("succeeded", None, {})
    assert run.removed["annotations.Face"] == 1 and run.removed["exports"] == 1
    assert run.removed["imports"] == 2, "one by its picture, one by a name in an archive within"
    assert run.learnt == [full["version"].name]


def relation(path) -> str:
    """The table or index that a file belongs to, for the message."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relfilenode = %s", [path.name.split(".")[0]]
        )
        return str(cursor.fetchone() or path)


@pytest.mark.django_db(transaction=True)
def test_others_stay_as_they_are(full, places, settings):
    other = full["stays"]
    call_command("withdraw_subject", CODE, "--yes")
    assert list(Face.objects.all()) == [other] and other.file.storage.exists(other.file.name)
    assert Coding.objects.get().face == other
    assert Flag.objects.get().comment == "like [withdrawn], of [withdrawn]?"
    assert Import.objects.exclude(file="").get().name == "c.zip"
    assert OTHER in (places / "logs" / "web.log").read_text()
    assert InferenceRun.objects.get().face_ids == [other.pk]
    assert Snapshot.objects.get().members.count() == 1 and not Review.objects.exists()
    version = full["version"]
    manifest = (version.path / "manifest.json").read_bytes()
    assert hashlib.sha256(manifest).hexdigest() == version.sha256
    load_manifest(version.path)  # which checks the files beside it
    assert load_readings(version.path).sha256.tolist() == [other.sha256]
    assert version.withdrawn.get().faces == 1


@pytest.mark.django_db(transaction=True)
def test_a_second_run_finds_nothing(full, places, capsys):
    call_command("withdraw_subject", CODE, "--yes")
    capsys.readouterr()
    call_command("withdraw_subject", CODE, "--yes")
    assert "Nothing was left to remove." in capsys.readouterr().out
    assert in_database(needles_of(full)) == []


@pytest.mark.django_db(transaction=True)
def test_it_is_resumed_after_a_kill_between_rows_and_files(full, places):
    run = queue_withdrawal(Subject.objects.get(code=CODE), None, send=False)
    assert run.claim()
    remove_rows(run)  # and the worker is killed here
    assert Tombstone.objects.count() > 2 and not Subject.objects.filter(code=CODE).exists()
    run = Withdrawal.objects.get()
    run.take_from_the_dead("Its worker was killed.", unless_heard=False)
    assert run.claim()
    carry_out(run)
    assert in_database(needles_of(full)) == [] and on_disk(places, needles_of(full)) == []
    assert json.loads(json.dumps(run.removed))["annotations.Face"] == 1


@pytest.mark.django_db(transaction=True)
def test_who_is_restored_from_a_backup_is_removed_again(full, places):
    Tombstone.objects.create(
        kind="subject", digest=keyed("subject", CODE), key=key_name(), withdrawal=1
    )
    after = carry_over()  # the database is replaced by an older one, and the machine by its files
    Tombstone.objects.all().delete()
    assert "1 of them" in after()[0]
    assert not Subject.objects.filter(code=CODE).exists() and Tombstone.objects.count() > 2
    run = Withdrawal.objects.get()
    assert run.status == "queued" and run.claim(), "a worker takes it from here"
    carry_out(run)
    assert in_database(needles_of(full)) == [] and on_disk(places, needles_of(full)) == []
