"""Models in a bucket: put there once, copied once a machine, and never taken when changed."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.utils import timezone

from annotations.faces.storage import local_copies
from annotations.models import Tombstone
from annotations.tombstones import Kind, key_name, keyed
from annotations.withdrawal.this_machine import catch_up
from facsweb.fsck import shared_artefacts
from facsweb.fsck.run import Report, run_checks
from inference.artefact_copies import at_hand, pictures_named
from inference.artefacts import bucket, share
from inference.ml.artifact import Manifest, load_manifest, load_readings, write_artifact
from inference.ml.artifact_files import ArtifactError
from inference.ml.predictions import Readings
from inference.ml.preprocessing import PREPROCESSING_VERSION
from inference.models import ModelVersion
from inference.registry import ModelOutdated, check_reads_pictures, register_version
from tests.factories import THRESHOLDS, make_run
from tests.object_store import BUCKET
from training.cards.gather import card_of

pytestmark = pytest.mark.django_db
GONE, STAYS = "a" * 64, "b" * 64


@pytest.fixture
def store(bucket, settings, tmp_path):
    """The bucket, empty, and the settings of a machine that shares nothing else with others."""
    go_to(settings, tmp_path / "here")
    return bucket


def go_to(settings, folder: Path) -> None:
    """Be on the machine with this disk."""
    settings.VAR_DIR, settings.MODELS_ROOT = folder, folder / "models"
    settings.FEATURE_CACHE = folder / "features"


@pytest.fixture
def version(store, settings) -> ModelVersion:
    """A version that was trained here: the same as after a training."""
    return trained(settings.MODELS_ROOT)


def trained(root: Path, *, registered: bool = True) -> ModelVersion:
    manifest = Manifest(224, PREPROCESSING_VERSION, "t", THRESHOLDS, "data", 7, {}, {}, {})
    readings = Readings(
        np.array([GONE, STAYS]), np.full((2, 3), 1 / 3, np.float32),
        np.zeros((2, 15), np.float32), np.zeros((2, 15), bool),
    )  # fmt: skip
    folder, sha256 = write_artifact(
        root, manifest, lambda path: path.write_bytes(b"a network"), readings
    )
    graphs = folder / "graphs"
    graphs.mkdir()
    (graphs / "trunk.xml").write_bytes(b"a trunk")
    files = {"trunk.xml": hashlib.sha256(b"a trunk").hexdigest()}
    (graphs / "graphs.json").write_text(json.dumps({"files": files}))
    share(folder)
    if registered:
        return register_version(folder, sha256, load_manifest(folder).to_json())
    return ModelVersion(folder=folder.name, sha256=sha256)


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def change(store, name: str, content: bytes) -> None:
    store.client.put_object(Bucket=BUCKET, Key=name, Body=content)


def withdraw(picture: str) -> None:
    kind = Kind.PICTURE
    Tombstone.objects.create(kind=kind, digest=keyed(kind, picture), key=key_name(), withdrawal=1)


def test_another_machine_copies_a_version_once(store, version, settings, tmp_path):
    trained_here = contents(version.path)
    assert sorted(trained_here) == sorted(
        name.removeprefix(f"models/{version.folder}/") for name in store.names("models/")
    )
    go_to(settings, tmp_path / "there")
    assert not version.lost_its_files
    assert contents(at_hand(version)) == trained_here
    store.empty()
    assert contents(at_hand(version)) == trained_here, "from its disk"
    assert [path.name for path in settings.MODELS_ROOT.iterdir()] == [version.folder]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("network.keras", "network.keras was changed"),
        ("manifest.json", "manifest.json isn't the one that was registered"),
        ("graphs/trunk.xml", "trunk.xml is gone or was changed"),
        ("graphs/graphs.json", "graphs.json isn't the one that was registered"),
    ],
)
def test_what_was_changed_in_the_bucket_is_never_taken(
    store, version, settings, tmp_path, name, told
):
    change(store, f"models/{version.folder}/{name}", b"{}")
    go_to(settings, tmp_path / "there")
    with pytest.raises(ArtifactError, match=told):
        at_hand(version)
    assert not list(settings.MODELS_ROOT.iterdir())


def test_graphs_that_nobody_vouches_for_are_left(store, version, settings, tmp_path):
    ModelVersion.objects.update(graphs_sha256="")
    go_to(settings, tmp_path / "there")
    copy = at_hand(ModelVersion.objects.get())
    assert (copy / "network.keras").exists() and not (copy / "graphs").exists()


def test_half_an_artefact_in_the_bucket_is_none(store, version, settings, tmp_path):
    store.client.delete_object(Bucket=BUCKET, Key=f"models/{version.folder}/manifest.json")
    go_to(settings, tmp_path / "there")
    assert not at_hand(version).exists()
    with pytest.raises(ModelOutdated, match="its files were deleted"):
        check_reads_pictures(version)


def test_a_withdrawal_reaches_the_bucket_and_each_machine_before_its_next_job(
    store, version, settings, tmp_path
):
    go_to(settings, tmp_path / "there")
    at_hand(version)
    local_copies().mkdir()
    (local_copies() / f"{GONE}.png").write_bytes(b"a face")
    (local_copies() / f"{STAYS}.png").write_bytes(b"a face")
    withdraw(GONE)
    go_to(settings, tmp_path / "here")
    catch_up()
    assert load_readings(version.path).sha256.tolist() == [STAYS]
    go_to(settings, tmp_path / "new")
    assert pictures_named(version) == {STAYS}, "in the bucket"
    assert load_readings(at_hand(version)).sha256.tolist() == [STAYS]
    load_manifest(version.path, version.sha256)
    go_to(settings, tmp_path / "there")
    assert load_readings(version.path).sha256.tolist() == [GONE, STAYS], "not yet"
    catch_up()
    assert load_readings(version.path).sha256.tolist() == [STAYS]
    assert [path.name for path in local_copies().iterdir()] == [f"{STAYS}.png"]
    (local_copies() / f"{GONE}.png").write_bytes(b"nobody looks again until the next withdrawal")
    catch_up()
    assert len(list(local_copies().iterdir())) == 2


def test_a_withdrawal_takes_what_no_row_names_out_of_the_bucket(store, settings):
    trained(settings.MODELS_ROOT, registered=False)
    withdraw(GONE)
    catch_up()
    assert not store.names("models/") and not list(settings.MODELS_ROOT.iterdir())


def test_what_has_reached_its_age_goes_from_the_bucket(store, version, settings, tmp_path):
    settings.RETENTION_MODEL_DAYS = 30
    version.aliases.all().delete()
    long_ago = timezone.now() - timezone.timedelta(days=31)
    ModelVersion.objects.update(created_at=long_ago)
    go_to(settings, tmp_path / "there")  # which never had it
    call_command("retention")
    assert not store.names("models/")


def checked(**options) -> Report:
    return run_checks(Report(**options), lambda *_: None)


def test_damage_in_the_bucket_is_told_and_mended_from_a_machine_that_has_it(
    store, version, settings, tmp_path
):
    assert checked().wrong == 0
    name = f"models/{version.folder}/network.keras"
    change(store, name, b"another")
    (told,) = checked().told
    assert "network.keras was changed" in told["wrong"] and "this machine's copy" in told["mend"]
    here = settings.VAR_DIR
    go_to(settings, tmp_path / "there")
    assert "from a backup" in checked().told[0]["wrong"]
    go_to(settings, here)
    assert checked(repair=True).wrong == 0
    assert checked().found == {}
    assert store.client.get_object(Bucket=BUCKET, Key=name)["Body"].read() == b"a network"


def test_a_damaged_copy_goes_to_the_quarantine_and_is_copied_again(store, version, settings):
    (version.path / "network.keras").write_bytes(b"another")
    assert checked(repair=True).mended == 1
    assert not version.path.exists() and checked().found == {}
    assert (at_hand(version) / "network.keras").read_bytes() == b"a network"


def test_what_nobody_registered_goes_to_the_quarantine(store, settings, monkeypatch):
    unknown = trained(settings.MODELS_ROOT, registered=False)
    kept = contents(settings.MODELS_ROOT / unknown.folder)
    assert checked().found == {}, "it may be registered yet"
    monkeypatch.setattr(shared_artefacts, "_SETTLED", timezone.timedelta())
    assert checked(repair=True).mended == 1
    assert not store.names("models/")
    (day,) = (settings.VAR_DIR / "quarantine").iterdir()
    assert contents(day / "media" / "models" / unknown.folder) == kept


def test_models_of_before_the_bucket_are_put_there(store, settings, capsys):
    version = trained(settings.MODELS_ROOT)
    ModelVersion.objects.update(graphs_sha256="")
    store.empty()
    (told,) = checked().told
    assert told["mend"] == "put it there"
    assert checked(repair=True).mended == 1
    version.refresh_from_db()
    assert version.graphs_sha256
    assert len(store.names(f"models/{version.folder}/")) == len(contents(version.path))


def test_sharing_by_hand_needs_a_bucket_and_says_what_is_wrong(version, settings):
    (version.path / "network.keras").write_bytes(b"another")
    with pytest.raises(CommandError, match="1 couldn't be shared"):
        call_command("share_models")
    del settings.STORAGES["models"]
    with pytest.raises(CommandError, match="names no bucket"):
        call_command("share_models")


def test_a_machine_without_the_files_hands_the_model_out(
    store, version, settings, tmp_path, as_user, ben
):
    run = make_run(status="succeeded", version=version)
    trained_here = contents(version.path)
    go_to(settings, tmp_path / "web")
    answer = as_user(ben).get(f"/training/{run.pk}/model.zip")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
        taken = {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
    assert taken == {name: each for name, each in trained_here.items() if "/" not in name}
    assert not settings.MODELS_ROOT.exists(), "nothing was copied for it"
    assert "in an S3 bucket" in repr(card_of(version, ben))


def test_without_a_bucket_models_lie_in_their_folder_alone(settings):
    assert "models" not in storages.backends and bucket() is None
    version = trained(settings.MODELS_ROOT)
    assert at_hand(version) == version.path
    assert not shared_artefacts.checks()
