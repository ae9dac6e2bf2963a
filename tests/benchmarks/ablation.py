"""What each part of the default recipe is worth: the recipe less, or with, one thing.

Every line is a paired difference to the default, out of fold and by subject, with a 95% bootstrap
interval over subjects; above 0 means that the change helps.

    python -m tests.benchmarks.ablation
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

import numpy as np
from sklearn.linear_model import LogisticRegression

from inference.ml.experts import Expert
from inference.ml.expression_prior import emotions_of
from inference.ml.references import compared_with
from tests.benchmarks.material import arguments, labelled, weights
from training.making.folders import with_medians
from training.making.prior import prior_weights
from training.ml.calibration import logit
from training.ml.compare_recipes import Measured, difference, measure
from training.ml.config import TrainingConfig
from training.ml.dataset import action_unit_targets, emotion_targets
from training.ml.ensemble import FittedModel, fit_model
from training.ml.extraction import Pictures, TrunkFiles, recipe_trunk
from training.ml.material import Material, gather
from training.ml.mixture_choice import cross_chosen, cross_fitted
from training.ml.probabilities import Outputs
from training.ml.progress import Watch
from training.ml.recipes import COMPARING

FIGURES = ("emotion accuracy", "emotion macro F1", "AU macro F1")


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="words of the lines to measure")
    given = parser.parse_args()
    samples, scored = labelled(given)
    material = _material(samples)
    quality = material.plain.quality

    def measured(outputs: Outputs, present: np.ndarray) -> Measured:
        from inference.ml.predictions import predictions_of

        return measure(scored, [predictions_of(outputs.emotion, outputs.units, present, quality)])

    config = TrainingConfig()
    base = _fit(config, material)
    ours = measured(base.out_of_fold, base.present)
    for mixture in filter(None, (base.mixture, base.mixture.compared)):
        print(f"{len(samples)} faces; mixture: emotions {mixture.emotion_weights}, "
              f"action units {mixture.unit_weights}")  # fmt: skip
    print(f"calibration error {base.calibration}")
    known = [name for name in FIGURES if name in ours.point]
    print(f"{'':44}" + "".join(f"{name:>27}" for name in known))
    _line("default", ours, None, known)
    variants = _mixtures(base, material) | _refits(config, material)
    for name, variant in variants.items():
        if given.only not in name:
            continue
        _line(name, measured(*variant()), ours, known)


def _material(samples) -> Material:
    from django.conf import settings

    config = TrainingConfig(prior="on")  # only the line with the prior uses what it says
    trunk = recipe_trunk(config, weights())
    pictures = Pictures(samples, config)
    silent = Watch(lambda progress: None, lambda: False)
    prior = TrunkFiles(weights(), settings.FEATURE_CACHE, prior_weights(asked=True)).prior_reader
    return gather(config, pictures, trunk, settings.FEATURE_CACHE, silent, prior)


def _fit(config: TrainingConfig, material: Material) -> FittedModel:
    return fit_model(config, material, Watch(lambda progress: None, lambda: False))


Variant = Callable[[], tuple[Outputs, np.ndarray]]


def _mixtures(base: FittedModel, material: Material) -> dict[str, Variant]:
    """Other mixtures of the same experts."""
    emotions = emotion_targets(material.samples)
    units = action_unit_targets(material.samples)

    every = base.experts.readings

    def of(names: Iterable[str], **others: Outputs) -> Variant:
        readings = {name: every[name] for name in names} | others
        experts = dataclasses.replace(base.experts, readings=readings)
        folds = base.fold_of
        return lambda: cross_fitted(experts, cross_chosen(experts, emotions, units, folds), folds)

    def without(*names: str) -> Variant:
        return of([name for name in every if name not in names])

    return {
        "without neutral frames": without(*COMPARING),
        "without the change of appearance": without(Expert.APPEARANCE_CHANGE),
        "without the change of landmarks": without(Expert.LANDMARKS_CHANGE),
        "without the dense heads": without(Expert.DENSE),
        "without the landmarks' own expert": without(Expert.LANDMARKS),
        "with AU-emotion consistency as an expert": of(
            every, consistent=_consistent(base, emotions, units)
        ),
    }


def _consistent(base: FittedModel, emotions: np.ndarray, units: np.ndarray) -> Outputs:
    """The emotion that the action units speak for, and the units that go with that emotion, both
    learned from the other folds."""
    result = Outputs.empty(len(emotions))
    z = logit(base.out_of_fold.units)
    for fold in np.unique(base.fold_of):
        inside, others = base.fold_of == fold, base.fold_of != fold
        coded = others & (emotions >= 0)
        fitted = LogisticRegression(C=0.1, class_weight="balanced", max_iter=500)
        result.emotion[inside] = fitted.fit(z[coded], emotions[coded]).predict_proba(z[inside])
        rates = np.stack([
            [(units[coded & (emotions == e), u] == 1).mean() for u in range(units.shape[1])]
            for e in range(3)
        ])  # fmt: skip
        result.units[inside] = base.out_of_fold.emotion[inside] @ np.clip(rates, 0.01, 0.99)
    return result


def _with_medians(material: Material) -> Material:
    """The same faces, none of which has a neutral frame."""
    bare = [dataclasses.replace(sample, reference=None) for sample in material.samples]
    samples = with_medians(bare)
    row_of = {sample.sha256: row for row, sample in enumerate(samples)}
    plain = compared_with(
        material.plain,
        [sample.reference for sample in samples],
        lambda pictures: material.plain[[row_of[picture.sha256] for picture in pictures]],
    )
    return dataclasses.replace(material, samples=samples, plain=plain)


def _refits(config: TrainingConfig, material: Material) -> dict[str, Variant]:
    def refit(material: Material = material, **changes) -> Variant:
        def run():
            fitted = _fit(dataclasses.replace(config, **changes), material)
            return fitted.out_of_fold, fitted.present

        return run

    def zero_shot():
        said = Outputs(
            emotions_of(material.plain.prior), Outputs.empty(len(material.samples)).units
        )
        return said, np.zeros_like(said.units, dtype=bool)

    bare = dataclasses.replace(material, copies=material.copies[:0])
    return {
        "with the expression prior as an expert": refit(prior="on"),
        "the expression prior alone, zero-shot": zero_shot,
        "subjects' medians for neutral frames": refit(_with_medians(material)),
        "without augmented copies": refit(bare, augmented_copies=0),
        "without label smoothing": refit(label_smoothing=0.0),
        "without weights for rare action units": refit(max_positive_weight=1.0),
    }


def _line(name: str, measured: Measured, ours: Measured | None, figures: list[str]) -> None:
    cells = []
    for figure in figures:
        if ours is None:
            low, high = measured.interval(figure)
            cells.append(f"{measured.point[figure]:.3f} [{low:.3f}, {high:.3f}]")
        else:
            cells.append("{:+.3f} [{:+.3f}, {:+.3f}]".format(*difference(measured, ours, figure)))
    print(f"{name:46}" + "".join(f"{cell:>27}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
