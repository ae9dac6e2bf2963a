"""`manage.py reproduce`: a training done again gives the same figures and the same version."""

import sys

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from PIL import Image

from annotations.codings.reading import Reading, Score
from annotations.codings.services import Provenance, add_coding, make_truth
from annotations.faces.services import Place, add_face, check_image
from annotations.models import Coding, Snapshot
from inference.models import ModelVersion
from tests.factories import import_coder, make_run, make_subject, make_version, metrics
from training.making import reproduction
from training.making.train import carry_out
from training.mirror.deliveries import NOT_INSTALLED
from training.ml.config import TrainingConfig
from training.models import TrainingRun

pytestmark = pytest.mark.django_db

_SMALL = {
    "input_size": 64, "augmented_copies": 0, "max_epochs": 2, "dense_units": 4, "folds": 3,
    "recipe": "default",
}  # fmt: skip


def _labelled_faces(samples):
    for sample in samples:
        place = Place(make_subject(sample.subject, **sample.groups), "001", sample.id)
        face, _ = add_face(check_image(sample.path.read_bytes()), place)
        scores = {au: Score(present) for au, present in sample.action_units.items()}
        make_truth(add_coding(face, import_coder(), Reading(sample.emotion, scores), Provenance()))


@pytest.fixture
def trained(samples, vgg16_weights, settings, tmp_path, monkeypatch):
    """A run whose training is real, though small; MLflow is wanted, and isn't installed."""
    settings.MLFLOW_TRACKING_URI = "http://127.0.0.1:9"
    monkeypatch.setitem(sys.modules, "mlflow", None)
    settings.VGG16_WEIGHTS = vgg16_weights
    settings.MODELS_ROOT = tmp_path / "models"
    settings.FEATURE_CACHE = tmp_path / "features"
    settings.CHECKPOINT_ROOT = tmp_path / "checkpoints"
    _labelled_faces(samples)
    run = make_run(config=TrainingConfig.from_json(_SMALL).to_json())
    assert run.claim()
    carry_out(run)
    run.refresh_from_db()
    assert run.status == "succeeded", run.error
    return run


def _rows():
    models = (Coding, ModelVersion, Snapshot, TrainingRun)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_the_same_comes_out_and_what_differs_is_named(trained, settings, capsys):
    said = [entry["text"] for entry in trained.log if "MLFLOW" in entry["text"]]
    assert said == [NOT_INSTALLED]
    before, artefacts = _rows(), sorted(settings.MODELS_ROOT.iterdir())
    call_command("reproduce", str(trained.pk))
    told = capsys.readouterr().out
    assert "figures agree." in told
    assert "DIFFERS" not in told
    assert f"same, byte by byte: {trained.version}" in told
    assert _rows() == before
    assert sorted(settings.MODELS_ROOT.iterdir()) == artefacts

    trained.metrics["test"]["emotion"]["macro_f1"] += 0.01
    trained.save(update_fields=["metrics"])
    with pytest.raises(CommandError, match=r"^1 of \d+ figures differ") as failure:
        call_command("reproduce", str(trained.pk))
    assert failure.value.returncode == 1
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "DIFFERS" in line]
    assert line.startswith("emotion macro F1")


def test_what_can_not_be_done_again_is_said(samples, tmp_path, settings, monkeypatch):
    from training.making.samples import freeze_truth
    from training.ml.dataset import dataset_sha256

    _labelled_faces(samples[:3])
    snapshot, frozen = freeze_truth()
    done = {
        "status": "succeeded",
        "metrics": metrics(),
        "version": make_version(),
        "snapshot": snapshot,
        "dataset_sha256": dataset_sha256(frozen),
    }

    def refusal(**fields):
        run = make_run(**(done | fields))
        with pytest.raises(CommandError) as failure:
            call_command("reproduce", str(run.pk))
        assert failure.value.returncode == 2
        return str(failure.value)

    with pytest.raises(CommandError, match="There is no training run 77"):
        call_command("reproduce", "77")
    assert "made no model (failed)" in refusal(status="failed", metrics=None, version=None)
    assert "has no snapshot" in refusal(snapshot=None)
    assert "reads otherwise today" in refusal(dataset_sha256="0" * 64)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(reproduction, "multiplies_bf16", lambda: False)
        learnt = make_version("VGG16-bf16", precision="bf16")
        assert "in bf16, which this processor" in refusal(version=learnt)
    settings.VGG16_WEIGHTS = tmp_path / "none.h5"
    settings.WEIGHTS_ROOT = tmp_path
    assert "weights could not be had" in refusal(config={})
    frozen[0].path.unlink()
    Image.new("L", (30, 30)).save(frozen[1].path)
    assert "1 can't be read and 1 are changed" in refusal()
    snapshot.members.first().delete()
    assert "1 of the 3 faces" in refusal()
