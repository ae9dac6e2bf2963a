"""Imports and exports whose worker is killed or stopped on the way."""

from __future__ import annotations

import os
import signal
import time
import zipfile
from pathlib import Path

import pytest

from tests.end_to_end.test_worker import _descendants
from tests.factories import png
from tests.stack import bare_stack

pytestmark = pytest.mark.worker
FACES = 500
_LONG_AGO = """
from datetime import timedelta
from django.utils import timezone
from annotations.transfers.models import Export, Import
for model in (Export, Import):
    running = model.objects.filter(status="running")
    running.update(heartbeat_at=timezone.now() - timedelta(minutes=5))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with bare_stack(tmp_path_factory.mktemp("transfers"), queues=["data"]) as stack:
        yield stack


def study(folder: Path, faces: int = FACES) -> Path:
    """An archive; its pictures are new at each call. With all faces it takes some seconds."""
    path = folder / "study.zip"
    with zipfile.ZipFile(path, "w") as archive:
        rows = ["filepath,subject,high_level_emotion,AU12"]
        for number in range(faces):
            archive.writestr(f"{number}.png", png(size=200))
            rows.append(f"{number}.png,S001,positive,1")
        archive.writestr("data_labels.csv", "\n".join(rows))
    return path


def begun(server, tmp_path) -> dict:
    """An import whose worker has written some of its faces, and not all."""
    run = server.call("imports/", user="admin", form={"file": study(tmp_path)})
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        now = server.call(f"imports/{run['id']}/", user="admin")
        assert now["status"] in {"queued", "running"}, now
        if now["stage"] == "writing faces" and 0 < now["done"] < FACES:
            return now
        time.sleep(0.05)
    raise AssertionError(f"it never got going: {now}\n{server.log('data-worker')[-2000:]}")


def ended(server, run: dict, before: int) -> None:
    """It is whole, nothing is twice, and nothing half-made is left."""
    done = server.wait_for_run(f"imports/{run['id']}/", 120)
    assert done["status"] == "succeeded", done
    report = done["report"]
    assert report["faces_created"] + report["unchanged"] == FACES
    assert report["unchanged"] > 0, "the first worker's faces are found, not written again"
    assert faces(server) == before + FACES
    media = server.folder / "var" / "media"
    assert len(list((media / "faces").iterdir())) == before + FACES
    thumbnails = media / "thumbnails"  # of those that a worker has been through
    assert len(list(thumbnails.iterdir()) if thumbnails.exists() else []) <= 3 * (before + FACES)
    left = server.folder / "var" / "transfers"
    assert not any(left.iterdir())


def faces(server) -> int:
    subjects = server.call("subjects/", user="admin")["results"]
    return sum(subject["faces"] for subject in subjects)


def test_an_import_survives_kill_9(server, tmp_path):
    before = faces(server)
    run = begun(server, tmp_path)
    kill_worker(server)
    assert server.call(f"imports/{run['id']}/", user="admin")["status"] == "running"
    server.manage("shell", "-v0", "-c", _LONG_AGO)  # as if the lease had passed meanwhile
    for path in (server.folder / "var" / "media").rglob("*.*"):
        os.utime(path, (0, 0))
    server.start("data-worker", "worker", "--queue", "data")
    ended(server, run, before)


def signal_worker(server, signum: int) -> None:
    worker = server.children["data-worker"].pid
    for pid in [*_descendants(worker), worker]:
        os.kill(pid, signum)


def kill_worker(server) -> None:
    signal_worker(server, signal.SIGKILL)
    server.children.pop("data-worker").wait(timeout=30)


def halted_export(server) -> dict:
    """An export whose worker has stood still in the midst of it."""
    asked = {"format": "facsweb", "images": True, "anonymous": True}
    for _ in range(5):
        run = server.call("exports/", user="admin", json_body=asked)
        now = run
        while now["status"] in {"queued", "running"} and not now["done"]:
            now = server.call(f"exports/{run['id']}/", user="admin")
        signal_worker(server, signal.SIGSTOP)
        if server.call(f"exports/{run['id']}/", user="admin")["status"] == "running":
            return run
        signal_worker(server, signal.SIGCONT)  # it was quicker; again
    raise AssertionError("every export had ended before its worker was halted")


def test_an_export_survives_kill_9(server, tmp_path):
    run = server.call("imports/", user="admin", form={"file": study(tmp_path)})
    assert server.wait_for_run(f"imports/{run['id']}/", 120)["status"] == "succeeded"
    run = halted_export(server)
    kill_worker(server)
    server.manage("shell", "-v0", "-c", _LONG_AGO)
    server.start("data-worker", "worker", "--queue", "data")
    done = server.wait_for_run(f"exports/{run['id']}/", 120)
    assert (done["status"], done["report"]["faces"]) == ("succeeded", faces(server)), done
    stored = max((server.folder / "var" / "media" / "exports").iterdir(), key=os.path.getmtime)
    assert stored.name.startswith(f"{run['id']}-")
    with zipfile.ZipFile(stored) as archive:
        assert archive.testzip() is None
    assert not any((server.folder / "var" / "transfers").iterdir())


def test_an_orderly_stop_hands_it_to_the_next_worker(server, tmp_path):
    before = faces(server)
    run = begun(server, tmp_path)
    server.stop("data-worker")
    server.start("data-worker", "worker", "--queue", "data")
    ended(server, run, before)


def cancelled(server, tmp_path) -> int:
    """Cancel an import on its way; returns how many faces there were before.

    Its worker isn't halted for that: on SQLite it might hold the lock that the request needs.
    """
    for _ in range(5):
        before, run = faces(server), begun(server, tmp_path)
        path = f"imports/{run['id']}/"
        server.call(f"{path}cancel/", user="admin", json_body={})
        if server.wait_for_run(path, 60)["status"] == "cancelled":
            return before
    raise AssertionError("every import had ended before its worker heard of it")


def test_a_cancelled_import_keeps_whole_rows_only(server, tmp_path):
    before = cancelled(server, tmp_path)
    media = server.folder / "var" / "media"
    assert len(list((media / "faces").iterdir())) == faces(server) < before + FACES
    assert not list((media / "imports").iterdir())
