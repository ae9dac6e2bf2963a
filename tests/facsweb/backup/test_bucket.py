"""A backup of what lies in a bucket, models among it, and its restore into another one."""

from __future__ import annotations

import shutil

import pytest
from django.conf import settings
from django.test import override_settings

from facsweb.backup.errors import CannotRestore
from facsweb.backup.make import make_backup
from facsweb.backup.restore import restore_backup
from inference.artefacts import share
from inference.models import ModelVersion
from tests.facsweb.backup.archives import contents_of
from tests.facsweb.backup.machines import at, fill
from tests.object_store import object_store

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(tmp_path, monkeypatch):
    with object_store(tmp_path) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        with override_settings(STORAGES={**settings.STORAGES, **made.storages()}):
            yield made


def objects(store) -> dict[str, bytes]:
    get = store.client.get_object
    return {name: get(Bucket="faces", Key=name)["Body"].read() for name in store.names()}


def test_models_are_backed_up_from_the_bucket_and_restored_there(machine, store, tmp_path, heard):
    with at(machine()):
        fill()
        version = ModelVersion.objects.get()
        (version.path / "graphs").mkdir()
        (version.path / "graphs" / "trunk.xml").write_bytes(b"a trunk")
        share(version.path)
        shutil.rmtree(version.path)
        made = make_backup(tmp_path / "a.tar", heard)
        assert not made.manifest.missing
        with pytest.raises(CannotRestore, match="bucket isn't empty"):
            restore_backup(made.path, heard, replace=True)
    kept = {name: each for name, each in objects(store).items() if "thumbnails" not in name}
    models = {name for name in kept if name.startswith("models/")}
    assert {name.rpartition("/")[2] for name in models} == {
        "manifest.json", "network.keras", "trunk.xml",
    }  # fmt: skip
    assert models <= dict(contents_of(made.path)).keys()
    store.empty()
    with at(machine(bare=True)):
        restore_backup(made.path, heard)
        assert not ModelVersion.objects.get().path.exists(), "it's copied when it is wanted"
    assert objects(store) == kept


def test_models_of_a_folder_are_restored_into_a_bucket(machine, store, tmp_path, heard):
    own = {name: each for name, each in settings.STORAGES.items() if name == "staticfiles"}
    folder = {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    with at(machine()), override_settings(STORAGES={**own, **folder}):
        fill()
        made = make_backup(tmp_path / "a.tar", heard)
    with at(machine(bare=True)):
        restore_backup(made.path, heard)
    root = "models/VGG16-one/"
    assert {root + "manifest.json", root + "network.keras"} <= set(store.names(root))
