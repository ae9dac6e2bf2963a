"""Damage of each kind is found, told in words, and mended where it can be."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.db.migrations.recorder import MigrationRecorder

from annotations.faces.neutral_frames import store_neutral
from annotations.faces.services import check_image
from annotations.faces.thumbnails import draw_missing, names_of
from annotations.models import Coder, Coding, Face, NeutralFrame, QueueItem, Tombstone
from annotations.queues.orders import Order
from annotations.queues.plans import QueuePlan
from annotations.queues.services import make_queue
from annotations.tombstones import key_name, keyed
from annotations.transfers.models import Export
from annotations.withdrawal.models import Withdrawal
from facsweb.audit.models import AuditEntry, WaitingEntry
from facsweb.fsck.findings import Check
from facsweb.fsck.run import Report, lines, run_checks, state_file
from inference.ml.artifact import write_artifact
from inference.models import Explanation
from inference.registry import crown, register_version
from tests.factories import (
    assert_bits_are_scores,
    make_coding,
    make_face,
    make_version,
    model_coder,
    png,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    settings.FEATURE_CACHE = tmp_path / "features"


def quiet(done: int, total: int, stage: str) -> None:
    assert 0 <= done <= total


def fsck(**options) -> Report:
    return run_checks(Report(**options), quiet)


def found(report: Report) -> dict[str, list[str]]:
    by_check: dict[str, list[str]] = {}
    for told in report.told:
        by_check.setdefault(told["check"], []).append(told["about"])
    return by_check


def age(path: Path, seconds: float = 2 * 24 * 3600) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


def artefact():
    """A version whose files are as the registry knows them, and that was never trained."""
    folder, sha256 = write_artifact(
        settings.MODELS_ROOT, _Manifest(), lambda path: path.write_bytes(b"net"), _Readings()
    )
    return register_version(folder, sha256, {})


class _Manifest:
    def to_json(self) -> dict:
        return {"format_version": 3}


class _Readings:
    def save(self, path: Path) -> None:
        path.write_bytes(b"readings")


def test_a_sound_machine_is_sound_and_stays_as_it_is(boss):
    version = artefact()
    face = make_face()
    make_coding(face)
    make_coding(face, version.coder)
    store_neutral(check_image(png()), subject=face.subject, sequence="001", frame=1)
    make_queue(boss, QueuePlan("All", Order.RANDOM), Face.objects.all())
    report = fsck(repair=True)
    assert (report.found, report.mended, report.wrong) == ({}, 0, 0)
    assert report.checked["copies in codings"] == 2
    assert report.checked["face files"] == 1
    assert list(lines(report))[-1] == "Files and rows agree."
    assert not state_file().exists()
    assert not (settings.VAR_DIR / "quarantine").exists()


def test_pictures_that_are_gone_or_others_are_told_with_where_to_take_them_from():
    gone, other, sound = (make_face() for _ in range(3))
    store_neutral(check_image(png()), subject=gone.subject, sequence="001", frame=1)
    neutral = NeutralFrame.objects.get()
    Path(gone.file.path).unlink()
    for damaged in (other, neutral):
        Path(damaged.file.path).write_bytes(png())
    report = fsck(repair=True)
    assert found(report) == {
        "face files": [f"face:{gone.pk}", f"face:{other.pk}"],
        "neutral frame files": [f"neutralframe:{neutral.pk}"],
    }
    told = "\n".join(lines(report))
    assert f"{gone.file.name} is missing. Take it from a backup: tar -xf BACKUP media/faces" in told
    assert "its digest is another" in told
    assert sound.file.name not in told
    assert report.wrong == 3
    quick = fsck(quick=True)
    assert found(quick) == {"face files": [f"face:{gone.pk}"]}


def test_thumbnails_are_drawn_again():
    missing, empty, waiting, lost = (make_face() for _ in range(4))
    draw_missing()
    Face.objects.filter(pk=waiting.pk).update(has_thumbnails=False)
    was = {name: default_storage.open(name).read() for name in names_of(missing)}
    for name in (*was, *names_of(waiting), *names_of(lost)):
        default_storage.delete(name)
    Path(default_storage.path(names_of(empty)[1])).write_bytes(b"")
    Path(lost.file.path).unlink()  # which is told of the picture
    found_ = {"face files": [f"face:{lost.pk}"]}
    wrong = [f"face:{missing.pk}", f"face:{empty.pk}"]
    assert found(fsck()) == found_ | {"thumbnails": wrong}
    report = fsck(repair=True)
    assert (report.mended, report.wrong) == (2, 1)
    assert {name: default_storage.open(name).read() for name in was} == was
    assert found(fsck()) == found_
    (entry,) = [*AuditEntry.objects.filter(action="fsck.repaired"), *WaitingEntry.objects.all()]
    assert entry.told == {"found": {"face files": 1, "thumbnails": 2}, "mended": 2}


def test_files_without_rows_go_to_the_quarantine_and_none_is_deleted():
    make_face()
    lost = Path(settings.MEDIA_ROOT) / "faces" / "lost.png"
    young = Path(settings.MEDIA_ROOT) / "faces" / "young.png"
    for path in (lost, young):
        path.write_bytes(b"somebody's face")
    age(lost)
    folder = settings.MODELS_ROOT / "unknown"
    half = settings.MODELS_ROOT / ".partial-x"
    cache = settings.FEATURE_CACHE / "trunk" / "a.npz"
    for path in (folder / "network.keras", half / "network.keras", cache):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
        age(path)
        age(path.parent)
    assert fsck().wrong == 4
    report = fsck(repair=True)
    assert (report.mended, report.wrong) == (4, 0), report.told
    (day,) = (settings.VAR_DIR / "quarantine").iterdir()
    kept = {path.relative_to(day).as_posix() for path in day.rglob("*") if path.is_file()}
    assert kept == {
        "media/faces/lost.png", "models/unknown/network.keras", "models/.partial-x/network.keras",
        "features/trunk/a.npz",
    }  # fmt: skip
    assert (day / "media/faces/lost.png").read_bytes() == b"somebody's face"
    assert young.exists()
    assert day.stat().st_mode & 0o777 == 0o700


def test_network_and_manifest_swapped_together_are_told():
    version = artefact()
    network = version.path / "network.keras"
    network.write_bytes(b"another")
    assert "network.keras was changed" in fsck().told[0]["wrong"]
    network.write_bytes(b"net")
    assert fsck().wrong == 0
    manifest = version.path / "manifest.json"
    manifest.write_text(manifest.read_text() + " ")
    assert "isn't the one that was registered" in fsck().told[0]["wrong"]
    manifest.unlink()
    assert found(fsck(repair=True)) == {"model files": [f"modelversion:{version.pk}"]}


def test_facts_that_are_kept_twice_are_copied_again(boss):
    version = artefact()
    crown(version, boss, "It's the first.")
    face = make_face()
    truth, read = make_coding(face), make_coding(face, version.coder)
    Coding.objects.filter(pk=truth.pk).update(units_present=0, units_absent=2)
    Coding.objects.filter(pk=read.pk).update(confidence=0.1)
    Coder.objects.update(is_default=False)
    queue = make_queue(boss, QueuePlan("All", Order.RANDOM), Face.objects.all())
    QueueItem.objects.filter(queue=queue).update(taken=1)
    report = fsck(repair=True)
    assert {name: len(told) for name, told in found(report).items()} == {
        "copies in codings": 2, "the champion": 1, "people on queues' faces": 1,
    }  # fmt: skip
    assert report.wrong == 0
    assert_bits_are_scores()
    read.refresh_from_db()
    assert read.confidence == read.emotion_probabilities[read.emotion]
    assert Coder.objects.get(is_default=True) == version.coder
    assert QueueItem.objects.get(queue=queue).taken == 0
    assert fsck().wrong == 0


def test_who_withdrew_and_is_here_again_is_withdrawn_again():
    face = make_face()
    digest = keyed("picture", face.sha256)
    Tombstone.objects.create(kind="picture", digest=digest, key=key_name(), withdrawal=1)
    report = fsck(repair=True)
    assert found(report) == {"those who withdrew": [f"subject:{face.subject_id}"]}
    assert Withdrawal.objects.get().subject_id == face.subject_id
    Tombstone.objects.update(key="another")
    assert "SECRET_KEY_FALLBACKS" in fsck().told[-1]["wrong"]


def test_rows_let_go_of_other_files_that_are_gone(boss):
    export = Export.objects.create(requested_by=boss, format="facsweb", status="succeeded")
    export.file.save("1.zip", ContentFile(b"zip"))
    Export.objects.filter(pk=export.pk).update(sha256="0" * 64)
    assert "digest is another" in fsck().told[0]["wrong"]
    export.file.storage.delete(export.file.name)
    version = make_version()
    face = make_face()
    made = Explanation.objects.create(face=face, version=version, target="au:12", image="no.png")
    report = fsck(repair=True)
    assert report.mended == 2, report.told
    assert not Explanation.objects.filter(pk=made.pk).exists()
    export.refresh_from_db()
    assert not export.file
    assert fsck().found == {"model files": 1}  # the version of this test has no files


def test_a_stopped_run_goes_on_where_it_was():
    faces = [make_face() for _ in range(3)]
    Path(faces[0].file.path).unlink()
    visited: list[int] = []

    def walk(after: int):
        for face in Face.objects.filter(pk__gt=after).order_by("pk"):
            visited.append(face.pk)
            yield face.pk
            if face == faces[1] and len(visited) == 2:
                report.note()  # as is done every few seconds
                raise KeyboardInterrupt

    report = Report()
    check = Check("faces in order", walk, Face.objects.count)
    with pytest.raises(KeyboardInterrupt):
        run_checks(report, quiet, [check])
    resumed = Report.of_a_stopped_run()
    assert (resumed.at, resumed.after) == ("faces in order", faces[1].pk)
    run_checks(resumed, quiet, [check])
    assert visited == [face.pk for face in faces]
    assert Report.of_a_stopped_run() is None


def test_command_tells_by_words_json_and_exit_code(capsys):
    call_command("fsck")
    assert "Files and rows agree." in capsys.readouterr().out
    face = make_face()
    Path(face.file.path).unlink()
    with pytest.raises(CommandError) as ended:
        call_command("fsck", json=True)
    assert ended.value.returncode == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["wrong"], told["told"][0]["about"]) == (1, f"face:{face.pk}")


def test_database_of_another_version_is_told_and_not_asked_further():
    recorded = MigrationRecorder(connection).migration_qs.filter(app="transfers")
    recorded.order_by("-pk").first().delete()
    report = fsck()
    assert (list(report.checked), report.wrong) == (["migrations"], 1)
    assert "run `manage.py migrate`" in report.told[0]["wrong"]


def test_every_kind_of_row_that_names_files_is_checked():
    from django.apps import apps

    from facsweb.fsck.run import all_checks

    names = " ".join(check.name for check in all_checks(quick=False))
    for model in apps.get_models():
        if any(isinstance(each, models.FileField) for each in model._meta.get_fields()):
            assert f"{model._meta.verbose_name} files" in names


def test_facts_that_no_longer_follow_from_codings_are_found_and_written_anew():
    model, faces = model_coder(), [make_face() for _ in range(3)]
    for face in faces:
        make_coding(face, model)
    make_coding(faces[0], emotion="surprise")
    make_coding(faces[1])
    Coding.objects.filter(face=faces[0], coder=model).update(differs=False)
    Face.objects.filter(pk=faces[1].pk).update(is_labelled=False)
    Face.objects.filter(pk=faces[2].pk).update(is_labelled=True)
    assert found(fsck(quick=True)) == {"facts of faces": [f"face:{face.pk}" for face in faces]}
    assert fsck(quick=True, repair=True).wrong == 0
    assert_bits_are_scores()
    assert list(Face.objects.disagreeing(model)) == faces[:1]
    assert list(Face.objects.agreeing(model)) == faces[1:2]
    assert list(Face.objects.unlabelled()) == faces[2:]
