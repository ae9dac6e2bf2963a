"""A model whose files were swapped together reads nothing: the registry knows its digest."""

import hashlib
import shutil

import numpy as np
import pytest

from annotations.models import Coder, Coding
from facsweb.jobs.tasks import run_job
from inference.ml.artifact import Manifest, load_manifest, write_artifact
from inference.ml.artifact_files import ArtifactError
from inference.ml.predictions import Readings
from inference.ml.preprocessing import PREPROCESSING_VERSION
from inference.models import InferenceRun, ModelVersion
from tests.factories import THRESHOLDS, make_face


def artefact(root, seed: int):
    manifest = Manifest(224, PREPROCESSING_VERSION, "t", THRESHOLDS, "data", seed, {}, {}, {})
    none = np.zeros((0, 15), dtype=np.float32)
    readings = Readings(np.array([], dtype=str), none[:, :3], none, none > 0)
    network = b"network %d" % seed
    return write_artifact(root, manifest, lambda path: path.write_bytes(network), readings)


@pytest.fixture
def swapped(settings):
    """(the folder that another model was put into, its registered digest)"""
    folder, sha256 = artefact(settings.MODELS_ROOT, 1)
    other, _ = artefact(settings.MODELS_ROOT, 2)
    shutil.rmtree(folder)
    shutil.copytree(other, folder)
    return folder, sha256


def test_files_that_were_swapped_together_are_noticed(swapped):
    folder, sha256 = swapped
    load_manifest(folder)  # by itself it is whole
    with pytest.raises(ArtifactError, match="isn't the one that was registered"):
        load_manifest(folder, sha256)


@pytest.mark.django_db
def test_a_swapped_model_predicts_nothing_and_says_why(swapped):
    folder, sha256 = swapped
    version = ModelVersion.objects.create(
        name="VGG16-swapped", sha256=sha256, folder=folder.name, manifest={},
        coder=Coder.objects.create(kind="model", name="VGG16-swapped"),
    )  # fmt: skip
    run = InferenceRun.objects.create(version=version, face_ids=[make_face().pk])
    run_job(InferenceRun, run.pk, "inference.predict_run.carry_out")
    run.refresh_from_db()
    assert run.status == "failed"
    assert "isn't the one that was registered" in run.error
    assert not Coding.objects.filter(coder=version.coder).exists()


def test_a_network_cannot_be_amended(settings):
    folder, sha256 = artefact(settings.MODELS_ROOT, 3)
    (folder / "network.keras").write_bytes(b"another")
    digest = hashlib.sha256(b"another").hexdigest()
    (folder / "amended.json").write_text(f'{{"network.keras": ["{digest}"]}}')
    with pytest.raises(ArtifactError, match=r"network\.keras was changed"):
        load_manifest(folder, sha256)
