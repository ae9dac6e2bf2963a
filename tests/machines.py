"""Further machines of a running product: each with a disk of its own, and nothing on it yet."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from facsweb.broker import embedded_broker_url
from tests import stack as stacks
from tests.object_store import ObjectStore, object_store
from tests.postgres import server
from tests.stack import Stack, bare_stack

#: As the end of a training does, and again with other thresholds, which are other versions.
_REGISTER = """
import hashlib, json
from django.conf import settings
from inference.artefacts import share
from inference.ml.artifact import load_manifest
from inference.ml.graphs import copy_graphs
from inference.ml.rethreshold import with_thresholds
from inference.registry import register_version
(trained,) = settings.MODELS_ROOT.iterdir()
sha256 = hashlib.sha256((trained / "manifest.json").read_bytes()).hexdigest()
for number in range({count}):
    thresholds = {{12: 0.4 + number / 100}}
    folder, digest = with_thresholds(settings.MODELS_ROOT, trained, thresholds, sha256)
    copy_graphs(trained, folder)
    share(folder)
    version = register_version(folder, digest, load_manifest(folder).to_json())
    print(json.dumps([version.pk, version.folder]))
"""


@contextmanager
def web_machine(folder: Path, **settings: str) -> Iterator[tuple[Stack, ObjectStore]]:
    """The machine that serves pages, on a PostgreSQL of its own where tests run on SQLite."""
    with ExitStack() as rooms:
        store = rooms.enter_context(object_store(folder))
        patched = rooms.enter_context(pytest.MonkeyPatch.context())
        if "DATABASE_URL" not in os.environ:
            patched.setenv("DATABASE_URL", rooms.enter_context(server()))
            patched.setattr(stacks, "templates", None)  # those of others are SQLite's
        (folder / "web").mkdir()
        settings |= store.environment
        web = rooms.enter_context(bare_stack(folder / "web", queues=["data"], **settings))
        yield web, store


def machine_beside(stack: Stack, folder: Path) -> Stack:
    """Another machine with the same database, broker and bucket; nothing runs there yet."""
    folder.mkdir()
    broker = embedded_broker_url(Path(stack.environment["VAR_DIR"]))
    own = {"VAR_DIR": str(folder / "var"), "REDIS_URL": broker}
    return Stack(folder, stack.environment | own, stack.address)


def versions_of(stack: Stack, artefact: Path, count: int) -> list[tuple[int, str]]:
    """Register versions of one artefact (id, folder) on a machine which is gone afterwards."""
    machine = machine_beside(stack, stack.folder.parent / "registering")
    shutil.copytree(artefact, machine.folder / "var" / "models" / artefact.name)
    said = machine.manage("shell", "-v0", "-c", _REGISTER.format(count=count))
    shutil.rmtree(machine.folder)
    return [tuple(json.loads(line)) for line in said.splitlines()]


def is_leading(machine: Stack) -> bool:
    """Whether a machine's worker has a run of its own, and not only parts of another's."""
    return "begun, attempt" in machine.log("workers")


def kill(machine: Stack) -> None:
    """End all its workers' processes at once: its children are told by the kernel."""
    supervisor = machine.children.pop("workers")
    os.killpg(supervisor.pid, signal.SIGKILL)
    supervisor.wait(timeout=30)


def signal_workers(machine: Stack, signum: int) -> None:
    """Send a signal to its workers' processes, and to all their children."""
    supervisor = psutil.Process(machine.children["workers"].pid)
    for process in [supervisor, *supervisor.children(recursive=True)]:
        process.send_signal(signum)
