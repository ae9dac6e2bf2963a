"""A backup of an older facsweb, and of the other kind of database.

Issues 4115 and 4589 of paperless-ngx: rows of older tables don't fit today's, or fit and lack what
a migration would have filled in. Here they go into the tables that they came from, and then through
every migration since.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from annotations.models import Coding, Face, Subject, Tombstone
from annotations.tombstones import key_name, keyed
from annotations.withdrawal.known_again import carry_over
from facsweb.audit.verify import verify as verify_chain
from facsweb.backup.errors import CannotRestore
from facsweb.backup.make import make_backup
from facsweb.backup.restore import restore_backup
from facsweb.backup.schema import migrate_to, tables_of
from facsweb.old_database import is_older
from tests.facsweb.backup.archives import entries_of
from tests.facsweb.backup.machines import at, database_of, fill
from tests.factories import assert_bits_are_scores

pytestmark = pytest.mark.django_db

#: Before codings kept their units as bits, which 0008_unit_bits fills in from the scores.
_OLD = [
    *[("contenttypes", name) for name in ("0001_initial", "0002_remove_content_type_name")],
    ("auth", "0001_initial"),
    *[("annotations", name) for name in ("0001_initial", "0002_snapshots")],
]


def test_backup_of_an_older_version_is_migrated(machine, tmp_path, heard):
    with at(machine(bare=True)):
        migrate_to(_OLD)
        models = {table.label: table.model for table in tables_of(_OLD)}
        subject = models["annotations.Subject"].objects.create(code="S001")
        face = models["annotations.Face"].objects.create(
            subject=subject, sha256="0" * 64, width=9, height=9, colour_mode="rgb"
        )
        models["annotations.Subject"].objects.create(code="S-withdrew")
        coder = models["annotations.Coder"].objects.create(kind="import", name="CK+")
        coding = models["annotations.Coding"].objects.create(
            face=face, coder=coder, coder_kind="import", emotion="negative"
        )
        for au, present in ((4, True), (12, False)):
            models["annotations.ActionUnitScore"].objects.create(
                coding=coding, au=au, present=present
            )
        made = make_backup(tmp_path / "old.tar", heard)
        assert made.head.migrations == sorted(_OLD)
        assert "units_present" not in made.manifest.tables["annotations_coding"].columns
    with at(machine()):
        # Somebody withdrew after the backup was made: that holds.
        digest = keyed("subject", "S-withdrew")
        Tombstone.objects.create(kind="subject", digest=digest, key=key_name(), withdrawal=1)
        restored = restore_backup(made.path, heard, replace=True, carry_over=carry_over)
        assert "1 of them were in the backup and are removed again" in " ".join(restored.notes)
        assert not Subject.objects.filter(code="S-withdrew").exists()
        assert Tombstone.objects.filter(digest=digest).exists()
        assert not is_older(connection)
        assert Face.objects.get().subject.code == "S001"
        assert_bits_are_scores()
        assert Coding.objects.get().units_present == 1 << 4
        assert not [model for model in apps.get_models() if model._meta.managed and _fails(model)]


def _fails(model) -> bool:
    model._default_manager.first()  # every table of today is there with every column
    return False


def test_sqlite_goes_to_postgresql_and_back(machine, tmp_path, heard):
    if connection.vendor == "sqlite":
        pytest.skip("PostgreSQL's run does this")
    with at(machine()):
        fill(3)
        there = make_backup(tmp_path / "there.tar", heard)
    with at(machine(bare=True)):
        assert connection.vendor == "sqlite"
        restore_backup(there.path, heard)
        back = make_backup(tmp_path / "back.tar", heard)
    with at(machine()):
        restored = restore_backup(back.path, heard)
        assert not restored.kept
        assert_bits_are_scores()
        again = make_backup(tmp_path / "again.tar", heard)
        assert verify_chain().holds, verify_chain().problems
        subject = Face.objects.earliest("pk").subject
        face = Face.objects.create(subject=subject, sha256="1", width=1, height=1)
        assert face.pk == there.manifest.last_ids["annotations_face"] + 1
    first, last = entries_of(there.path), entries_of(again.path)
    differ = {name for name in first if first[name] != last.get(name)}
    # The restores settled deliveries, and each is in the audit.
    told = {"backup", "webhooks_delivery", "audit_auditentry", "audit_audithead"}
    assert {Path(name).name.partition(".")[0] for name in differ} <= told


def test_machine_in_use_is_not_restored_to(machine, tmp_path, heard):
    """A server that held the old file open would go on writing to it."""
    with at(machine()) as here:
        made = make_backup(tmp_path / "a.tar", heard)
        with database_of(here):
            assert not Face.objects.exists()  # a connection that stays open, as a server's does
            with (
                database_of(here),
                pytest.raises(CannotRestore, match=r"in use.*stop the server"),
            ):
                restore_backup(made.path, heard, replace=True)
