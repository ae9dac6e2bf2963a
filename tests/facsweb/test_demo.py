"""`make demo` on what people point it at; tests/end_to_end has the rest of its road."""

import io
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from facsweb.demo import Demo, DemoError
from facsweb.demo_clock import PUBLISHED, DemoClock
from facsweb.demo_models import comparison_with
from facsweb.old_database import is_older, refuse_older
from tests.factories import make_run, make_version
from tests.stack import free_address
from training.models.comparisons import Comparison

BEGIN_ANEW = """
import django
django.setup()
from django.core.management import call_command
from facsweb.demo import Demo
from facsweb.demo_clock import DemoClock
for _ in range(2):
    Demo(clock=DemoClock(), data=None).begin_anew_if_older()
    call_command("migrate", verbosity=0)
"""


def test_data_that_is_no_data_set_is_refused_before_the_long_work(tmp_path):
    with pytest.raises(DemoError, match=r"DATA: .*data_labels\.csv"):
        Demo(clock=DemoClock(), data=tmp_path).prepare()


def test_data_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(DemoError, match="nowhere"):
        Demo(clock=DemoClock(), data=tmp_path / "nowhere").prepare()


@pytest.mark.django_db
def test_second_model_waits_for_the_comparison_that_is_made_and_has_a_missing_one_made():
    best, second = make_version("VGG16-best", champion=True), make_version("VGG16-second")
    run = make_run(status="succeeded", version=second)
    made = comparison_with(run)
    assert made.status == "queued"
    assert [side.coder for side in made.sides.order_by("place")] == [best.coder, second.coder]
    assert comparison_with(run) == made
    Comparison.objects.update(status="failed")
    again = comparison_with(run)
    assert again not in {None, made}
    Comparison.objects.filter(pk=again.pk).update(status="succeeded")
    assert comparison_with(run) == again
    assert comparison_with(make_run(status="succeeded", version=best)) is None


def test_bar_is_one_for_all_steps_and_never_goes_back(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("COLUMNS", "100")
    clock = DemoClock()
    for step, doing in (
        ("drawing faces", ""),
        ("training", "training the heads, fold 1 of 5"),
        (PUBLISHED, ""),  # what lies between was done before
        ("comparing both", ""),
    ):
        for done in range(4):
            clock.hear(step, done, 3, doing)
    clock.close()
    shown = [line for line in screen.getvalue().split("\r") if "%" in line]
    shares = [int(line.split("%")[0]) for line in shown]
    assert shares == sorted(shares)
    assert shares[-1] > 90
    assert "training: training the heads, fold 1 of 5" in screen.getvalue()


@pytest.fixture
def older(tmp_path):
    """An earlier facsweb's SQLite database, open elsewhere, so that its log stands beside it."""
    path = tmp_path / "facsweb.sqlite3"
    with closing(sqlite3.connect(path)) as elsewhere:
        elsewhere.executescript(
            "PRAGMA journal_mode=WAL;"
            "CREATE TABLE django_migrations (id integer PRIMARY KEY, app text, name text,"
            " applied datetime);"
            "INSERT INTO django_migrations VALUES (1, 'annotations', '0001_initial', 0);"
            "INSERT INTO django_migrations VALUES (2, 'annotations', '0002_roles', 0);"
            "CREATE TABLE kept (note text); INSERT INTO kept VALUES ('years of work');"
        )
        path.with_name("media").mkdir()
        path.with_name("media").joinpath("face.png").write_bytes(b"a face")
        yield path


def python(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{path}",
        "VAR_DIR": str(path.parent),
        "MEDIA_ROOT": str(path.with_name("media")),
        "SECRET_KEY": "only-for-tests-" + "x" * 40,
        "DJANGO_SETTINGS_MODULE": "facsweb.settings",
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def notes(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return [note for (note,) in database.execute("SELECT note FROM kept")]


def test_demo_on_an_older_database_says_so_once_and_keeps_it(older):
    taken = older.with_name("facsweb.old-1.sqlite3")
    taken.write_bytes(b"kept before")
    answer = python(older, "-c", BEGIN_ANEW)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines() == [
        f"database   {older} was made by an earlier facsweb, so the demo begins anew; "
        "it is kept as facsweb.old-2.sqlite3, its pictures as media.old-2."
    ]
    assert taken.read_bytes() == b"kept before"
    assert older.with_name("media.old-2").joinpath("face.png").read_bytes() == b"a face"
    assert not older.with_name("media").exists()
    kept = {path.name for path in older.parent.glob("facsweb.old-2.sqlite3*")}
    assert kept == {f"facsweb.old-2.sqlite3{part}" for part in ("", "-wal", "-shm")}
    assert notes(older.with_name("facsweb.old-2.sqlite3")) == ["years of work"]
    with closing(sqlite3.connect(older)) as fresh:
        assert fresh.execute("SELECT count(*) FROM annotations_face").fetchone() == (0,)


@pytest.mark.parametrize("command", ["run", "worker"])
def test_older_database_stops_the_server_and_workers_with_what_to_do(older, command):
    address = ("--address", free_address()) if command == "run" else ()
    answer = python(older, "manage.py", command, *address)
    assert answer.returncode == 1
    [sentence] = answer.stderr.splitlines()
    assert sentence.startswith(f"CommandError: {older} was made by an earlier facsweb")
    assert "`make demo`" in sentence
    assert older.with_name("media").joinpath("face.png").exists()
    assert notes(older) == ["years of work"]


@pytest.mark.django_db
def test_database_of_today_is_not_older():
    assert not is_older(connection)
    refuse_older(connection)
    MigrationRecorder(connection).record_applied("a_removed_package", "0001_initial")
    assert not is_older(connection)


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's is kept and begun anew")
def test_older_postgresql_database_is_left_alone_with_what_to_do():
    MigrationRecorder(connection).record_applied("annotations", "0002_roles")
    with pytest.raises(CommandError, match="name an empty database in DATABASE_URL"):
        refuse_older(connection)
    with pytest.raises(DemoError, match="name an empty database in DATABASE_URL"):
        Demo(clock=DemoClock(), data=None).prepare()
    assert is_older(connection)


def test_lines_go_to_the_log_and_only_warnings_to_the_terminal_too(tmp_path):
    script = (
        "import django, logging, pathlib\n"
        "django.setup()\n"
        "from facsweb.logs import quieten\n"
        f"quieten(pathlib.Path({str(tmp_path)!r}, 'logs', 'demo.log'))\n"
        "logging.getLogger('facsweb').info('a job is sent')\n"
        "logging.getLogger('facsweb').warning('a job is lost')\n"
    )
    environment = {**os.environ, "LOG_LEVEL": "INFO", "LOG_FORMAT": "line"}
    told = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "a job is lost" in told.stderr and "a job is sent" not in told.stdout + told.stderr
    log = (tmp_path / "logs" / "demo.log").read_text(encoding="utf-8")
    assert "a job is sent" in log and "a job is lost" in log
