"""Machines: a database of its own, and folders for pictures, models and whatever isn't code."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection
from django.test import override_settings

from annotations.models import Coding, Face
from annotations.transfers import run_export
from annotations.transfers.models import Export
from annotations.transfers.services import request_export
from facsweb.accounts.permissions import ADMIN
from facsweb.accounts.tokens import issue_token
from facsweb.backup.databases import instead
from facsweb.webhooks.models import Delivery, Webhook
from tests.cast import make_user
from tests.factories import import_coder, make_coding, make_face, make_subject, make_version

_numbers = itertools.count(1)
SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
}


@dataclass(frozen=True)
class Machine:
    """A machine that isn't running: `at` goes there."""

    folder: Path
    vendor: str
    #: A file's path, or a PostgreSQL database's name.
    database: str

    def settings_of(self, options: dict) -> None:
        options["NAME"] = self.database
        if self.vendor == "sqlite":
            options |= {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": dict(SQLITE)}


@contextmanager
def at(machine: Machine) -> Iterator[Machine]:
    """Have this thread work on a machine; threads that it starts must come here by themselves."""
    folders = {
        name: machine.folder / sub
        for name, sub in (
            ("VAR_DIR", ""),
            ("MEDIA_ROOT", "media"),
            ("MODELS_ROOT", "models"),
            ("AUDIT_ANCHOR", "audit-anchor"),
        )
    }
    with override_settings(**folders), instead(machine.settings_of):
        yield machine


@contextmanager
def database_of(machine: Machine) -> Iterator[None]:
    """Have a further thread work on the machine, whose folders the settings name already."""
    with instead(machine.settings_of):
        yield


def new_machine(folder: Path, blank: str, vendor: str) -> Machine:
    """A machine as after `migrate`."""
    folder = folder / f"machine-{next(_numbers)}"
    folder.mkdir()
    if vendor == "sqlite":
        path = folder / "facsweb.sqlite3"
        with closing(sqlite3.connect(blank)) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)
        return Machine(folder, vendor, str(path))
    name = f"{blank}_{next(_numbers)}"
    on_the_server(f'CREATE DATABASE "{name}" TEMPLATE "{blank}"')
    return Machine(folder, vendor, name)


def bare_machine(folder: Path, vendor: str = "sqlite") -> Machine:
    """A machine on which nothing was ever done."""
    folder = folder / f"machine-{next(_numbers)}"
    folder.mkdir()
    return Machine(folder, vendor, str(folder / "facsweb.sqlite3"))


def on_the_server(statement: str) -> None:
    """Run what PostgreSQL runs outside of transactions only."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)


def fill(faces: int = 6) -> None:
    """Put a small study on the machine: what each kind of file and each kind of column holds."""
    admin = make_user("boss", ADMIN)
    ada = make_user("ada", "coder")
    issue_token(admin, "a program")
    version = make_version("VGG16-one", champion=True, extra={"note": "ünïcode", "float": 0.1})
    version.path.mkdir(parents=True)
    (version.path / "network.keras").write_bytes(b"weights" * 1000)
    (version.path / "manifest.json").write_text("{}")
    for number in range(faces):
        face = make_face(make_subject(f"S{number:03d}", gender="female"))
        make_coding(face, import_coder(), emotion="negative", present=(4, 15, 64))
        make_coding(face, version.coder)
        coding = make_coding(face, ada.coder if hasattr(ada, "coder") else import_coder("second"))
        Coding.objects.filter(pk=coding.pk).update(extra={"b": 1, "a": [None, 0.1, "NUL-free"]})
    hook = Webhook.objects.create(url="https://example.org/hook", events=["training.finished"])
    Delivery.objects.create(webhook=hook, event="training.finished", payload={"id": 1})


def export_of_everything(user) -> bytes:
    run = request_export(user, format=Export.Format.BUNDLE, images=True)
    assert run.claim()
    run_export.carry_out(run)
    run.refresh_from_db()
    assert run.status == "succeeded", run.error
    with run.file.open("rb") as file:
        return file.read()


def add_group() -> None:
    """Make the roles, which a test that empties every table takes from the database."""
    for name in ("coder", "reviewer", "admin"):
        Group.objects.get_or_create(name=name)


def pictures() -> list[Path]:
    return sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


def delete_face(face: Face) -> None:
    """As the product deletes: the row, then its files."""
    for coding in face.codings.all():
        coding.scores.all().delete()
    face.codings.all().delete()
    face.delete()
    face.file.storage.delete(face.file.name)
