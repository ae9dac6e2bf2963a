"""The product as its users run it: database, Valkey, workers and web server, all real.

Everything is reached from outside: by HTTP, by `manage.py`, by signals to processes.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import http.cookiejar
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from facsweb.processes import die_with_parent

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct-horse-battery"
#: Where the processes of a test run share a migrated database. Without: each stack has its own.
templates: Path | None = None

_USERS = """
from django.contrib.auth.models import Group, User
for name in ("coder", "coder2", "coder3", "coder4", "reviewer", "reviewer2", "admin"):
    user = User.objects.create_user(name, password={password!r})
    user.groups.add(Group.objects.get(name=name.rstrip("234")))
User.objects.create_user("outsider", password={password!r})
"""


_COLLECT = "from facsweb.static_files import collect_static; collect_static()"


@dataclass
class Stack:
    """A running facsweb in a folder of its own."""

    folder: Path
    environment: dict[str, str]
    address: str
    children: dict[str, subprocess.Popen] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    trained: dict = field(default_factory=dict)  # the training run that the fixture waited for
    unused: list[int] = field(default_factory=list)  # faces for tests that change theirs

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def manage(self, *arguments: str, check: bool = True) -> str:
        answer = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or answer.returncode == 0, answer.stdout + answer.stderr
        return answer.stdout

    def start(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.children[name] = subprocess.Popen(
                [sys.executable, "manage.py", *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,  # a killed run leaves no server behind
            )

    def stop(self, name: str, signum: int = signal.SIGTERM) -> None:
        child = self.children.pop(name)
        child.send_signal(signum)
        child.wait(timeout=30)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def token(self, username: str) -> str:
        if username not in self.tokens:
            credentials = {"username": username, "password": PASSWORD}
            self.tokens[username] = self.call("token/", json_body=credentials)["token"]
        return self.tokens[username]

    def session(self, username: str) -> str:
        """The cookie of somebody who has signed in by the form, once for all tests."""
        if username not in self.sessions:
            cookies = http.cookiejar.CookieJar()
            browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
            browser.open(f"{self.url}/login/", timeout=60).close()
            known = {cookie.name: cookie.value for cookie in cookies}
            form = {
                "username": username,
                "password": PASSWORD,
                "csrfmiddlewaretoken": known["csrftoken"],
            }
            browser.open(f"{self.url}/login/", urllib.parse.urlencode(form).encode()).close()
            known = {cookie.name: cookie.value for cookie in cookies}
            self.sessions[username] = known["sessionid"]
        return self.sessions[username]

    def call(
        self,
        path: str,
        *,
        user: str | None = None,
        json_body: object = None,
        form: dict[str, str | Path] | None = None,
    ) -> dict:
        """A request to /api/v1/: GET, or POST where there is a body. The decoded answer."""
        request = urllib.request.Request(f"{self.url}/api/v1/{path}")
        if user:
            request.add_header("Authorization", f"Token {self.token(user)}")
        if json_body is not None:
            request.data = json.dumps(json_body).encode()
            request.add_header("Content-Type", "application/json")
        if form is not None:
            request.data, content_type = _multipart(form)
            request.add_header("Content-Type", content_type)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{error.code} {path}: {error.read().decode()[:500]}") from None

    def wait_for_run(self, path: str, seconds: float = 300) -> dict:
        """Poll a training or inference run until it ends."""
        run: dict = {}
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            run = self.call(path, user="admin")
            if run["status"] not in {"queued", "running"}:
                return run
            time.sleep(0.5)
        raise AssertionError(f"{path} did not end: {run}\n{self.log('workers')[-3000:]}")


def _multipart(form: dict[str, str | Path]) -> tuple[bytes, str]:
    boundary = "----facsweb-test-boundary"
    parts = []
    for name, value in form.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if isinstance(value, Path):
            head += f'; filename="{value.name}"\r\nContent-Type: image/png'
            body = value.read_bytes()
        else:
            body = str(value).encode()
        parts.append(head.encode() + b"\r\n\r\n" + body + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), (
        f"multipart/form-data; boundary={boundary}"
    )


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def _environment(folder: Path, database: str) -> dict[str, str]:
    ours = {"MEDIA_ROOT", "MODELS_ROOT", "REDIS_URL", "SECRET_KEY_FILE"}
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    return environment | {
        "SECRET_KEY": "only-for-tests-" + "x" * 40,
        "VAR_DIR": str(folder / "var"),
        "DJANGO_SETTINGS_MODULE": "facsweb.settings",
        "DATABASE_URL": database,
        "METRICS_TOKEN": "only-for-tests-of-metrics",
    }


def _own_database(folder: Path) -> str:
    """A new database with the users in it: a copy, so that only the first one is migrated.

    The static files come along.
    """
    server, shared = os.environ.get("DATABASE_URL"), templates or folder
    with _template(shared, server) as template:
        _collect_static(shared)
        _copy_static(shared / "var", folder / "var")
        if not server:
            shutil.copy(template, folder / "db.sqlite3")
            return f"sqlite:///{folder / 'db.sqlite3'}"
        name = f"stack_{uuid.uuid4().hex[:12]}"
        _create_database(server, name, template)
    return _at(server, name)


def _collect_static(folder: Path) -> None:
    if not (folder / "var" / "static.collected").exists():
        blank = Stack(folder, _environment(folder, "sqlite:///:memory:"), "")
        blank.manage("shell", "-v0", "-c", _COLLECT)


def _copy_static(collected: Path, own: Path) -> None:
    """Spare a stack the collecting of static files, which are the same for all."""
    if collected != own:
        own.mkdir(exist_ok=True)
        shutil.copytree(collected / "static", own / "static", copy_function=os.link)
        shutil.copy(collected / "static.collected", own)


@contextlib.contextmanager
def _template(folder: Path, server: str | None) -> Iterator[str]:
    """A SQLite file, or the name of a PostgreSQL database, which each server needs its own of."""
    digest = hashlib.sha256((server or "").encode()).hexdigest()
    made = folder / f"template-{digest:.12}.name"
    with (folder / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # while it is copied, too: PostgreSQL wants it so
        if not made.exists():
            name = f"template_{uuid.uuid4().hex[:12]}"
            if server:
                _create_database(server, name)
            else:
                name = str(folder / f"{name}.sqlite3")
            url = _at(server, name) if server else f"sqlite:///{name}"
            blank = Stack(folder, _environment(folder, url), "")
            blank.manage("migrate", "-v0")
            blank.manage("shell", "-v0", "-c", _USERS.format(password=PASSWORD))
            made.write_text(name)
        yield made.read_text()


def _at(server: str, name: str) -> str:
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def _create_database(server: str, name: str, template: str = "template1") -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


@contextlib.contextmanager
def running_stack(folder: Path, weights: Path, prior: Path) -> Iterator[Stack]:
    with bare_stack(folder, VGG16_WEIGHTS=str(weights), FER_WEIGHTS=str(prior)) as stack:
        yield stack


@contextlib.contextmanager
def bare_stack(
    folder: Path,
    queues: Sequence[str] | None = None,
    move_database: Callable[[Path], str] | None = None,
    **settings: str,
) -> Iterator[Stack]:
    """A stack without faces and models; `queues` None starts every worker.

    `move_database` puts SQLite's file elsewhere, and returns its address.
    """
    database = _own_database(folder)
    if move_database is not None:
        database = move_database(Path(database.removeprefix("sqlite:///")))
    stack = Stack(folder, _environment(folder, database) | settings, free_address())
    try:
        stack.start("web", "run", "--address", stack.address)
        _wait_for_web(stack)
        if queues is None:
            stack.start("workers", "worker")
        for queue in queues or ():
            stack.start(f"{queue}-worker", "worker", "--queue", queue)
        yield stack
    finally:
        for name in reversed(list(stack.children)):
            stack.stop(name)


def empty_place(stack: Stack, folder: Path) -> Stack:
    """Return another machine, of the same settings, on which nothing was ever done."""
    database = f"sqlite:///{folder / 'db.sqlite3'}"
    if server := os.environ.get("DATABASE_URL"):
        name = f"empty_{uuid.uuid4().hex[:12]}"
        _create_database(server, name)
        database = _at(server, name)
    other = {"VAR_DIR": str(folder / "var"), "DATABASE_URL": database}
    return Stack(folder, stack.environment | other, free_address())


def _wait_for_web(stack: Stack) -> None:
    deadline = time.monotonic() + 300  # where other work shares the cores, a start takes its time
    while time.monotonic() < deadline and stack.children["web"].poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{stack.url}/login/", timeout=30)
            return
        time.sleep(0.2)
    raise AssertionError("the web server did not start:\n" + stack.log("web")[-3000:])
