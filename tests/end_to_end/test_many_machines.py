"""Several machines on PostgreSQL, Valkey and a bucket; none sees another's disk.

One serves pages, one has trained the model, and two or four read faces. The benchmark
`tests.benchmarks.many_workers` does the same with 2,000 faces.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg
import pytest

from annotations.synthetic.generator import generate
from tests.machines import is_leading, kill, machine_beside, versions_of, web_machine
from tests.stack import Stack

pytestmark = pytest.mark.worker
FACES, PART = 240, 8

_READ = """
SELECT count(*), count(DISTINCT coding.face_id)
FROM annotations_coding coding JOIN inference_modelversion version USING (coder_id)
WHERE version.id = %s
"""


@pytest.fixture(scope="module")
def drawn(request) -> Path:
    folder = request.config.cache.mkdir("many-machines") / "CK+"
    if not folder.exists():
        generate(folder, seed=11, subjects=48, images=FACES)
    return folder


@pytest.fixture(scope="module")
def up(tmp_path_factory, drawn):
    """The machine that serves pages, on a PostgreSQL of its own, and the bucket."""
    with web_machine(tmp_path_factory.mktemp("many"), PREDICTION_PART=str(PART)) as (web, store):
        web.manage("import_ckplus", str(drawn))
        yield web, store


@pytest.fixture(scope="module")
def versions(up, stack) -> list[tuple[int, str]]:
    """Two versions (id, folder) that a machine has registered which is gone by now."""
    trained = stack.call(f"models/{stack.trained['version']}/", user="admin")
    artefact = stack.folder / "var" / "models" / trained["sha256"][:12]
    return versions_of(up[0], artefact, 2)


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def in_bucket(store, folder: str) -> dict[str, bytes]:
    root = f"models/{folder}/"
    names = [name.removeprefix(root) for name in store.names(root)]
    get = store.client.get_object
    return {name: get(Bucket="faces", Key=root + name)["Body"].read() for name in names}


def wait_until(holds: Callable[[], bool], machines: Sequence[Stack]) -> None:
    deadline = time.monotonic() + 300
    while not holds():
        assert time.monotonic() < deadline, "".join(each.log("workers") for each in machines)
        time.sleep(0.2)


@pytest.mark.parametrize("count", [2, 4])
def test_machines_share_a_run_and_one_is_killed(up, versions, count):
    web, store = up
    pk, folder = versions[[2, 4].index(count)]
    beside = web.folder.parent
    machines = [machine_beside(web, beside / f"{count}-machines-{n}") for n in range(count)]
    try:
        for machine in machines:
            machine.start("workers", "worker", "--queue", "inference")
        wait_until(lambda: all(" ready." in each.log("workers") for each in machines), machines)
        asked = web.call("inference-runs/", user="admin", json_body={"model": pk})
        path = f"inference-runs/{asked['id']}/"
        copies = [machine.folder / "var" / "models" / folder for machine in machines]
        wait_until(lambda: all(copy.exists() for copy in copies), machines)
        kill(next(each for each in machines if not is_leading(each)))
        assert web.call(path, user="admin")["status"] == "running", "it was killed on the way"
        done = web.wait_for_run(path, 600)
    finally:
        for machine in machines:
            for name in list(machine.children):
                machine.stop(name)
    assert done["status"] == "succeeded", done
    with psycopg.connect(web.environment["DATABASE_URL"]) as connection:
        assert connection.execute(_READ, [pk]).fetchone() == (FACES, FACES)
    kept = in_bucket(store, folder)
    assert {"manifest.json", "network.keras", "graphs/trunk.xml"} <= kept.keys()
    for copy in copies:
        assert files(copy) == kept
    assert not (web.folder / "var" / "models").exists(), "pages need no copy"
