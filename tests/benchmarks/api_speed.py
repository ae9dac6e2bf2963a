"""How fast the API is, by real requests to a real server: `python -m tests.benchmarks.api_speed`.

Uploads (1 and 4 clients, 1 and 50 pictures a request), label writes, lists and filters at 10,000
and 100,000 faces, an export of 10,000 faces with their codings. Beside a figure stands what Label
Studio 1.23.2 took on two cores like ours, where it was measured; and what the server's processes
used of the processor for each item, which is what counts where others use the machine, too: beside
that stands something simple that was measured in the same run. To compare two versions, run it in
a worktree of each, in turn.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path

import psutil
from PIL import Image

from tests.benchmarks.bare_view import processor_ms
from tests.benchmarks.figures import Figure, heading, tell
from tests.stack import ROOT, Stack, bare_stack

_SOURCE = "measured with the same pictures and client on two idle cores (docs/performance.md)"

_ROW = "a bare Django view that writes a row"

_LISTS = {
    "page of 100": ("faces/?page_size=100", 216),
    "page of 100, ids only": ("faces/?page_size=100&fields=id", None),
    "truth shows AU12": ("faces/?page_size=100&au_truth=12", 3654),
    "truth is surprise": ("faces/?page_size=100&emotion=surprise", 3654),
    "model shows AU12": ("faces/?page_size=100&au_model=12", 331),
    "model and truth differ": ("faces/?page_size=100&disagrees=true", None),
    "model least sure first": ("faces/?page_size=100&ordering=confidence", None),
    "nothing fits (AU46)": ("faces/?page_size=100&au_truth=46", None),
    "changed in the last second": ("faces/?page_size=100&updated_since=2100-01-01", None),
}


class Connection:
    """One client: a connection that is kept, and a token."""

    def __init__(self, stack: Stack) -> None:
        host, port = stack.address.split(":")
        self._http = http.client.HTTPConnection(host, int(port), timeout=120)
        self._headers = {"Authorization": f"Token {stack.token('admin')}"}

    def call(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> dict:
        return json.loads(self.fetch(method, path, body, kind))

    def fetch(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> bytes:
        headers = {**self._headers, **({"Content-Type": kind} if kind else {})}
        self._http.request(method, f"/api/v1/{path}", body, headers)
        answer = self._http.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{answer.status}: {content[:300]!r}")
        return content

    def post(self, path: str, value: object) -> dict:
        return self.call("POST", path, json.dumps(value).encode(), "application/json")


def pictures(count: int, seed: int) -> list[bytes]:
    """Greyscale PNGs of CK+'s size, 640 x 490, soft like a photograph and each of its own."""
    draw = random.Random(seed)
    made = []
    for _ in range(count):
        noise = Image.frombytes("L", (80, 62), draw.randbytes(80 * 62))
        buffer = io.BytesIO()
        noise.resize((640, 490), Image.Resampling.BICUBIC).save(buffer, "PNG", compress_level=6)
        made.append(buffer.getvalue())
    return made


def form(images: list[bytes]) -> tuple[bytes, str]:
    """One picture for `faces/`, several for `faces/batch/`."""
    boundary = uuid.uuid4().hex
    name = "image" if len(images) == 1 else "images"
    parts = []
    for number, image in enumerate(images):
        head = f'Content-Disposition: form-data; name="{name}"; filename="{number}.png"'
        parts.append(f"{head}\r\nContent-Type: image/png\r\n\r\n".encode() + image + b"\r\n")
    field, value = ("subject", "S001")
    if len(images) > 1:
        field, value = "rows", json.dumps([{"subject": "S001"}] * len(images))
    text = f'Content-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
    parts.append(text.encode())
    line = f"--{boundary}\r\n".encode()
    body = line + line.join(parts) + f"--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def side_by_side(stack: Stack, clients: int, work: Callable[[Connection, int], None]) -> float:
    """Seconds that `clients` take, each doing `work(connection, its number)`."""
    connections = [Connection(stack) for _ in range(clients)]
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(connections[number], number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - began


def processor(stack: Stack) -> float:
    """Seconds that all processes of the stack have used of the processor so far."""
    used = 0.0
    for child in stack.children.values():
        process = psutil.Process(child.pid)
        for each in (process, *process.children(recursive=True)):
            used += sum(each.cpu_times()[:2])
    return used


def uploads(stack: Stack) -> None:
    for clients in (1, 4):
        for batch, requests, peer in ((1, 100, 8.5), (50, 6, 192)):
            each = [
                pictures(batch * requests, seed=1000 * clients + batch + n) for n in range(clients)
            ]
            bodies = [
                [form(images[i : i + batch]) for i in range(0, len(images), batch)]
                for images in each
            ]
            path = "faces/" if batch == 1 else "faces/batch/"

            def send(connection: Connection, number: int, bodies=bodies, path=path) -> None:
                for body, kind in bodies[number]:
                    connection.call("POST", path, body, kind)

            before = processor(stack)
            seconds = side_by_side(stack, clients, send)
            count = clients * batch * requests
            name = f"upload, {clients} clients, {batch} a request"
            told(name, "images/s", [count / seconds], peer)
            used = 1000 * (processor(stack) - before) / count
            beside(f"{name}, processor", "ms each", used, "Pillow's decoding", decoding(each[0]))


def labels(stack: Stack) -> None:
    connection = Connection(stack)
    ids = [
        face["id"] for face in connection.call("GET", "faces/?page_size=200&fields=id")["results"]
    ]

    def item(face: int) -> dict:
        truth = None
        return {
            "face": face,
            "emotion": "positive",
            "action_units": {"12": "C", "6": True},
            "seen": truth,
        }

    half, made = ids[:100], []
    before = processor(stack)
    seconds = side_by_side(
        stack,
        1,
        lambda one, _: made.extend(one.post(f"faces/{pk}/codings/", item(pk)) for pk in half),
    )
    told("label writes, one by one", "labels/s", [100 / seconds], 9.7)
    used = 10 * (processor(stack) - before)
    beside("label writes, one by one, processor", "ms each", used, _ROW, processor_ms())
    before = processor(stack)
    for coding in made:
        changed = item(coding["face"]) | {"emotion": "negative", "seen": coding["id"]}
        connection.post(f"faces/{coding['face']}/codings/", changed)
    used = 10 * (processor(stack) - before)
    beside("truths that are corrected, processor", "ms each", used, _ROW, processor_ms())
    rest = ids[100:]
    seconds = side_by_side(
        stack,
        1,
        lambda one, _: one.post("codings/batch/", {"items": [item(pk) for pk in rest]}) and None,
    )
    told("label writes, in one request", "labels/s", [len(rest) / seconds], 9.7)


def lists(stack: Stack, faces: int) -> None:
    connection = Connection(stack)
    for name, (path, peer) in _LISTS.items():
        times = []
        for _ in range(30):
            began = time.perf_counter()
            connection.call("GET", path)
            times.append(1000 * (time.perf_counter() - began))
        compared = peer if faces == 10_000 else None
        told(f"{name}, {faces:,} faces", "ms", times, compared)
        worst = statistics.quantiles(times, n=20)[-1]
        told(f"{name}, {faces:,} faces, 95 %", "ms", [worst])


def export(stack: Stack) -> None:
    connection = Connection(stack)
    began, before = time.perf_counter(), processor(stack)
    run = connection.post("exports/", {"format": "facsweb"})
    while run["status"] in {"queued", "running"}:
        time.sleep(0.1)
        run = connection.call("GET", f"exports/{run['id']}/")
    if run["status"] != "succeeded":
        raise RuntimeError(run["error"])
    seconds = time.perf_counter() - began
    told("export of 10,000 faces with codings", "s", [seconds], 24.6)
    used = processor(stack) - before
    packed = zipfile.ZipFile(io.BytesIO(connection.fetch("GET", f"exports/{run['id']}/file/")))
    beside("export of 10,000 faces, processor", "s", used, "a zip of its bytes", zipping(packed))


def zipping(packed: zipfile.ZipFile) -> float:
    """Seconds of a processor that Python's zipfile takes for the same members."""
    members = {name: packed.read(name) for name in packed.namelist()}
    began = time.process_time()
    with zipfile.ZipFile(io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return time.process_time() - began


def decoding(images: list[bytes]) -> float:
    """Milliseconds of a processor that Pillow takes to decode one of the pictures."""
    began = time.process_time()
    for image in images:
        Image.open(io.BytesIO(image)).load()
    return 1000 * (time.process_time() - began) / len(images)


def told(what: str, unit: str, values: list[float], peer: float | None = None) -> None:
    """Tell a figure; `peer` is Label Studio's."""
    beside = ("Label Studio 1.23.2", (peer,), _SOURCE) if peer else ()
    tell(Figure(what, unit, tuple(values), *beside))


def beside(what: str, unit: str, value: float, reference: str, its: float) -> None:
    """Tell a figure beside something that was measured in the same run."""
    tell(Figure(what, unit, (value,), reference, (its,)))


def populate(stack: Stack, faces: int, seed: int = 1) -> None:
    module = [sys.executable, "-m", "tests.benchmarks.population"]
    command = [*module, str(faces), "--seed", str(seed)]
    subprocess.run(command, cwd=ROOT, env=stack.environment, check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["upload", "labels", "lists", "export"])
    parser.add_argument("--small", action="store_true", help="no lists of 100,000 faces")
    given = parser.parse_args()
    print(heading())
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    with tempfile.TemporaryDirectory(prefix="facsweb-speed") as folder:
        for part in ("small", "large"):
            (Path(folder) / part).mkdir()
        if given.only in {None, "upload", "labels"}:
            with bare_stack(
                Path(folder) / "small", queues=[], API_REQUESTS_PER_MINUTE="1000000"
            ) as stack:
                uploads(stack)
                labels(stack)
        if given.only in {None, "lists", "export"}:
            with bare_stack(
                Path(folder) / "large", queues=["data"], API_REQUESTS_PER_MINUTE="1000000"
            ) as stack:
                populate(stack, 10_000)
                lists(stack, 10_000)
                export(stack)
                if given.only != "export" and not given.small:
                    populate(stack, 90_000, seed=2)
                    lists(stack, 100_000)
    return 0


if __name__ == "__main__":
    sys.exit(main())
