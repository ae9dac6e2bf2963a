"""What a trunk in bf16 costs a model that learns from it and is asked by it: paired with fp32.

Both learn from the same faces, in the same folds, by the same seeds, and read every face out of
fold. It needs a processor that has bf16. Features are kept in `var/features`; what a face costs a
processor is told of those that had to be computed.

    python -m tests.benchmarks.bf16 [--data FOLDER] [--faces 560] [--seeds 20 21 22]
"""

from __future__ import annotations

import dataclasses
import sys
import time

from django.conf import settings

from inference.ml.predictions import Prediction, predictions_of
from inference.ml.runtime import multiplies_bf16
from tests.benchmarks.material import arguments, labelled, weights
from training.ml.compare_recipes import difference, measure
from training.ml.config import PRECISIONS, TrainingConfig
from training.ml.ensemble import fit_model
from training.ml.extraction import Pictures, recipe_trunk
from training.ml.material import gather
from training.ml.progress import Progress, Watch

FIGURES = ("emotion accuracy", "emotion macro F1", "AU macro F1")
#: precision -> for each seed, a prediction for each face.
Said = dict[str, list[list[Prediction]]]


def main() -> int:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[20, 21, 22])
    parser.add_argument("--recipe", default="default")
    given = parser.parse_args()
    if not multiplies_bf16():
        print("This processor has no bf16: there is nothing to compare.", file=sys.stderr)
        return 2
    samples, scored = labelled(given)
    said: Said = {}
    for precision in reversed(PRECISIONS):
        config = TrainingConfig.from_json({"recipe": given.recipe, "precision": precision})
        said[precision] = _read(config, samples, given.seeds)
    rough, exact = (measure(scored, said[precision]) for precision in PRECISIONS)
    print(f"\n{len(samples)} faces, seeds {given.seeds}, out of fold, 95 % intervals by subject")
    for name in (name for name in FIGURES if name in exact.point):
        ours, (gain, low, high) = rough.point[name], difference(rough, exact, name)
        print(f"{name:18} bf16 {ours:.4f}, fp32 {exact.point[name]:.4f}: "
              f"{gain:+.4f} [{low:+.4f}, {high:+.4f}]")  # fmt: skip
    print(_changed(said, "another precision, same seed", 0))
    if len(given.seeds) > 1:
        print(_changed(said, "fp32, another seed", 1))
    return 0


def _read(config: TrainingConfig, samples, seeds: list[int]) -> list[list[Prediction]]:
    computed = {}

    def note(progress: Progress) -> None:
        computed[progress.stage] = progress.total

    trunk, pictures = recipe_trunk(config, weights()), Pictures(samples, config)
    used = time.process_time()
    material = gather(config, pictures, trunk, settings.FEATURE_CACHE, Watch(note))
    used = time.process_time() - used
    looked = sum(computed.values())
    print(f"{trunk.precision}: features of {looked} pictures computed, {used:.0f} s of a processor"
          + (f", {1000 * used / looked:.0f} ms each" if looked else ""))  # fmt: skip
    read = []
    for seed in seeds:
        fitted = fit_model(dataclasses.replace(config, seed=seed), material, Watch())
        said = fitted.out_of_fold
        quality = material.plain.quality
        read.append(predictions_of(said.emotion, said.units, fitted.present, quality))
    return read


def _changed(said: Said, what: str, shift: int) -> str:
    """Count what one answers otherwise than the other: bf16 than fp32, or a seed than the next."""
    exact = said["fp32"]
    ours, theirs = (exact[shift:], exact[:-shift]) if shift else (said["bf16"], exact)
    told = []
    for one, other in zip(ours, theirs, strict=True):
        pairs = [*zip(one, other, strict=True)]
        emotions = sum(a.emotion != b.emotion for a, b in pairs)
        units = sum(a.au_present[au] != b.au_present[au] for a, b in pairs for au in a.au_present)
        told.append(f"{emotions} and {units}")
    return f"{what}: emotions and decisions on units that change: {'; '.join(told)}"


if __name__ == "__main__":
    sys.exit(main())
