"""An admin stores other thresholds as a version of their own."""

import json

import numpy as np
import pytest

from annotations.facs import MODEL_ACTION_UNITS
from annotations.models import Coder, Coding
from inference.ml.artifact import (
    Manifest,
    load_manifest,
    load_projection,
    load_readings,
    write_artifact,
)
from inference.ml.predictions import Readings
from inference.ml.preprocessing import PREPROCESSING_VERSION
from inference.ml.projection import Projection
from inference.models import AliasMove, ModelVersion
from tests.factories import THRESHOLDS, make_coding, make_face, make_run, make_subject, metrics
from tests.pages import text_of
from training.curves.thresholds import request_thresholds
from training.making import thresholds as threshold_run
from training.making.reproduction import NotReproducible, reproduce
from training.making.stored_readings import read_back
from training.ml.config import TrainingConfig
from training.ml.probability_curves import run_curves
from training.models import TrainingRun

pytestmark = pytest.mark.django_db
AU12 = MODEL_ACTION_UNITS.index(12)

_SHARE = {"value": 0.93, "low": 0.89, "high": 0.97, "faces": 30, "subjects": 12}
_UNIT = {"present": _SHARE, "absent": _SHARE, "unsure": _SHARE}
PROMISES = {"coverage": 0.9, "emotions": {"negative": _SHARE}, "units": {"4": _UNIT, "12": _UNIT}}


@pytest.fixture
def run(settings):
    """A version that reads 24 faces: AU12 from 0.035 to 0.955, present on the upper half."""
    faces = [make_face(make_subject(f"S{number // 2:03}")) for number in range(24)]
    chances = (np.arange(1, 25) / 25 - 0.005).astype(np.float32)
    units = np.full((24, 15), 0.1, dtype=np.float32)
    units[:, AU12] = chances
    readings = Readings(
        np.array([face.sha256 for face in faces]),
        np.tile(np.array([0.2, 0.7, 0.1], dtype=np.float32), (24, 1)),
        units,
        units >= np.array([THRESHOLDS[str(au)] for au in MODEL_ACTION_UNITS]),
    )
    manifest = Manifest(
        224, PREPROCESSING_VERSION, "trunk", THRESHOLDS, "data", 20, {}, {}, {},
        extra={"mixture": {}},
    )  # fmt: skip
    folder, sha256 = write_artifact(
        settings.MODELS_ROOT, manifest, lambda path: path.write_bytes(b"a network"), readings,
        Projection(
            np.zeros(2), np.eye(2), np.ones(2), np.ones(2), np.ones(3), np.array([], dtype="S64"),
        ),
    )  # fmt: skip
    coder = Coder.objects.create(kind="model", name="VGG16-parent")
    version = ModelVersion.objects.create(
        name="VGG16-parent", sha256=sha256, folder=folder.name, coder=coder,
        manifest=load_manifest(folder).to_json(),
    )  # fmt: skip
    for face, chance in zip(faces, chances, strict=True):
        make_coding(face, **{"present" if chance > 0.5 else "absent": (12,)})
        _read(face, coder, float(chance))
    run = make_run(
        status="succeeded", version=version,
        metrics=metrics(cross_validated=True, promises=PROMISES),
        config=TrainingConfig().to_json(),
    )  # fmt: skip
    read = read_back(run)
    run.probability_curves = run_curves(read.samples, read.said, read.split).to_json()
    run.save(update_fields=["probability_curves"])
    return run


def _read(face, coder, chance):
    present = (12,) if chance >= THRESHOLDS["12"] else ()
    others = tuple(au for au in MODEL_ACTION_UNITS if au != 12)
    absent = others if present else (*others, 12)
    coding = make_coding(face, coder, present=present, absent=absent, split="test")
    coding.scores.filter(au=12).update(probability=chance)


def _carried_out(asked: TrainingRun) -> TrainingRun:
    assert asked.claim()
    threshold_run.carry_out(asked)
    asked.refresh_from_db()
    assert asked.status == "succeeded"
    return asked


def test_the_same_network_decides_by_other_thresholds_and_is_measured(boss, run):
    made = _carried_out(request_thresholds(boss, run.version, {12: 0.51}, " Too few smiles. "))
    parent, version = run.version, made.version
    before, after = load_manifest(parent.path), load_manifest(version.path)
    assert after.network_sha256 == before.network_sha256
    assert after.projection_sha256 == before.projection_sha256
    assert load_projection(version.path, after).components.shape == (2, 2)
    assert after.thresholds == THRESHOLDS | {"12": 0.51}
    assert after.extra["parent"] == parent.sha256
    assert after.extra["thresholds_changed"] == {"12": 0.51}
    readings = load_readings(version.path)
    assert readings.present[:, AU12].sum() == 12
    assert (np.delete(readings.present, AU12, 1) == False).all()  # noqa: E712 - an array
    # 12 faces above 0.5 show it, of which all are found now:
    assert made.figures.test.action_units.per_au[12].f1 == 1.0
    assert read_back(run).predictions  # the parent's are as they were
    assert Coding.objects.filter(coder=parent.coder, scores__au=12, scores__present=True).count()
    assert made.curve_figures == run.curve_figures
    told = made.figures.promises
    assert (told.emotions["negative"].value, list(told.units)) == (0.93, [4])
    assert made.inference_run.splits and made.inference_run.version == version
    move = AliasMove.objects.filter(alias="candidate").first()
    assert (move.version, move.moved_by, move.reason) == (version, boss, "Too few smiles.")
    assert version.coder != parent.coder


def test_pages_say_that_its_thresholds_were_chosen(as_user, boss, ada, run):
    made = _carried_out(request_thresholds(boss, run.version, {12: 0.51}, "Too few smiles."))
    dashboard = text_of(as_user(ada).get(f"/training/{made.pk}/dashboard/"))
    assert "threshold chosen here" in dashboard and "flatter it" in dashboard
    page = text_of(as_user(ada).get(f"/training/{made.pk}/"))
    assert "Trains nothing" in page and "AU12 from 0.51 on" in page and "Too few smiles." in page
    about = text_of(as_user(ada).get(f"/models/{made.version_id}/"))
    assert "Threshold of AU12: 0.51 instead of 0.60." in about


def test_it_is_a_version_to_start_from_and_not_to_train_again(boss, run):
    first = _carried_out(request_thresholds(boss, run.version, {12: 0.51}, "First."))
    for coding in Coding.objects.filter(coder=run.version.coder):
        _read(coding.face, first.version.coder, coding.scores.get(au=12).probability)
    second = _carried_out(request_thresholds(boss, first.version, {12: 0.4}, "Second."))
    assert load_manifest(second.version.path).extra["parent"] == first.version.sha256
    with pytest.raises(NotReproducible, match="trained nothing"):
        reproduce(first, None)


@pytest.mark.parametrize(
    ("thresholds", "reason", "code"),
    [
        ({12: 0.6}, "Same as it is.", "invalid_thresholds"),
        ({12: 0.515}, "Too fine.", "invalid_thresholds"),
        ({12: float("nan")}, "None.", "invalid_thresholds"),
        ({12: 1.5}, "Too large.", "invalid_thresholds"),
        ({99: 0.5}, "Unknown.", "invalid_thresholds"),
        ({4: 0.4}, "Nobody shows it.", "invalid_thresholds"),
        ({12: 0.5}, "  ", "invalid_reason"),
        ({12: 0.5}, "x" * 501, "invalid_reason"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_the_reason(boss, run, thresholds, reason, code):
    from facsweb.problems import Problem

    with pytest.raises(Problem) as refused:
        request_thresholds(boss, run.version, thresholds, reason)
    assert refused.value.code == code
    assert TrainingRun.objects.count() == 1


def test_thresholds_that_a_version_has_are_not_stored_again(client_of, boss, run):
    _carried_out(request_thresholds(boss, run.version, {12: 0.51}, "First."))
    again = {"thresholds": {"12": 0.51}, "reason": "Again."}
    answer = client_of(boss).post(
        f"/api/v1/models/{run.version_id}/thresholds/", again, format="json"
    )
    assert answer.status_code == 409 and answer.json()["code"] == "same_thresholds"
    assert "VGG16-" in answer.json()["detail"]


def test_a_version_without_curves_has_none_to_choose_by(boss, run):
    TrainingRun.objects.update(probability_curves=None)
    from training.curves.thresholds import NoCurves

    with pytest.raises(NoCurves):
        request_thresholds(boss, run.version, {12: 0.5}, "Why not.")


def test_a_cancelled_one_publishes_nothing(boss, run):
    asked = request_thresholds(boss, run.version, {12: 0.51}, "Too few smiles.")
    asked.claim()
    asked.request_cancel()
    threshold_run.carry_out(asked)
    asked.refresh_from_db()
    assert asked.status == "cancelled"
    assert ModelVersion.objects.count() == 1


def test_the_page_stores_several_units_and_keeps_what_was_chosen(as_user, ada, boss, run):
    address = f"/training/{run.pk}/thresholds/"
    client = as_user(boss)
    page = text_of(client.get(f"{address}?au=12&at=0.51&keep=4:0.40"))
    assert "AU4 from <b>0.40</b> on" in page and "AU12 from <b>0.51</b> on" in page
    assert "Store as a new version" not in text_of(as_user(ada).get(f"{address}?au=12&at=0.51"))
    asked = {"au": "12", "at": "0.51", "reason": "Too few smiles."}
    refused = as_user(boss).post(address, asked | {"keep": ["4:0.40"]})
    assert refused.status_code == 400
    assert "AU4: too few to say. 0 faces show it" in text_of(refused)
    assert "Too few smiles.</textarea>" in text_of(refused)
    assert as_user(ada).post(address, asked).status_code == 403
    stored = as_user(boss).post(address, asked)
    made = TrainingRun.objects.latest("pk")
    assert stored["Location"] == f"/training/{made.pk}/"
    assert (made.thresholds, made.reason, made.parent) == (
        {"12": 0.51}, "Too few smiles.", run.version,
    )  # fmt: skip


def test_the_api_asks_for_it(client_of, ada, boss, run):
    address = f"/api/v1/models/{run.version_id}/thresholds/"
    asked = {"thresholds": {"12": 0.51}, "reason": "Too few smiles."}
    assert client_of(ada).post(address, asked, format="json").status_code == 403
    answer = client_of(boss).post(address, asked, format="json")
    assert answer.status_code == 201, answer.content
    assert answer.json()["thresholds"] == {"12": 0.51}
    assert answer.json()["parent_model"] == run.version_id
    busy = client_of(boss).post(address, asked | {"thresholds": {"12": 0.4}}, format="json")
    assert busy.json()["code"] == "training_busy"
    for wrong in ({"thresholds": {}}, {"thresholds": {"x": 0.5}}, {"thresholds": {"12": "x"}}):
        answer = client_of(boss).post(address, asked | wrong, format="json")
        assert answer.status_code == 400 and "thresholds" in json.dumps(answer.json())
