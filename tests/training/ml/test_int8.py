"""int8 beside fp32 within a training: by whom faces are read, the rule, and what asks in it.

Of int8 beside bf16, which not every processor has, test_bf16.py has what differs.
"""

import dataclasses
import hashlib
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from annotations.faces.services import Place, add_face, check_image
from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from inference import predict_run
from inference.ml.artifact import load_manifest
from inference.ml.artifact_files import ArtifactError
from inference.ml.asked_in import asked
from inference.ml.feature_cache import FeatureCache
from inference.ml.precision import FEWEST_SUBJECTS, MARGIN, Comparison, Difference, Int8, Precision
from inference.ml.predictor import Predictor
from inference.ml.rethreshold import with_thresholds
from inference.models import InferenceRun
from inference.registry import register_version
from tests.factories import make_subject
from tests.samples import SHADES
from training.ml import int8_check
from training.ml.by_fold import read_by_fold
from training.ml.config import TrainingConfig
from training.ml.dataset import Sample
from training.ml.ensemble import fit_model
from training.ml.extraction import Pictures, TrunkFiles, recipe_trunk
from training.ml.int8_check import CALIBRATED_ON, Read, calibration_rows, compared
from training.ml.material import gather
from training.ml.probabilities import Outputs
from training.ml.progress import Cancelled, Watch
from training.ml.train import train

CONFIG = TrainingConfig(
    input_size=64, augmented_copies=1, max_epochs=4, dense_units=16, batch_size=16, folds=3,
    test_share=0.2, precision="fp32",
)  # fmt: skip


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """Sixty faces of as many people as a comparison needs."""
    folder, draw = tmp_path_factory.mktemp("people"), np.random.default_rng(8)
    made = []
    for number in range(3 * FEWEST_SUBJECTS):
        emotion = EMOTIONS[number % 3]
        noise = draw.normal(0, 25, (80, 80, 3))
        pixels = np.clip(np.array(SHADES[emotion]) + noise, 0, 255).astype(np.uint8)
        path = folder / f"{number}.png"
        Image.fromarray(pixels).save(path)
        units = dict.fromkeys(MODEL_ACTION_UNITS, False) | {12: emotion == "positive"}
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        made.append(Sample(number, path, digest, f"S{number // 3}", emotion, units, {}))
    return made


@pytest.fixture(scope="module")
def train_on(people, vgg16_weights, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")

    def start(name, config=CONFIG, watch=None):
        files = TrunkFiles(vgg16_weights, folder / "features")
        return train(config, people, files, models_root=folder / name, watch=watch or Watch())

    start.features = folder / "features"
    return start


@pytest.fixture(scope="module")
def result(train_on):
    return train_on("models")


def test_a_training_compares_int8_with_fp32_and_keeps_that(result, people):
    int8 = Int8.from_json(load_manifest(result.artifact_dir).int8)
    found = int8.comparison
    assert (found.faces, found.subjects) == (len(people), FEWEST_SUBJECTS)
    assert 0 < found.furthest < 0.2
    assert int8.is_default and found.allows_int8
    assert int8 == Int8.from_json(json.loads(json.dumps(int8.to_json())))
    told = asked(load_manifest(result.artifact_dir).to_json())
    assert told.precision == "int8"
    assert "60 faces of 20 subjects" in told.why


@pytest.mark.parametrize("recipe", ["default", "published"])
def test_what_reads_a_fold_learnt_nothing_from_it(recipe, people, train_on, vgg16_weights):
    config = dataclasses.replace(CONFIG, recipe=recipe)
    trunk = recipe_trunk(config, vgg16_weights)
    material = gather(config, Pictures(people, config), trunk, train_on.features, Watch())
    fitted = fit_model(config, material, Watch())
    # By the numbers that the model learnt from it says what the training says out of fold.
    said, present = read_by_fold(fitted.by_fold, material.plain)
    np.testing.assert_allclose(said.emotion, fitted.out_of_fold.emotion, atol=1e-6)
    np.testing.assert_allclose(said.units, fitted.out_of_fold.units, atol=1e-6)
    np.testing.assert_array_equal(present, fitted.present)
    subjects = material.subjects
    for fold in fitted.by_fold:
        others = np.setdiff1d(np.arange(len(people)), fold.rows)
        assert not set(subjects[fold.rows]) & set(subjects[others])


def test_a_model_is_asked_in_int8_by_the_features_that_its_training_kept(
    result, people, train_on, tmp_path
):
    predictor = Predictor.load(result.artifact_dir, train_on.features)
    assert predictor.precision == Precision.INT8
    tested = [sample for sample in people if result.split[sample.id] == "test"]
    digests = [sample.sha256 for sample in tested]
    gone = [tmp_path / "gone.png"] * len(tested)
    kept = predictor.features(gone, digests)  # nobody looks at a picture again
    fresh = Predictor.load(result.artifact_dir).features([sample.path for sample in tested])
    np.testing.assert_array_equal(kept.appearance, fresh.appearance)
    exact = Predictor.load(result.artifact_dir, train_on.features, exact=True)
    assert exact.precision == Precision.FP32
    assert (exact.features(gone, digests).appearance != kept.appearance).any()


def test_it_answers_as_the_comparison_said(result, people):
    tested = [sample for sample in people if result.split[sample.id] == "test"]
    paths = [sample.path for sample in tested]
    rough, exact = (Predictor.load(result.artifact_dir, exact=each) for each in (False, True))
    found = Int8.from_json(rough.manifest.int8).comparison
    furthest = max(
        abs(one - other)
        for a, b in zip(rough.predict(paths), exact.predict(paths), strict=True)
        for one, other in zip(
            (*a.emotion_probabilities.values(), *a.au_probabilities.values()),
            (*b.emotion_probabilities.values(), *b.au_probabilities.values()),
            strict=True,
        )
    )
    assert 0 < furthest <= found.furthest + 1e-5
    assert rough.precision_of(tested[0].sha256) == Precision.INT8
    known = next(sample for sample in people if sample not in tested)
    assert rough.precision_of(known.sha256) == Precision.FP32  # it answers out of fold


@pytest.mark.django_db
def test_a_prediction_says_that_it_was_made_in_int8(result, people, train_on, settings):
    settings.MODELS_ROOT, settings.FEATURE_CACHE = result.artifact_dir.parent, train_on.features
    manifest = load_manifest(result.artifact_dir).to_json()
    version = register_version(result.artifact_dir, result.artifact_sha256, manifest)

    def sources(chosen: list[Sample]) -> list[str]:
        faces = []
        for sample in chosen:
            place = Place(make_subject(), "001", sample.id)
            faces.append(add_face(check_image(sample.path.read_bytes()), place)[0])
        assert [face.sha256 for face in faces] == [sample.sha256 for sample in chosen]
        run = InferenceRun.objects.create(version=version, face_ids=[face.pk for face in faces])
        assert run.claim()
        predict_run.carry_out(run)
        found = {each.face_id: each.source for each in version.coder.codings.all()}
        return [found[face.pk].replace(str(run.pk), "N") for face in faces]

    tested = [sample for sample in people if result.split[sample.id] == "test"]
    known = [sample for sample in people if sample not in tested]
    assert sources([tested[0], known[0]]) == ["inference run N, in int8", "inference run N"]
    settings.PREDICTION_PRECISION = "fp32"
    assert sources([tested[1]]) == ["inference run N"]


def test_int8_that_loses_is_not_taken(train_on, monkeypatch):
    honest = int8_check.ranges_of

    def too_narrow(*given):
        return [(low / 50, high / 50) for low, high in honest(*given)]

    monkeypatch.setattr(int8_check, "ranges_of", too_narrow)
    result = train_on("worse")
    told = asked(load_manifest(result.artifact_dir).to_json())
    assert told.precision == "fp32"
    assert "may lose half a point of macro F1 (0.005) or more: " in told.why
    assert Predictor.load(result.artifact_dir).precision == Precision.FP32


def test_a_processor_that_computes_otherwise_asks_in_fp32(result, tmp_path, caplog):
    folder = shutil.copytree(result.artifact_dir, tmp_path / "elsewhere")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["int8"]["probe"] = [1.1 * each for each in manifest["int8"]["probe"]]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert Predictor.load(folder).precision == Precision.FP32
    assert "isn't asked in int8 here" in caplog.text
    with pytest.raises(ArtifactError, match="isn't the one that was registered"):
        Predictor.load(folder, registered=result.artifact_sha256)


def test_graphs_that_are_made_anew_serve_int8_too(result, tmp_path):
    folder = shutil.copytree(result.artifact_dir, tmp_path / "copied")
    shutil.rmtree(folder / "graphs")
    predictor = Predictor.load(folder, registered=result.artifact_sha256)
    assert predictor.precision == Precision.INT8


def test_other_thresholds_were_not_compared(result, tmp_path):
    folder, _ = with_thresholds(tmp_path, result.artifact_dir, {12: 0.4}, result.artifact_sha256)
    assert Predictor.load(folder).precision == Precision.FP32
    told = asked(load_manifest(folder).to_json())
    assert (told.precision, told.comparison) == ("fp32", None)
    assert "thresholds were changed" in told.why


def test_the_same_faces_give_the_same_trunk_whatever_the_seed(result, train_on):
    again = train_on("seed", dataclasses.replace(CONFIG, seed=4, test_share=0.0))
    ours, theirs = (
        Int8.from_json(load_manifest(each.artifact_dir).int8) for each in (result, again)
    )
    assert theirs.calibrated_on == min(CALIBRATED_ON, 60)
    assert ours.features_key("trunk") != theirs.features_key("trunk")  # of other faces
    once_more = train_on("seed", dataclasses.replace(CONFIG, seed=5, test_share=0.0))
    third = Int8.from_json(load_manifest(once_more.artifact_dir).int8)
    assert third.ranges == theirs.ranges
    assert third.features_key("trunk") == theirs.features_key("trunk")


def test_the_check_is_heard_of_and_can_be_cancelled(train_on):
    told = []

    def stop() -> bool:
        return any(each.stage == int8_check.STAGE and each.done for each in told)

    fresh = dataclasses.replace(CONFIG, framing="wide")  # whose features nobody has
    with pytest.raises(Cancelled):
        train_on("cancelled", fresh, Watch(told.append, stop))
    assert told[-1].stage == int8_check.STAGE
    assert told[-1].total == 60


def test_ranges_are_taken_of_many_people_and_never_of_the_test(people):
    many = [
        dataclasses.replace(each, id=at, sha256=f"{at:064}", subject=f"S{at % 9}")
        for at, each in enumerate(people * 3)
    ]
    known = np.flatnonzero(np.array([int(each.subject[1:]) < 8 for each in many]))
    rows = calibration_rows(many, known)
    assert len(rows) == CALIBRATED_ON == len(set(rows))
    count = np.bincount([int(many[row].subject[1:]) for row in rows])
    assert len(count) == 8 and count.min() == count.max() == CALIBRATED_ON // 8
    assert calibration_rows(many, known[::-1]) == rows


def test_a_comparison_counts_what_changes(people, train_on, vgg16_weights):
    trunk = recipe_trunk(CONFIG, vgg16_weights)
    material = gather(CONFIG, Pictures(people, CONFIG), trunk, train_on.features, Watch())
    right = np.eye(3)[material.emotions]
    exact = Read(Outputs(right, material.units.astype(float)), material.units > 0)
    emotion, present = right.copy(), exact.present.copy()
    emotion[0] = np.roll(emotion[0], 1)  # one of sixty
    smiles = np.flatnonzero(material.units[:, MODEL_ACTION_UNITS.index(12)] > 0)
    present[smiles[:2], MODEL_ACTION_UNITS.index(12)] = False  # two of twenty
    found = compared(material, exact, Read(Outputs(emotion, exact.said.units), present))
    assert (found.emotions_changed, found.units_changed, found.furthest) == (1, 2, 1.0)
    accuracy = found.figures["emotion_accuracy"]
    assert (accuracy.learnt, accuracy.int8) == (1.0, pytest.approx(59 / 60))
    units = found.figures["au_macro_f1"]
    assert units.difference == pytest.approx(36 / 38 - 1)
    assert units.low < units.difference < units.high <= 0
    assert set(found.lost) == {"emotion_macro_f1", "au_macro_f1"}
    assert not found.allows_int8


@pytest.mark.parametrize(
    ("emotion", "units", "subjects", "allowed"),
    [
        (-MARGIN + 1e-9, -MARGIN + 1e-9, FEWEST_SUBJECTS, True),
        (-MARGIN, 0.0, FEWEST_SUBJECTS, False),
        (0.0, -MARGIN, FEWEST_SUBJECTS, False),
        (0.0, 0.0, FEWEST_SUBJECTS - 1, False),
        (None, 0.0, FEWEST_SUBJECTS, True),  # nobody coded an emotion
        (None, None, FEWEST_SUBJECTS, False),
    ],
)
def test_the_rule(emotion, units, subjects, allowed):
    def ends(low):
        return Difference() if low is None else Difference(0.8, 0.8, 0.0, low, 0.001)

    figures = {"emotion_accuracy": ends(0.0), "emotion_macro_f1": ends(emotion)}
    found = Comparison(100, subjects, figures | {"au_macro_f1": ends(units)}, 0, 0, 0.0)
    assert found.allows_int8 is allowed
    manifest = {"int8": Int8(((0.0, 1.0),), 48, (1.0,), found, allowed).to_json()}
    assert asked(manifest).precision == ("int8" if allowed else "fp32")
    assert asked(manifest, exact=True).precision == "fp32"


def test_features_in_int8_are_kept_apart(tmp_path):
    one, other = (Int8(((0.0, high),), 48, (1.0,)).features_key("trunk") for high in (1.0, 1.5))
    folders = {FeatureCache(tmp_path, key).folder for key in ("trunk", one, other)}
    assert len(folders) == 3
