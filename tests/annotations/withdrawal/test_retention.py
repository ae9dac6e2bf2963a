"""What has reached its age goes, by each rule that is on, and a dry run only tells."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.utils import timezone

from annotations.transfers.models import Export, Import
from facsweb.audit.selectors import entries
from inference.models import ModelVersion
from inference.registry import ModelOutdated, check_reads_pictures
from tests.factories import make_version


@pytest.fixture
def old(db, settings, boss):
    """An old and a new one of everything that a rule deletes."""
    for name in ("IMPORT", "EXPORT", "SESSION", "MODEL"):
        setattr(settings, f"RETENTION_{name}_DAYS", 30)
    now = timezone.now()
    for age in (31, 29):
        ended = {"status": "failed", "finished_at": now - timedelta(days=age), "size": 1}
        sent = Import.objects.create(name=f"{age}", sha256="0" * 64, **ended)
        sent.file.save("a.zip", ContentFile(b"sent"))
        sent.refused.save("a.csv", ContentFile(b"row"))
        made = Export.objects.create(format="facsweb", requested_by=boss, **ended)
        made.file.save("e.zip", ContentFile(b"made"))
        session = SessionStore()
        session.create()
        Session.objects.filter(pk=session.session_key).update(expire_date=now - timedelta(days=age))
    for name in ("unused", "champion", "young"):
        version = make_version(name, champion=name == "champion", network_sha256="x")
        version.path.mkdir(parents=True)
        (version.path / "network.keras").write_bytes(b"net")
        if name != "young":
            made_at = now - timedelta(days=31)
            type(version).objects.filter(pk=version.pk).update(created_at=made_at)
    return settings


def kept(settings) -> dict[str, int]:
    return {
        "files": sum(path.is_file() for path in settings.MEDIA_ROOT.rglob("*")),
        "sessions": Session.objects.count(),
        "models": len(list(settings.MODELS_ROOT.iterdir())),
    }


def test_a_dry_run_tells_and_deletes_nothing(old, capsys):
    call_command("retention", "--dry-run")
    told = capsys.readouterr().out
    assert "archives and refused rows of imports, older than 30 days: 2 would go, 7 bytes" in told
    assert "  unused" in told and "champion\n" not in told
    assert kept(old) == {"files": 6, "sessions": 2, "models": 3}
    assert not entries().filter(action="retention.deleted").exists()


def test_what_is_old_goes_and_is_recorded(old):
    call_command("retention")
    assert kept(old) == {"files": 3, "sessions": 1, "models": 2}
    assert Export.objects.get(file="").error.startswith("Its file was deleted by its age")
    assert Import.objects.count() == 2, "what an import came to stays"
    assert entries().filter(action="retention.deleted").count() == 4
    unused = ModelVersion.objects.get(name="unused")
    with pytest.raises(ModelOutdated, match="deleted by their age"):
        check_reads_pictures(unused)
    call_command("retention")
    assert kept(old) == {"files": 3, "sessions": 1, "models": 2}


def test_rules_that_delete_work_are_off_unless_asked_for(old, capsys):
    old.RETENTION_EXPORT_DAYS = old.RETENTION_MODEL_DAYS = 0
    call_command("retention")
    assert kept(old) == {"files": 4, "sessions": 1, "models": 3}
    assert "files of exports: kept (RETENTION_EXPORT_DAYS is 0)" in capsys.readouterr().out
