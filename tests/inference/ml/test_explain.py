"""Grad-CAM: the map's mass lies where the deciding pixels are, in the picture's own place."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from inference.ml.artifact_files import ArtifactError
from inference.ml.explain import TARGETS, _placed, explain
from inference.ml.gradients import answers_and_gradient
from inference.ml.graphs import TRUNK, damage_to_graphs, load_graphs
from inference.ml.predictor import Predictor
from inference.ml.preprocessing import middle_corners, normalise
from inference.ml.quantise import quantised, ranges_of
from inference.ml.runtime import Light, read_graph
from tests.requirements import only_with
from training.ml.config import TrainingConfig
from training.ml.dataset import Sample
from training.ml.extraction import TrunkFiles
from training.ml.progress import Watch
from training.ml.train import train

CONFIG = TrainingConfig(
    input_size=64, augmented_copies=0, max_epochs=20, dense_units=16, batch_size=16, folds=3
)
#: Where each class has its bright patch, in shares of the picture's side.
PLACES = {"negative": (0.3, 0.3), "positive": (0.7, 0.3), "surprise": (0.5, 0.72)}


def picture(emotion: str, seed: int) -> np.ndarray:
    """Noise, 120 px a side, with a striped patch where the class has it."""
    draw = np.random.default_rng(seed)
    pixels = draw.integers(90, 130, (120, 120, 3)).astype(np.uint8)
    x, y = (int(share * 120) for share in PLACES[emotion])
    pixels[y - 10 : y + 10, x - 10 : x + 10] = 230
    pixels[y - 10 : y + 10 : 4, x - 10 : x + 10] = 20
    return pixels


@pytest.fixture(scope="module")
def predictor(vgg16_weights, tmp_path_factory) -> Predictor:
    folder = tmp_path_factory.mktemp("explain")
    samples = []
    for number in range(45):
        emotion = EMOTIONS[number % 3]
        path = folder / f"{number}.png"
        Image.fromarray(picture(emotion, number)).save(path)
        units = dict.fromkeys(MODEL_ACTION_UNITS, False) | {27: emotion == "surprise"}
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        samples.append(Sample(number, path, digest, f"S{number // 3}", emotion, units, {}))
    result = train(
        CONFIG, samples, TrunkFiles(vgg16_weights, folder / "features"),
        models_root=folder / "models", watch=Watch(),
    )  # fmt: skip
    return Predictor.load(result.artifact_dir)


def stored(tmp_path, emotion: str):
    path = tmp_path / f"{emotion}.png"
    Image.fromarray(picture(emotion, 999)).save(path)
    return path


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_the_map_points_at_what_decides(predictor, tmp_path, emotion):
    heat = explain(predictor, stored(tmp_path, emotion), f"emotion:{emotion}").heat
    assert heat.shape == (120, 120)
    assert heat.max() == pytest.approx(1)
    assert heat.min() >= 0
    rows, columns = np.indices(heat.shape)
    centre = np.array([(heat * columns).sum(), (heat * rows).sum()]) / heat.sum() / 120
    distances = {name: np.hypot(*(centre - place)) for name, place in PLACES.items()}
    assert min(distances, key=distances.get) == emotion


def test_it_is_the_final_models_own_answer(predictor, tmp_path):
    path = stored(tmp_path, "surprise")
    (told,) = predictor.predict([path])
    for target, chance in (
        ("emotion:surprise", told.emotion_probabilities["surprise"]),
        ("au:27", told.au_probabilities[27]),
    ):
        found = explain(predictor, path, target)
        assert found.probability == pytest.approx(chance, abs=0.02)
        assert found.found_face is False


def test_the_same_again_is_the_same_map(predictor, tmp_path):
    path = stored(tmp_path, "positive")
    one, two = (explain(predictor, path, "au:12") for _ in range(2))
    np.testing.assert_array_equal(one.heat, two.heat)


def test_png_is_transparent_where_nothing_speaks(predictor, tmp_path):
    import io

    found = explain(predictor, stored(tmp_path, "positive"), "emotion:positive")
    image = Image.open(io.BytesIO(found.png()))
    assert (image.mode, image.size) == ("RGBA", (120, 120))
    alpha = np.asarray(image)[..., 3]
    assert alpha.max() == 255
    assert (alpha == np.round(255 * found.heat)).all()


@pytest.mark.parametrize("target", ["", "au:99", "emotion:happy", "12"])
def test_other_targets_are_refused(predictor, tmp_path, target):
    with pytest.raises(ValueError, match="is not one of"):
        explain(predictor, stored(tmp_path, "positive"), target)
    assert len(TARGETS) == 18


def test_a_turned_crop_is_put_back_in_its_place():
    """A spot in the crop's upper left quarter, of a crop turned by 90 degrees."""
    heat = np.zeros((40, 40))
    heat[5:15, 5:15] = 1
    upright = _placed(heat, np.array([[10, 10], [50, 10], [50, 50], [10, 50]]), (80, 60))
    assert upright.shape == (60, 80)
    assert upright[20, 20] == pytest.approx(1)
    assert upright[40, 40] == 0
    turned = _placed(heat, np.array([[50, 10], [50, 50], [10, 50], [10, 10]]), (80, 60))
    assert turned[20, 40] == pytest.approx(1)
    assert turned[20, 20] == 0


def test_without_a_face_the_map_lies_on_the_middle():
    corners = middle_corners(100, 200)
    assert corners.mean(axis=0) == pytest.approx([100, 50], abs=1)


def test_a_process_that_predicts_and_explains_needs_its_own_lists_alone(predictor, tmp_path):
    """And so no TensorFlow, which isn't found in it."""
    artefact, path = predictor.graphs.folder.parent, stored(tmp_path, "positive")
    script = only_with("requirements-predict.txt", "requirements-detector.txt") + (
        "import sys, django; django.setup()\n"
        "from pathlib import Path\n"
        "import inference.predict_run, inference.prior_run, inference.explain_run\n"
        "from inference.ml.explain import explain\n"
        "from inference.ml.predictor import Predictor\n"
        "model, path = Predictor.load(Path(sys.argv[1])), Path(sys.argv[2])\n"
        "print(model.predict([path])[0].emotion)\n"
        "explain(model, path, 'emotion:positive')\n"
        "print(sorted({'tensorflow', 'keras', 'h5py', 'openvino'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script, artefact, path],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "facsweb.settings", "SECRET_KEY": "x" * 50},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert answer.stdout.splitlines() == ["positive", "['openvino']"]


def test_graphs_are_made_anew_and_never_taken_when_changed(predictor, tmp_path):
    artefact, folder = predictor.graphs.folder.parent, predictor.graphs.folder
    network = predictor.manifest.network_sha256
    assert load_graphs(artefact, network).sha256 == predictor.graphs.sha256
    assert load_graphs(artefact, "another") is None
    assert "isn't the one that was registered" in damage_to_graphs(artefact, "another")
    assert not damage_to_graphs(artefact, predictor.graphs.sha256)
    kept = (folder / "heads.bin").read_bytes()
    (folder / "heads.bin").write_bytes(kept[:-1] + b"x")
    with pytest.raises(ArtifactError, match=r"heads\.bin is gone or was changed"):
        load_graphs(artefact, network)
    assert "heads.bin is gone or was changed" in damage_to_graphs(artefact, predictor.graphs.sha256)
    (folder / "heads.bin").write_bytes(kept)


def test_gradients_are_those_of_small_steps(predictor):
    draw = np.random.default_rng(3)
    graph = read_graph(predictor.heads.graph)
    given = {
        port.get_any_name(): draw.uniform(0.1, 1, (1, port.get_partial_shape()[1].get_length()))
        for port in graph.inputs
    }
    name = "appearance"
    answer = lambda told: ("emotion", np.eye(3)[[1]])  # noqa: E731 - of the second class
    _, gradient = answers_and_gradient(predictor.heads.graph, given, answer, name)
    for place in np.argsort(-np.abs(gradient[0]))[:5]:
        step = np.zeros_like(given[name])
        step[0, place] = 1e-5
        ends = [
            answers_and_gradient(
                predictor.heads.graph, {**given, name: given[name] + way * step}, answer, name
            )[0]["emotion"][0, 1]
            for way in (1, -1)
        ]
        assert (ends[0] - ends[1]) / 2e-5 == pytest.approx(gradient[0, place], rel=1e-3, abs=1e-9)


def test_a_trunk_in_int8_sees_nearly_what_it_saw(predictor):
    images = normalise(np.stack([picture(emotion, 7) for emotion in EMOTIONS])[:, :64, :64])
    exact = predictor.graphs.trunk().predict_on_batch(images)
    trunk = read_graph(predictor.graphs.path(TRUNK))
    graph = quantised(trunk, ranges_of(trunk, np.split(images, 3)))
    assert "FakeQuantize" in {node.get_type_name() for node in graph.get_ops()}
    rough = Light(graph, (64, 64, 3)).predict_on_batch(images)
    assert (rough != exact).any()
    lengths = np.linalg.norm(rough, axis=1) * np.linalg.norm(exact, axis=1)
    assert ((rough * exact).sum(axis=1) / lengths).min() > 0.995
