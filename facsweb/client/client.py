"""Calls of the API, one method each. Answers are the API's JSON, as /api/docs/ describes it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from facsweb.client.errors import RunFailed
from facsweb.client.transport import Transport

Json = dict[str, Any]
_ENDED = {"succeeded", "failed", "cancelled"}
_CHUNK = 1 << 20


class Client:
    """A client: `with Client("https://facs.example.org", token) as client: ...`.

    Threads may share one. Each call retries what a retry can mend: a lost connection, 429 after the
    time that the server names, 502 to 504. Every write carries an Idempotency-Key, so it is done
    once.

    Raises ApiError where the server refuses, ConnectionLost where it can't be reached.
    """

    def __init__(  # without a token it asks as nobody  # nosec B107
        self, url: str, token: str = "", *, insecure: bool = False
    ) -> None:
        """Prepare calls to `url`; `insecure` allows the token over http:// to other machines."""
        self._http = Transport(url, token, insecure=insecure)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def sign_in(
        self, username: str, password: str, *, name: str = "", scopes: Sequence[str] = ()
    ) -> str:
        """Make a new token by name and password; return its text."""
        body: Json = {"username": username, "password": password}
        if name:
            body["name"] = name
        if scopes:
            body["scopes"] = list(scopes)
        return str(self._http.json("POST", "token/", json=body)["token"])

    def me(self) -> Json:
        return self._http.json("GET", "me/")

    def faces(self, **filters: Any) -> Iterator[Json]:
        """Yield every face that the filters choose, page by page: `client.faces(au_truth=12)`."""
        return self._pages("faces/", filters)

    def codings(self, **filters: Any) -> Iterator[Json]:
        return self._pages("codings/", filters)

    def face(self, pk: int) -> Json:
        return self._http.json("GET", f"faces/{pk}/")

    def image(self, pk: int) -> bytes:
        return self._http.request("GET", f"faces/{pk}/image/").content

    def neutral(self, pk: int) -> bytes:
        """Return the neutral frame of a face's sequence; ApiError (404) where it has none."""
        return self._http.request("GET", f"faces/{pk}/neutral/").content

    def put_neutral(self, pk: int, picture: tuple[str, bytes], *, frame: int = 1) -> Json:
        """Store the picture (name, bytes) that a face's sequence begins with."""
        name, content = picture
        files = [("image", (name, content, _type(name)))]
        data = {"frame": str(frame)}
        return self._http.json("PUT", f"faces/{pk}/neutral/", data=data, files=files)

    def known(self, digests: Sequence[str]) -> dict[str, int]:
        """Return SHA-256 -> face id of those pictures that are there; at most 1,000 at a time."""
        answer = self._http.json("POST", "faces/known/", json={"sha256": list(digests)})
        return dict(answer["known"])

    def upload(
        self,
        pictures: Sequence[tuple[str, bytes]],
        rows: Sequence[Mapping[str, Any]] = (),
        *,
        predict: bool | None = None,
    ) -> Json:
        """Upload up to 100 pictures (name, bytes), each with a row that names its subject."""
        data: dict[str, str] = {"rows": json.dumps([dict(row) for row in rows])}
        if predict is not None:
            data["predict"] = "true" if predict else "false"
        files = [("images", (name, content, _type(name))) for name, content in pictures]
        return self._write("faces/batch/", data=data, files=files)

    def label(self, items: Sequence[Mapping[str, Any]]) -> Json:
        """Send up to 1,000 labels: face, emotion, action_units, seen."""
        return self._write("codings/batch/", json={"items": [dict(item) for item in items]})

    def predict(self, model: str, items: Sequence[Mapping[str, Any]]) -> Json:
        """Send up to 1,000 readings of another model, by its name and version."""
        body = {"model": model, "items": [dict(item) for item in items]}
        return self._write("predictions/batch/", json=body)

    def import_file(self, path: Path, *, coder: str = "", **options: Any) -> Json:
        """Send an archive or a table; return the run that reads it.

        Options, as /api/docs/ describes them: min_confidence, several_faces ("refuse" or "best"),
        unlabelled, replace_truth, dry_run. None leaves the server's default.
        """
        data = {"coder": coder}
        data |= {name: _text(value) for name, value in options.items() if value is not None}
        with path.open("rb") as file:
            files = [("file", (path.name, file, "application/octet-stream"))]
            return self._write("imports/", data=data, files=files)

    def export(self, format: str, **options: Any) -> Json:
        """Request an export; return its run. Options: images, anonymous, deidentify."""
        return self._write("exports/", json={"format": format, **options})

    def wait(self, kind: str, run: Json, *, seconds: float = 1.0) -> Iterator[Json]:
        """Yield the run, again and again until it has ended; `kind` is imports or exports.

        Raises RunFailed where it didn't succeed.
        """
        while run["status"] not in _ENDED:
            yield run
            time.sleep(seconds)
            run = self._http.json("GET", f"{kind}/{run['id']}/")
        yield run
        if run["status"] != "succeeded":
            raise RunFailed(run["error"] or f"It was {run['status']}.")

    def download(self, run: Json, path: Path) -> None:
        """Download the file of an export that succeeded; `path` is whole, or not there."""
        partial = path.with_name(f"{path.name}.part")
        with self._http.stream(f"exports/{run['id']}/file/") as answer, partial.open("wb") as file:
            for chunk in answer.iter_bytes(_CHUNK):
                file.write(chunk)
        partial.replace(path)

    def refused_rows(self, run: Json) -> bytes | None:
        """Return the CSV of what an import refused; None if it refused nothing."""
        if not run.get("refused_url"):
            return None
        return self._http.request("GET", f"imports/{run['id']}/refused/").content

    def _pages(self, path: str, filters: Mapping[str, Any]) -> Iterator[Json]:
        asked = {name: _text(value) for name, value in filters.items() if value is not None}
        page = self._http.json("GET", path, params={"page_size": "200", **asked})
        while True:
            yield from page["results"]
            if not page["next"]:
                return
            page = self._http.json("GET", page["next"])

    def _write(self, path: str, **body: Any) -> Json:
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        return self._http.json("POST", path, headers=headers, **body)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | set):
        return ",".join(map(str, value))
    return str(value)


def _type(name: str) -> str:
    return "image/png" if name.lower().endswith(".png") else "image/jpeg"
