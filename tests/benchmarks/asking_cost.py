"""What each part of asking a model costs, in milliseconds of a processor a face.

    python -m tests.benchmarks.asking_cost [--data FOLDER] [--faces 40] [--model FOLDER]

Parts are asked one after the other on the same faces. A face by itself costs the same in a job: the
light runtime asks one at a time. docs/model.md has the table.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from PIL import Image

from inference.ml import face_detector, preprocessing
from inference.ml.blazeface import find_boxes
from inference.ml.conversion import converted, light_trunk
from inference.ml.expression_prior import build_prior
from inference.ml.facemesh import LEFT_EYE, RIGHT_EYE, _asked, region_around
from inference.ml.framing import FRAMINGS, PRIOR_FRAMING, PRIOR_SIZE, cut
from inference.ml.geometry import distances
from inference.ml.pose import fit_pose
from inference.ml.preprocessing import load_face, normalise
from inference.ml.runtime import Light
from inference.ml.trunk import build_trunk
from tests.benchmarks.figures import Figure, keep
from tests.benchmarks.material import arguments, labelled, weights
from training.making.prior import prior_weights

_SIZE = 224


@dataclass
class Costs:
    """Milliseconds of a processor by part, one for each face that the part was asked of."""

    of: dict[str, list[float]] = field(default_factory=dict)

    def __call__(self, part: str, work: Callable[[], Any]) -> Any:
        began = time.process_time()
        answer = work()
        self.of.setdefault(part, []).append(1000 * (time.process_time() - began))
        return answer


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.set_defaults(faces=40)
    parser.add_argument("--model", type=Path, help="an artefact; else the newest in var/models")
    given = parser.parse_args()
    samples, _ = labelled(given)
    costs = measured([sample.path for sample in samples[: given.faces]], given.model)
    count = len(costs["decode"])
    print("| part | asked of | ms a face that is asked | ms a face of all |\n|---|---|---|---|")
    for part, times in costs.items():
        middle, whole = statistics.median(times), sum(times) / count
        keep(Figure(f"asking: {part}", "ms of a processor", tuple(times)))
        print(f"| {part} | {len(times) / count:.0%} | {middle:.1f} | {whole:.1f} |")


def measured(paths: list[Path], model: Path | None = None) -> dict[str, list[float]]:
    """Milliseconds by part, of faces whose first one, which warms everything up, isn't counted."""
    trunk = light_trunk(build_trunk("vgg16", weights(), _SIZE))
    prior_file = prior_weights(asked=False)
    prior = None
    if prior_file is not None:
        network = build_prior(prior_file)
        prior = Light(converted(network), network.input_shape[1:])
    heads = _heads(model or _newest())
    for path in paths[:2]:
        _ask(path, Costs(), trunk, prior, heads)
    costs = Costs()
    for path in paths:
        _ask(path, costs, trunk, prior, heads)
    return costs.of


def _newest() -> Path | None:
    folders = [each.parent for each in settings.MODELS_ROOT.glob("*/manifest.json")]
    return max(folders, key=lambda each: each.stat().st_mtime, default=None)


def _heads(folder: Path | None) -> Any:
    from inference.ml.predictor import Predictor

    return Predictor.load(folder) if folder else None


def _ask(path: Path, costs: Costs, trunk: Light, prior: Light | None, model: Any) -> None:
    image = costs("decode", lambda: load_face(path))
    picture = Image.fromarray(image)
    boxes = costs("BlazeFace, the picture as it is", lambda: find_boxes(picture))
    filling = face_detector._FILLING * min(picture.size)
    needed = not boxes or any(box.height > filling for box in boxes)
    across, down = (round(face_detector._MARGIN * side) for side in picture.size)
    part = "BlazeFace, with a margin" if needed else "(BlazeFace with a margin, where not needed)"
    wider = costs(part, lambda: find_boxes(face_detector._with_margin(picture, across, down)))
    if needed:
        boxes = [box.moved(-across, -down) for box in wider]
    if not boxes:
        return
    box = boxes[0]
    region = region_around(box.edges.reshape(2, 2), box.eyes)
    first = costs("FaceMesh, first asking", lambda: _asked(picture, region))
    if first is None:
        return
    closer = region_around(first[:, :2], first[[RIGHT_EYE[0], LEFT_EYE[1]], :2])
    points = costs("FaceMesh, asked again", lambda: _asked(picture, closer))
    pose, turned_back = costs("pose, and landmarks without it", lambda: fit_pose(points))
    costs("861 distances", lambda: distances(turned_back))
    middle, across_eyes = preprocessing._eyes(points[:, :2])
    crop = costs("crop", lambda: cut(image, FRAMINGS["tight"], middle, across_eyes, _SIZE))
    costs("verdict", lambda: preprocessing._quality(image, middle, across_eyes, pose))

    def square() -> Any:
        return preprocessing._grey(cut(image, PRIOR_FRAMING, middle, across_eyes, PRIOR_SIZE))

    grey = costs("expression prior, its square", square)
    if prior is not None:
        asked = grey[None, :, :, None].astype(np.float32)
        costs("expression prior, its network", lambda: prior.one(asked))
    costs("VGG16", lambda: trunk.one(normalise(crop[None])))
    mirror = np.ascontiguousarray(crop[:, ::-1])
    costs(
        "(a mirrored crop through VGG16, which isn't asked)",
        lambda: trunk.one(normalise(mirror[None])),
    )
    if model is not None:
        _answer(path, costs, model)


def _answer(path: Path, costs: Costs, model: Any) -> None:
    features = model.features([path])
    costs("heads, experts, calibration, sets", lambda: model.read(features))
    seen = costs("embedding", lambda: model.embeddings(features, ["0" * 64]))
    costs("distance to the training faces", lambda: model.distances(seen, ["0" * 64]))


if __name__ == "__main__":
    main()
