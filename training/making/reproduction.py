"""A training done again from its snapshot, to see whether the same comes out.

Nothing is registered and no row is written: the artefact goes to a temporary folder.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.conf import settings

from facsweb.code_version import CodeVersion, code_version
from inference.ml.artifact import load_manifest
from inference.ml.precision import Precision
from inference.ml.runtime import multiplies_bf16
from inference.ml.trunk import trunk_weights
from training.making.prior import prior_weights
from training.making.samples import frozen_samples
from training.ml.config import TrainingConfig
from training.ml.dataset import Sample, dataset_sha256
from training.ml.extraction import TrunkFiles
from training.ml.metrics import SplitFigures
from training.ml.progress import Watch
from training.ml.train import TrainingResult, train
from training.models import TrainingRun

#: Figures are told by three decimals: those that differ by less are the same to a reader.
TOLERANCE = 0.0005


class NotReproducible(Exception):
    """The run can't be done again; the message says why."""


@dataclass(frozen=True)
class Repeated:
    """One figure, as it was and as it came out again; None where it is undefined."""

    name: str
    before: float | None
    after: float | None

    @property
    def agrees(self) -> bool:
        if self.before is None or self.after is None:
            return self.before is self.after
        return abs(self.before - self.after) <= TOLERANCE


@dataclass(frozen=True)
class Reproduction:
    """The outcome of training again.

    Attributes
    ----------
    figures
        Those that both trainings have, on the faces of the run's test figures.
    sha256
        The artefact's digest.
    differing
        What of the artefact isn't the same: [] where it is the very version that the run made.
    code_before, code_after
        The code of both.
    """

    figures: tuple[Repeated, ...]
    sha256: str
    differing: tuple[str, ...]
    code_before: CodeVersion
    code_after: CodeVersion

    @property
    def same_version(self) -> bool:
        return not self.differing

    @property
    def agrees(self) -> bool:
        return all(figure.agrees for figure in self.figures)

    @property
    def same_code(self) -> bool:
        return self.code_before.source_sha256 == self.code_after.source_sha256


def reproduce(run: TrainingRun, watch: Watch, *, fresh_features: bool = False) -> Reproduction:
    """Train again from a run's snapshot, by its settings and its seed, and compare.

    Parameters
    ----------
    run
        A training that succeeded.
    watch
        Hears how far it is.
    fresh_features
        Whether to have the trunk read every picture again, instead of taking kept features.

    Raises
    ------
    NotReproducible
        The run has no figures or no snapshot, or codings or pictures are gone or changed.
    WeightsUnavailable
        The trunk's weights aren't there.
    """
    if run.thresholds is not None:
        raise NotReproducible(
            f"{run} trained nothing: it gave {run.parent} other thresholds. Do that one’s training "
            "again."
        )
    figures = run.figures
    if figures is None or figures.test is None or run.version is None:
        raise NotReproducible(f"{run} made no model ({run.status}): there is nothing to compare.")
    samples = _samples(run)
    config = _config(run, Precision(run.version.manifest.get("precision", Precision.FP32)))
    weights = trunk_weights(config.trunk, settings.WEIGHTS_ROOT, settings.VGG16_WEIGHTS)
    with tempfile.TemporaryDirectory(prefix="reproduce-") as folder:
        cache = Path(folder) / "features" if fresh_features else settings.FEATURE_CACHE
        result: TrainingResult = train(
            config,
            samples,
            TrunkFiles(weights, cache, prior_weights(asked=config.asks_prior)),
            models_root=Path(folder) / "models",
            watch=watch,
        )
        manifest = load_manifest(result.artifact_dir).to_json()
    again = result.metrics.test
    return Reproduction(
        tuple(_repeated(figures.test, again)) if again else (),
        result.artifact_sha256,
        ()
        if result.artifact_sha256 == run.version.sha256
        else (tuple(_differing(run.version.manifest, manifest)) or ("its manifest's text",)),
        CodeVersion.from_json(run.code),
        code_version(),
    )


def _config(run: TrainingRun, learnt_in: Precision) -> TrainingConfig:
    """Return a run's settings, by which this processor computes in the numbers that it learnt in.

    Those were fp32 before there was a choice, and where the processor of the run left none.
    """
    config = TrainingConfig.from_json({"precision": learnt_in.value} | run.config)
    if multiplies_bf16():
        return replace(config, precision=learnt_in.value)
    if learnt_in is Precision.BF16:
        raise NotReproducible(
            f"{run} learnt from a trunk in bf16, which this processor doesn’t multiply by itself: "
            "do it again on one that does."
        )
    return config


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Name what differs between two manifests, and files beside them by their digests."""
    said = {
        "network_sha256": "the network",
        "readings_sha256": "the readings out of fold",
        "projection_sha256": "the projection for embeddings",
        "int8": "the trunk in int8, or its comparison",
    }
    for name in sorted(set(before) | set(after)):
        if before.get(name) != after.get(name):
            yield said.get(name, name)


def _samples(run: TrainingRun) -> list[Sample]:
    """Return what a run learnt from. Raises NotReproducible where that isn't there any more."""
    if run.snapshot is None:
        raise NotReproducible(
            f"{run} has no snapshot: it was done before facsweb kept what a training learns from."
        )
    gone = run.snapshot.faces - run.snapshot.members.count()
    if gone:
        raise NotReproducible(
            f"{gone} of the {run.snapshot.faces} faces that {run} learnt from are gone from the "
            "database, pictures or codings."
        )
    samples = frozen_samples(run.snapshot)
    lost, changed = _spoilt(samples)
    if lost or changed:
        raise NotReproducible(
            f"Of the {len(samples)} pictures that {run} learnt from, {lost} can't be read and "
            f"{changed} are changed."
        )
    if dataset_sha256(samples) != run.dataset_sha256:
        raise NotReproducible(
            f"What {run} learnt from reads otherwise today: subjects were renamed or merged, or "
            "the model's action units are others."
        )
    return samples


def _spoilt(samples: Sequence[Sample]) -> tuple[int, int]:
    """Count the pictures that can't be read, and those that aren't what they were."""
    lost = changed = 0
    for sample in samples:
        try:
            changed += hashlib.sha256(sample.path.read_bytes()).hexdigest() != sample.sha256
        except OSError:
            lost += 1
    return lost, changed


def _repeated(before: SplitFigures, after: SplitFigures) -> Iterator[Repeated]:
    yield Repeated("faces", before.faces, after.faces)
    if before.emotion and after.emotion:
        for name in ("accuracy", "balanced_accuracy", "macro_f1"):
            label = f"emotion {name.replace('_', ' ').replace('f1', 'F1')}"
            yield Repeated(label, getattr(before.emotion, name), getattr(after.emotion, name))
        for emotion, figures in before.emotion.per_class.items():
            now = after.emotion.per_class.get(emotion)
            yield Repeated(f"{emotion} F1", figures.f1, now.f1 if now else None)
    if before.action_units and after.action_units:
        units = before.action_units, after.action_units
        yield Repeated("AU macro F1", units[0].macro_f1, units[1].macro_f1)
        for number, unit in units[0].per_au.items():
            found = units[1].per_au.get(number)
            yield Repeated(f"AU{number} F1", unit.f1, found.f1 if found else None)
