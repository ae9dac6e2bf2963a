"""A backup and what comes of it on another machine."""

from __future__ import annotations

import json
import resource
import stat
import threading
import time
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import CommandError, call_command
from django.utils import timezone

from annotations.models import Face, PictureCleaning
from annotations.transfers.models import Export
from facsweb.accounts.models import ApiToken, BrowserSession, PasswordLink
from facsweb.audit.models import AuditEntry
from facsweb.audit.services import record
from facsweb.audit.verify import verify as verify_chain
from facsweb.backup.errors import CannotBackUp, CannotRestore
from facsweb.backup.make import make_backup
from facsweb.backup.manifest import NOT_KEPT
from facsweb.backup.restore import restore_backup
from facsweb.backup.rows import lines
from facsweb.backup.verify import verify
from facsweb.env import env_networks
from facsweb.webhooks.models import Delivery
from inference.models import ModelVersion
from tests.facsweb.backup.archives import archive_of, entries_of
from tests.facsweb.backup.machines import (
    at,
    database_of,
    delete_face,
    export_of_everything,
    fill,
    pictures,
)
from tests.factories import make_coding, make_face, make_run, make_subject

pytestmark = pytest.mark.django_db

#: What a restore tells by itself: who is signed in, what ran, what waited to be sent.
_SETTLED = {
    "transfers_export",
    "training_trainingrun",
    "webhooks_delivery",
    "annotations_picturecleaning",
}
#: What was done since, of which the audit tells.
_RECORDED = {"audit_auditentry", "audit_audithead", "audit_waitingentry"}


def test_a_restored_machine_is_the_same(machine, tmp_path, heard):
    """Also where somebody had made an admin first, as in paperless-ngx's issues 4952 and 7384."""
    first, second = machine(), machine()
    with at(first):
        fill()
        before = export_of_everything(User.objects.get(username="boss"))
        record("user.invited", about="user:1")
        Export.objects.create(requested_by=None, status="queued")
        make_run(status="running", stage="fold 1")
        PictureCleaning.objects.create(status="running")
        session = SessionStore()
        session["who"] = "boss"
        session.create()
        boss = User.objects.get(username="boss")
        now = timezone.now()
        BrowserSession.objects.create(
            session_id=session.session_key, user=boss, started_at=now, seen_at=now
        )
        PasswordLink.objects.create(digest="0" * 64, user=boss, expires_at=now)
        held = [path.read_bytes() for path in pictures()]
        made = make_backup(tmp_path / "all.tar", heard)
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    whole = made.path.read_bytes()
    assert settings.SECRET_KEY.encode() not in whole
    assert session.session_key.encode() not in b"".join(rows_of(made.path).values())
    assert heard.stages == ["rows", "files (KiB)"]

    with at(second):
        User.objects.create_superuser("boss", password="another-password")
        record("session.started", about="user:1")
        record("session.ended", about="user:1")
        settings.MEDIA_ROOT.mkdir()
        (settings.MEDIA_ROOT / "mine.png").write_bytes(b"mine")
        with pytest.raises(CannotRestore, match=r"mine|media holds 1 file.*1 in auth_user.*--repl"):
            restore_backup(made.path, heard)
        assert User.objects.get().check_password("another-password")
        restored = restore_backup(made.path, heard, replace=True)
        assert User.objects.get(username="boss").check_password("a-long-test-password")
        assert [path.read_bytes() for path in pictures() if "before" not in str(path)] == held
        assert ModelVersion.objects.get().path.joinpath("network.keras").stat().st_size == 7000
        aside = list(settings.MEDIA_ROOT.rglob("mine.png"))
        assert [path.read_bytes() for path in aside] == [b"mine"]
        assert len(restored.kept) == 2, restored.kept
        assert not list(second.folder.rglob("*restoring*"))

        assert ApiToken.objects.usable().count() == 1
        assert not SessionStore(session.session_key).load()
        assert not PasswordLink.objects.exists()
        (waited,) = Export.objects.filter(file="")
        assert (waited.status, waited.is_active) == ("failed", False)
        assert "ask for it again" in waited.error
        assert PictureCleaning.objects.get().status == "queued"  # it protects people
        assert Delivery.objects.get().status == Delivery.Status.GIVEN_UP
        assert any("messages to webhooks" in note for note in restored.notes)
        again = make_backup(tmp_path / "again.tar", heard)
        # The same rows and files, byte for byte, but for what the restore settled.
        told, now = entries_of(made.path), entries_of(again.path)
        differ = {name for name in told.keys() | now.keys() if told.get(name) != now.get(name)}
        assert {Path(name).name.partition(".")[0] for name in differ} <= {
            "backup", *_SETTLED, *_RECORDED,
        }  # fmt: skip
        assert verify_chain().holds, verify_chain().problems
        told = AuditEntry.objects.filter(about="backup").order_by("number")
        assert [each.action for each in told] == ["backup.restored", "backup.made"]
        assert export_of_everything(User.objects.get(username="boss")) == before
        # What was deleted before the backup doesn't lend its id to what comes after.
        assert Export.objects.latest("pk").pk == made.manifest.last_ids["transfers_export"] + 1


def test_nothing_that_is_kept_needs_what_is_not():
    """A row that points at one that no backup holds couldn't be restored."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if field.is_relation and field.related_model._meta.label in NOT_KEPT:
                assert model._meta.label in NOT_KEPT, field


def test_what_was_acknowledged_is_in_it_while_others_write(machine, tmp_path, heard):
    """Faces come and go all the while; each that stood at the start is there, with its files."""
    busy = threading.Event()

    def write() -> None:
        with database_of(here):
            while not busy.is_set():
                face = make_face()
                make_coding(face)
                delete_face(Face.objects.exclude(subject__code="KEPT").earliest("pk"))
                time.sleep(0.02)  # no disk lets anybody delete hundreds a second for long

    with at(machine()) as here:
        for _ in range(40):
            make_coding(make_face())
        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(3):
                kept = make_face(make_subject("KEPT"), frame=number)
                path = make_backup(tmp_path / f"{number}.tar", heard).path
                _check_is_of_one_moment(path, kept)
        finally:
            busy.set()
            writer.join()


def _check_is_of_one_moment(path: Path, kept: Face) -> None:
    verified = verify(path, lambda *_: None)
    assert not verified.manifest.missing
    rows, held = rows_of(path), entries_of(path)
    faces = [json.loads(line) for line in rows["annotations_face"].splitlines()]
    columns = verified.manifest.tables["annotations_face"].columns
    place = {name: columns.index(name) for name in ("id", "file", "sha256")}
    assert kept.sha256 in {face[place["sha256"]] for face in faces}
    for face in faces:
        assert f"media/{face[place['file']]}" in held
    codings = [json.loads(line) for line in rows["annotations_coding"].splitlines()]
    of = verified.manifest.tables["annotations_coding"].columns.index("face_id")
    assert {coding[of] for coding in codings} <= {face[place["id"]] for face in faces}


def rows_of(path: Path) -> dict[str, bytes]:
    verified = verify(path, lambda *_: None)
    found = {}
    with path.open("rb") as stream:
        packed = archive_of(stream)
        for name, facts in verified.manifest.tables.items():
            found[name] = b"".join(lines(packed[facts.member], 1 << 30))
    return found


def test_deletion_in_between_is_told_and_leaves_no_row_without_its_file(machine, tmp_path):
    with at(machine()):
        faces = [make_face() for _ in range(3)]

        def delete_one(done: int, total: int, stage: str) -> None:
            if stage.startswith("files") and Face.objects.filter(pk=faces[2].pk).exists():
                delete_face(faces[2])

        made = make_backup(tmp_path / "a.tar", delete_one)
        assert (made.manifest.missing, made.manifest.deleted) == ([], 1)
        assert len(rows_of(made.path)["annotations_face"].splitlines()) == 2


def test_backup_tells_the_settings_of_a_server_behind_a_proxy(
    machine, tmp_path, heard, settings, monkeypatch
):
    """As environment variables are read: networks, lists, numbers."""
    monkeypatch.setenv("TRUSTED_PROXIES", "172.30.30.0/24, ::1")
    settings.TRUSTED_PROXIES = env_networks("TRUSTED_PROXIES")
    settings.CSRF_TRUSTED_ORIGINS = ["https://facs.example.org"]
    with at(machine()):
        made = make_backup(tmp_path / "a.tar", heard)
    told = verify(made.path, heard).head.settings
    assert told["TRUSTED_PROXIES"] == ["172.30.30.0/24", "::1/128"]
    assert told["CSRF_TRUSTED_ORIGINS"] == ["https://facs.example.org"]


def test_file_that_is_missing_is_told_by_name_and_exit_code(machine, tmp_path):
    with at(machine()):
        face = make_face()
        face.file.storage.delete(face.file.name)
        with pytest.raises(CommandError, match=face.sha256) as told:
            call_command("backup", str(tmp_path))
    assert told.value.returncode == 2
    (made,) = tmp_path.glob("facsweb-*.tar")
    assert verify(made, lambda *_: None).manifest.missing == [f"media/{face.file.name}"]


def test_full_disk_leaves_nothing_and_an_old_backup_stays(machine, tmp_path, heard):
    with at(machine()):
        make_face()
        folder = tmp_path / "backups"
        folder.mkdir()
        former = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, former[1]))
        try:
            with pytest.raises(CannotBackUp, match="Nothing of it is left"):
                make_backup(folder / "a.tar", heard)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, former)
        assert not list(folder.iterdir())
        made = make_backup(folder / "a.tar", heard)
        whole = made.path.read_bytes()
        with pytest.raises(CannotBackUp, match="overwrites nothing"):
            make_backup(folder / "a.tar", heard)
        assert made.path.read_bytes() == whole
        with pytest.raises(CannotBackUp, match="no folder"):
            make_backup(tmp_path / "nowhere" / "a.tar", heard)


def test_empty_or_broken_database_is_told_in_words(machine, tmp_path, heard):
    with at(machine(bare=True)) as here, pytest.raises(CannotBackUp, match="nothing to back up"):
        make_backup(tmp_path / "a.tar", heard)
    Path(here.database).write_bytes(b"not a database" * 100)
    with at(here), pytest.raises(CommandError, match="can't be read"):
        call_command("backup", str(tmp_path / "a.tar"))
    assert not list(tmp_path.glob("*.tar*"))
