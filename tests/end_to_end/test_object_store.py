"""Pictures in a bucket: only environment variables differ, and no page or worker has a disk."""

from __future__ import annotations

import io
import tarfile
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.end_to_end.test_transfers import study
from tests.factories import png
from tests.object_store import object_store
from tests.stack import bare_stack

pytestmark = pytest.mark.worker
FACES = 30


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with object_store(tmp_path_factory.mktemp("bucket")) as made:
        yield made


@pytest.fixture(scope="module")
def server(store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("with-a-bucket")
    with bare_stack(folder, queues=["data"], **store.environment) as stack:
        yield stack


def fetched(server, path: str) -> bytes:
    request = urllib.request.Request(server.url + path)
    request.add_header("Cookie", f"sessionid={server.session('admin')}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def kept_on_disk(server) -> list[str]:
    media = server.folder / "var" / "media"
    return [path.name for path in media.rglob("*") if path.is_file()]


@contextmanager
def without(store, name: str) -> Iterator[str]:
    """Take an object out of the bucket for a while: other tests export what is there."""
    body = store.client.get_object(Bucket="faces", Key=name)["Body"].read()
    store.client.delete_object(Bucket="faces", Key=name)
    try:
        yield name
    finally:
        store.client.put_object(Bucket="faces", Key=name, Body=body)


def test_an_uploaded_face_is_shown_from_the_bucket(server, store, tmp_path):
    picture = tmp_path / "face.png"
    picture.write_bytes(png(size=64))
    face = server.call("faces/", user="admin", form={"image": picture, "subject": "B001"})["face"]
    shown = fetched(server, f"/faces/{face['id']}/image/")
    assert shown in [
        store.client.get_object(Bucket="faces", Key=name)["Body"].read()
        for name in store.names("faces/")
    ]
    assert not kept_on_disk(server)


def test_an_import_an_export_and_a_withdrawal_go_through_the_bucket(server, store, tmp_path):
    before = len(store.names("faces/"))
    run = server.call("imports/", user="admin", form={"file": study(tmp_path, FACES)})
    done = server.wait_for_run(f"imports/{run['id']}/", 300)
    assert done["report"]["faces_created"] == FACES, done
    assert len(store.names("faces/")) == before + FACES

    export = server.call("exports/", user="admin", json_body={"format": "facsweb", "images": True})
    export = server.wait_for_run(f"exports/{export['id']}/", 300)
    assert export["status"] == "succeeded", export
    file = fetched(server, f"/data/exports/{export['id']}/file/")
    with zipfile.ZipFile(io.BytesIO(file)) as bundle:
        pictures = [name for name in bundle.namelist() if name.endswith(".png")]
    assert len(pictures) == before + FACES

    server.manage("withdraw_subject", "S001", "--yes")
    assert len(store.names("faces/")) == before
    assert not store.names("exports/")
    assert not kept_on_disk(server)


def test_what_is_checked_and_backed_up_is_the_bucket(server, store, tmp_path):
    picture = tmp_path / "face.png"
    picture.write_bytes(png(size=64))
    server.call("faces/", user="admin", form={"image": picture, "subject": "B002"})
    server.manage("fsck")
    backup = tmp_path / "backup.tar"
    server.manage("backup", str(backup))
    with tarfile.open(backup) as archive:
        names = {member.name for member in archive}
    assert {f"media/{name}" for name in store.names("faces/")} <= names
    with without(store, store.names("faces/")[0]) as lost:
        assert lost in server.manage("fsck", check=False)
