"""How many planted label errors the suspects' queue finds: `tests.benchmarks.label_errors`.

Labels of a demo set are ranked by the out-of-fold readings of a model that was trained on them, as
the product does it; precision and recall are told at the number of errors planted.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from django.conf import settings

from annotations import facs
from annotations.formats.readers import read_ckplus
from annotations.queues.label_errors import Labels, broken_rules, emotion_suspicion, unit_suspicion
from annotations.synthetic.manifest import manifest_path
from inference.ml.artifact import load_readings
from inference.ml.predictions import Readings
from tests.benchmarks import material
from training.ml.config import TrainingConfig
from training.ml.extraction import TrunkFiles
from training.ml.progress import Watch
from training.ml.train import train


def main() -> int:
    parser = material.arguments(__doc__ or "")
    parser.add_argument("--artifact", type=Path, help="a model's folder; else one is trained")
    given = parser.parse_args()
    samples, _ = material.labelled(given)
    data = material.data_of(given)
    with tempfile.TemporaryDirectory() as folder:
        readings = load_readings(given.artifact or _train(samples, Path(folder)))
    labels, chances, wrong = _table(data, samples, readings)
    if not wrong.any():
        print("No label errors are planted in this data.", file=sys.stderr)
        return 1
    print(f"{len(samples)} faces, {int(wrong.sum())} wrong emotions planted")
    broken = broken_rules(labels).sum(axis=1).astype(float)
    ways = {
        "margin": emotion_suspicion(labels, chances, rules=False).score,
        "rules": broken,
        "margin and rules": emotion_suspicion(labels, chances).score,
    }
    for name, score in ways.items():
        _tell(name, np.nan_to_num(score, nan=-9), wrong)
    _units(data, samples, readings, labels)
    return 0


def _units(data: Path, samples, readings: Readings, labels: Labels) -> None:
    """Tell the same of the unit that is wrong on purpose: the model has learnt it, too."""
    manifest = json.loads(manifest_path(data).read_text(encoding="utf-8"))
    wrong: dict[int, set[Path]] = {}
    for each in manifest.get("wrong_action_units", []):
        wrong.setdefault(each["unit"], set()).add(data / each["path"])
    rows = readings.rows()
    order = [rows[sample.sha256] for sample in samples]
    for au, paths in wrong.items():
        chances = readings.units[order, facs.MODEL_ACTION_UNITS.index(au)].astype(float)
        planted = np.array([sample.path in paths for sample in samples])
        score = unit_suspicion(labels, au, chances).score
        print(f"{int(planted.sum())} wrong AU{au} planted")
        _tell(f"AU{au}", np.nan_to_num(score, nan=-9), planted)


def _train(samples, folder: Path) -> Path:
    result = train(
        TrainingConfig(),
        samples,
        TrunkFiles(material.weights(), settings.FEATURE_CACHE),
        models_root=folder,
        watch=Watch(),
    )
    return result.artifact_dir


def _table(data: Path, samples, readings: Readings):
    """Labels, probabilities (n, 3), and which labels are wrong (n,)."""
    manifest = json.loads(manifest_path(data).read_text(encoding="utf-8"))
    planted = {
        data / each["path"]
        for each in manifest["wrong_emotions"]
        if facs.HIGH_LEVEL[each["true_emotion"]] != facs.HIGH_LEVEL[each["written_emotion"]]
    }
    basic = {row.path: row.basic_emotion for row in read_ckplus(data).rows}
    rows = readings.rows()
    chances = np.full((len(samples), len(facs.EMOTIONS)), np.nan)
    for number, sample in enumerate(samples):
        if sample.sha256 in rows:
            chances[number] = readings.emotion[rows[sample.sha256]]
    labels = Labels(
        np.array([facs.EMOTIONS.index(s.emotion) if s.emotion else -1 for s in samples]),
        np.array(
            [
                [int((s.action_units or {}).get(au, -1)) for au in facs.MODEL_ACTION_UNITS]
                for s in samples
            ]
        ),
        np.array([basic.get(sample.path) == "happy" for sample in samples]),
    )
    return labels, chances, np.array([sample.path in planted for sample in samples])


def _tell(name: str, score, wrong) -> None:
    """At the number planted, precision and recall are the same figure."""
    number = int(wrong.sum())
    found = int(wrong[np.argsort(-score, kind="stable")[:number]].sum())
    print(f"{name}: precision and recall {found / number:.2f} at {number}")


if __name__ == "__main__":
    sys.exit(main())
