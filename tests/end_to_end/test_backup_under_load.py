"""A backup that is made while people write, restored on an empty machine.

It is of one moment: of each client's writes, one after the other, it has the first so many, among
them all that were acknowledged before it began. Of these an export tells just what an export of the
original tells, line by line and picture by picture.
"""

from __future__ import annotations

import hashlib
import json
import threading
import urllib.parse
import urllib.request
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.factories import png
from tests.faults.rows import Rows
from tests.stack import Stack, bare_stack, empty_place

pytestmark = pytest.mark.worker

CLIENTS = ("coder", "coder2", "coder3")
#: Whoever waits for clients to write waits at most so many seconds.
PATIENCE = 60
_CSRF = "x" * 32
_EXPORT = """
import shutil
from django.contrib.auth.models import User
from annotations.transfers import run_export
from annotations.transfers.models import Export
run = Export.objects.create(
    requested_by=User.objects.get(username="admin"), format="facsweb", images=True
)
assert run.claim()
run_export.carry_out(run)
run.refresh_from_db()
assert run.status == "succeeded", run.error
with run.file.open("rb") as made, open({target!r}, "wb") as copy:
    shutil.copyfileobj(made, copy)
"""
#: A write's row: what is asked for by the picture's digest, the person and what they said.
_FOUND = {
    "upload": "SELECT count(*) FROM annotations_face WHERE sha256 = %s",
    "label": "SELECT count(*) FROM annotations_coding c JOIN annotations_face f "
    "ON f.id = c.face_id WHERE f.sha256 = %s AND c.coder_kind = 'human' AND c.emotion = 'surprise'",
    "flag": "SELECT count(*) FROM annotations_flag g JOIN annotations_face f "
    "ON f.id = g.face_id WHERE f.sha256 = %s",
}

#: What an export has for each write of a kind; it has no flags.
_OF_WRITES = {"images": "upload", "faces": "upload", "codings": "label", "reviews": "label"}


@dataclass
class Client:
    """Somebody who uploads, labels and flags, face by face, until told to stop."""

    stack: Stack
    user: str
    stop: threading.Event
    asked: list[tuple[str, str]] = field(default_factory=list)  # the kind, the picture's digest
    acknowledged: int = 0
    refused: str = ""

    def work(self) -> None:
        while not self.stop.is_set():
            picture = png()
            try:
                self._look_at(picture, hashlib.sha256(picture).hexdigest())
            except (AssertionError, OSError) as refusal:
                self.refused = str(refusal)
                return

    def _look_at(self, picture: bytes, digest: str) -> None:
        path = self.stack.folder / f"{self.user}.png"
        path.write_bytes(picture)
        form = {"image": path, "subject": f"S-{self.user}"}
        self.asked.append(("upload", digest))
        face = self.stack.call("faces/", user=self.user, form=form)["face"]["id"]
        self.acknowledged += 1
        self.asked.append(("label", digest))
        label = {"face": face, "emotion": "surprise", "action_units": {"1": True, "26": "D"}}
        self.stack.call("codings/", user=self.user, json_body=label | {"seen": None})
        self.acknowledged += 1
        self.asked.append(("flag", digest))
        self._flag(face)
        self.acknowledged += 1

    def _flag(self, face: int) -> None:
        """Flag it on its page, as there is no other door."""
        session = self.stack.sessions[self.user]
        request = urllib.request.Request(
            f"{self.stack.url}/faces/{face}/flag/",
            urllib.parse.urlencode({"comment": "Is this a jaw drop?"}).encode(),
            {
                "Cookie": f"sessionid={session}; csrftoken={_CSRF}",
                "X-CSRFToken": _CSRF,
                "Accept": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert "is flagged" in json.load(answer)["said"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    proxy = {"TRUSTED_PROXIES": "10.0.0.0/8"}  # as where it serves others
    with bare_stack(tmp_path_factory.mktemp("busy"), queues=[], **proxy) as stack:
        for user in CLIENTS:
            stack.token(user), stack.session(user)
        yield stack


def test_backup_under_load_restores_identically(server, tmp_path):
    stop = threading.Event()
    clients = [Client(server, user, stop) for user in CLIENTS]
    threads = [threading.Thread(target=client.work) for client in clients]
    for thread in threads:
        thread.start()
    try:
        _wait_for_writes(clients, [12] * len(clients))
        before = [client.acknowledged for client in clients]
        server.manage("backup", str(tmp_path / "busy.tar"))
        meanwhile = [client.acknowledged for client in clients]
        asked = [len(client.asked) for client in clients]
        _wait_for_writes(clients, [count + 3 for count in asked])
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not any(client.refused for client in clients), [client.refused for client in clients]
    assert sum(meanwhile) > sum(before), "nobody wrote while the backup was made"

    busy = restored(server, tmp_path / "busy.tar", tmp_path / "busy")
    rows = Rows(busy.environment["DATABASE_URL"])
    held = set()
    for client, least, most in zip(clients, before, asked, strict=True):
        found = [rows.ask(_FOUND[kind], [digest])[0][0] for kind, digest in client.asked]
        count = sum(found)
        assert found == [1] * count + [0] * (len(found) - count), (client.user, found)
        assert least <= count <= most, (client.user, least, count, most)
        held |= set(client.asked[:count])
    then = facts(export_of(busy, tmp_path / "then.zip"))
    now = facts(export_of(server, tmp_path / "now.zip"))
    assert len(then) < len(now), "nobody wrote after the backup"
    assert then == {fact for fact in now if fact[0] not in _OF_WRITES or _key(fact) in held}


def _wait_for_writes(clients: list[Client], counts: list[int]) -> None:
    waiting = threading.Event()
    for _ in range(PATIENCE * 20):
        if all(c.acknowledged >= count for c, count in zip(clients, counts, strict=True)):
            return
        assert not any(client.refused for client in clients), [c.refused for c in clients]
        waiting.wait(0.05)
    raise AssertionError(f"the clients stand still: {[c.acknowledged for c in clients]}")


def restored(server: Stack, backup: Path, folder: Path) -> Stack:
    """Restore on a machine on which nothing was ever done; all is well there."""
    folder.mkdir()
    place = empty_place(server, folder)
    place.manage("restore", str(backup))
    place.manage("fsck")
    place.manage("verify_audit")
    return place


def export_of(place: Stack, target: Path) -> Path:
    place.manage("shell", "-v0", "-c", _EXPORT.format(target=str(target)))
    return target


def facts(export: Path) -> set[tuple[str, str, str]]:
    """What an export tells: of each line or picture its kind, the picture's digest, and all of it.

    The numbers that codings have in a file are left out: where others wrote, they are others.
    """
    found, coded = set(), {None: None}
    with zipfile.ZipFile(export) as opened:
        tables = [name for name in opened.namelist() if name.endswith(".jsonl")]
        for name in set(opened.namelist()) - {"manifest.json", *tables}:
            found.add(("images", Path(name).stem, hashlib.sha256(opened.read(name)).hexdigest()))
        for name in tables:  # codings before reviews
            for told in map(json.loads, opened.read(name).splitlines()):
                number = told.pop("number", None)
                if name == "codings.jsonl":
                    coded[number] = [told["face"], told["coder"]]
                for link in told.keys() & {"result", "reviewed", "replaced"}:
                    told[link] = coded[told[link]]
                whose = told.get("sha256") or told.get("face", "")
                found.add((Path(name).stem, whose, json.dumps(told, sort_keys=True)))
    return found


def _key(fact: tuple[str, str, str]) -> tuple[str, str]:
    return _OF_WRITES[fact[0]], fact[1]
