"""What was asked for and what was acknowledged, and the checker that looks for it afterwards."""

from __future__ import annotations

import hashlib
import io
import urllib.error
import zipfile
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image

from tests.faults.world import PATIENCE, World
from tests.stack_fixtures import SMALL_TRAINING

#: What somebody sees who asks while a server is away: no answer, or one that refuses.
REFUSALS = (urllib.error.URLError, HTTPException, OSError, AssertionError)
_FACES = 3


@dataclass
class Asked:
    """One write that somebody asked for."""

    kind: str
    acknowledged: bool = False
    pk: int = 0
    coder: str = ""
    pictures: list[str] = field(default_factory=list)
    refusal: str = ""
    #: It may end as failed, with these words in its error.
    may_fail: str = ""
    #: What must be nowhere any more: a code and digests.
    gone: list[str] = field(default_factory=list)
    subject: str = ""
    #: As often as it was tried again by hand, and once more.
    most_ends: int = 1


@dataclass
class Verdict:
    """What the checker found: each a sentence, none where all is well."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        return not (self.lost or self.doubled or self.stuck or self.wrong)

    def __str__(self) -> str:
        found = (("lost", self.lost), ("doubled", self.doubled), ("stuck", self.stuck))
        told = [
            f"{name}: {each}" for name, all_ in (*found, ("wrong", self.wrong)) for each in all_
        ]
        return "; ".join(told) or "well"


class History:
    """The writes of one run of faults."""

    def __init__(self, world: World, random: Random) -> None:
        self.world, self._random = world, random
        self.asked: list[Asked] = []
        self.verdict = Verdict()

    @property
    def acknowledged(self) -> int:
        return sum(each.acknowledged for each in self.asked)

    def ask(self, kind: str, *, may_fail: str = "", subject: str = "") -> Asked:
        """Ask for a write, and note whether it was acknowledged."""
        asked = Asked(kind, may_fail=may_fail, subject=subject)
        self.asked.append(asked)
        try:
            answer = getattr(self, f"_{kind}")(asked)
        except REFUSALS as refusal:
            asked.refusal = str(refusal)
        else:
            asked.acknowledged, asked.pk = True, answer["id"]
        return asked

    def _import(self, asked: Asked) -> dict[str, Any]:
        asked.coder = f"coder {self._name()}"
        path = self.world.folder / "sent.zip"
        rows = ["filepath,subject,high_level_emotion,AU12"]
        asked.subject = subject = f"S{self._name()}"
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(_FACES):
                data = self._picture(asked)
                archive.writestr(f"{number}.png", data)
                rows.append(f"{number}.png,{subject},positive,1")
            archive.writestr("data_labels.csv", "\n".join(rows))
        form = {"file": path, "coder": asked.coder}
        return self.world.stack.call("imports/", user="admin", form=form)

    def _export(self, asked: Asked) -> dict[str, Any]:
        body = {"format": self._random.choice(["facsweb", "data_labels"]), "images": False}
        return self.world.stack.call("exports/", user="admin", json_body=body)

    def _upload(self, asked: Asked) -> dict[str, Any]:
        path = self.world.folder / "face.png"
        path.write_bytes(self._picture(asked))
        form = {"image": path, "subject": f"S{self._name()}"}
        return self.world.stack.call("faces/", user="coder", form=form)["face"]

    def withdraw(self, former: Asked) -> None:
        """Ask for the removal of the subject of an import: its pictures are to be gone then."""
        assert self._found([former.subject, *former.pictures]), "the search finds nobody"
        asked = self.ask("withdrawal", subject=former.subject)
        if asked.acknowledged:
            asked.gone, former.pictures = [former.subject, *former.pictures], []

    def _withdrawal(self, asked: Asked) -> dict[str, Any]:
        path = f"subjects/{asked.subject}/withdraw/"
        return self.world.stack.call(path, user="admin", json_body={"code": asked.subject})

    def _training(self, asked: Asked) -> dict[str, Any]:
        config = {**SMALL_TRAINING, "max_epochs": 6}
        config["seed"] = self._random.getrandbits(16)
        body = {"config": config}
        return self.world.stack.call("training-runs/", user="admin", json_body=body)

    def _picture(self, asked: Asked) -> bytes:
        """Draw a picture that nobody has seen before."""
        picture = Image.frombytes("L", (32, 32), self._random.randbytes(1024))
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        asked.pictures.append(hashlib.sha256(buffer.getvalue()).hexdigest())
        return buffer.getvalue()

    def _name(self) -> str:
        return f"{self._random.getrandbits(48):012x}"

    # ---- the checker

    def check(self) -> Verdict:
        """Look for every acknowledged write, once all that was under way has ended."""
        trains = any(each.kind == "training" for each in self.asked)
        patience = PATIENCE * 10 if trains else PATIENCE
        try:
            self.world.wait(lambda: not self.world.rows.active(), "an end of every job", patience)
        except AssertionError:
            self.verdict.stuck += self.world.rows.active()
        for asked in self.asked:
            if asked.acknowledged and asked.kind != "upload":
                self._check_run(asked)
            if asked.pictures:
                self._check_faces(asked)
            if asked.gone and not self.verdict.stuck:
                self._check_gone(asked)
        return self.verdict

    def _check_gone(self, asked: Asked) -> None:
        """Search tables, database files and disk for somebody who withdrew, and withdraw again."""
        found = self._found(asked.gone)
        self.verdict.wrong += [f"a subject who withdrew is still in {each}" for each in found]
        told = self.world.stack.manage("withdraw_subject", asked.subject, "--yes")
        if "Nothing was left to remove." not in told:
            self.verdict.wrong.append(f"a second withdrawal found something: {told}")

    def _found(self, wanted: list[str]) -> list[str]:
        """Name the tables and files in which one of these stands."""
        needles = [each.encode() for each in wanted]
        found = self.world.rows.mentions(needles)
        var = self.world.media.parent
        for path in [each for each in var.rglob("*") if each.is_file()]:
            data = str(path.relative_to(var)).encode() + path.read_bytes()
            found += [path.name for needle in needles if needle in data]
        return found

    def _check_run(self, asked: Asked) -> None:
        name = f"{asked.kind} {asked.pk}"
        run = self.world.rows.run(asked.kind, asked.pk)
        if run is None:
            self.verdict.lost.append(f"{name}: its row")
            return
        ends = [entry for entry in run["log"] if entry["text"].startswith("Ended: ")]
        if len(ends) > asked.most_ends:
            self.verdict.doubled.append(f"{name} ended {len(ends)} times")
        if run["status"] == "failed" and asked.may_fail and asked.may_fail in run["error"]:
            asked.acknowledged = False  # it was told that it isn't done
        elif run["status"] != "succeeded" and not self.verdict.stuck:
            self.verdict.lost.append(f"{name} is {run['status']}: {run['error']} {run['log']}")
        elif asked.kind == "export" and run["status"] == "succeeded":
            self._check_file(asked)
        elif asked.kind == "training" and run["status"] == "succeeded":
            self._check_version(asked)

    def _check_version(self, asked: Asked) -> None:
        """Look for the version and for one reading of its of each face."""
        found = self.world.rows.ask(
            "SELECT v.folder, v.coder_id FROM training_trainingrun r "
            "JOIN inference_modelversion v ON v.id = r.version_id WHERE r.id = %s",
            [asked.pk],
        )
        if not found or not (self.world.media.parent / "models" / found[0][0]).is_dir():
            self.verdict.lost.append(f"the version of training {asked.pk}")
            return
        faces = self.world.rows.ask("SELECT count(*) FROM annotations_face")[0][0]
        read, distinct = self.world.rows.ask(
            "SELECT count(*), count(DISTINCT face_id) FROM annotations_coding WHERE coder_id = %s",
            [found[0][1]],
        )[0]
        if distinct < faces:
            self.verdict.lost.append(f"{faces - distinct} predictions of training {asked.pk}")
        if read > distinct:
            self.verdict.doubled.append(f"{read - distinct} predictions of training {asked.pk}")

    def _check_file(self, asked: Asked) -> None:
        ((name, digest),) = self.world.rows.ask(
            "SELECT file, sha256 FROM transfers_export WHERE id = %s", [asked.pk]
        )
        path = self.world.media / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            self.verdict.lost.append(f"the file of export {asked.pk}")
        files = list((self.world.media / "exports").glob(f"{asked.pk}-*"))
        if len(files) > 1:
            self.verdict.doubled.append(f"export {asked.pk} has {len(files)} files")

    def _check_faces(self, asked: Asked) -> None:
        """Look for the pictures: all of an acknowledged write, none twice of any."""
        for digest in asked.pictures:
            rows = self.world.rows.ask(
                "SELECT id, file FROM annotations_face WHERE sha256 = %s", [digest]
            )
            if len(rows) > 1:
                self.verdict.doubled.append(f"face {digest[:8]}")
            if asked.acknowledged and not rows:
                self.verdict.lost.append(f"face {digest[:8]} of {asked.kind} {asked.pk}")
            for pk, file in rows:
                self._check_face(asked, pk, self.world.media / file)

    def _check_face(self, asked: Asked, pk: int, file: Path) -> None:
        if not file.is_file() or not file.stat().st_size:
            self.verdict.lost.append(f"the file of face {pk}")
        codings = self.world.rows.ask(
            "SELECT count(*), count(DISTINCT coder_id) FROM annotations_coding WHERE face_id = %s",
            [pk],
        )[0]
        if codings[0] != codings[1]:
            self.verdict.doubled.append(f"codings of face {pk}")
        if asked.kind == "import" and asked.acknowledged and codings[0] == 0:
            self.verdict.lost.append(f"the coding of face {pk}")
