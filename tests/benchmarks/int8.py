"""What a trunk in int8 costs a model: the comparison that each training makes, at several sizes.

A default model is fitted once, on features that are kept in `var/features`. Then the trunk is made
in int8 by the ranges of so many faces (`--calibrated-on`), every face is read by it, and both
readings are compared, as in `training.ml.int8_check`. The first of them finds no crop cut yet, as
a training from kept features does; the others find all, as one from nothing does.

    python -m tests.benchmarks.int8 [--data FOLDER] [--faces 560] [--calibrated-on 48 8 16 32 96]
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from pathlib import Path

import numpy as np
from django.conf import settings

from inference.ml.precision import Int8
from tests.benchmarks.material import arguments, labelled, weights
from training.ml import int8_check
from training.ml.config import TrainingConfig
from training.ml.ensemble import fit_model
from training.ml.extraction import Pictures, recipe_trunk
from training.ml.int8_check import Read, Trained, check_int8
from training.ml.material import gather
from training.ml.probabilities import Outputs
from training.ml.progress import Watch
from training.ml.split import hold_out


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--calibrated-on", type=int, nargs="+", default=[48, 8, 16, 32, 96])
    parser.add_argument("--test-share", type=float, default=0.0)
    parser.add_argument("--recipe", default="default")
    given = parser.parse_args()
    samples, _ = labelled(given)
    config = TrainingConfig.from_json({"recipe": given.recipe, "test_share": given.test_share})
    held_out = hold_out(samples, config.test_share, config.seed)
    trunk, watch = recipe_trunk(config, weights()), Watch()
    material = gather(config, Pictures(samples, config), trunk, settings.FEATURE_CACHE, watch)
    began = time.process_time()
    fitted = fit_model(config, material.subset(np.flatnonzero(~held_out)), watch)
    print(f"heads of {len(samples)} faces: {time.process_time() - began:.0f} s of a processor")
    read = _exact(fitted, material, held_out)
    trained = Trained(config, trunk, Pictures(samples, config), material, fitted, held_out, read)
    for count in given.calibrated_on:
        int8_check.CALIBRATED_ON = count
        with tempfile.TemporaryDirectory() as folder:
            began, used = time.monotonic(), time.process_time()
            found = check_int8(trained, Path(folder), watch)
            _tell(found, time.monotonic() - began, time.process_time() - used)


def _exact(fitted, material, held_out) -> Read:
    said = Outputs.empty(len(held_out))
    present = np.zeros_like(said.units, dtype=bool)
    known, unknown = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    said.put(known, fitted.out_of_fold)
    present[known] = fitted.present
    if len(unknown):
        part = fitted.read(material.subset(unknown))
        said.put(unknown, part)
        present[unknown] = fitted.mixture.present(part.units)
    return Read(said, present)


def _tell(int8: Int8, seconds: float, used: float) -> None:
    found = int8.comparison
    assert found is not None
    print(
        f"\n{int8.calibrated_on} faces' ranges: {seconds:.0f} s, {used:.0f} s of a processor; "
        f"{'int8' if int8.is_default else 'fp32'} by {found.faces} faces of {found.subjects} "
        f"subjects; {found.emotions_changed} emotions and {found.units_changed} decisions on units "
        f"changed, no probability by more than {found.furthest:.3f}"
    )
    for name, figure in found.figures.items():
        told = {
            key: round(value, 4)
            for key, value in dataclasses.asdict(figure).items()
            if value is not None
        }
        print(f"  {name}: {told}")


if __name__ == "__main__":
    main()
