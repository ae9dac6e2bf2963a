"""The trunk in int8, and whether the model reads as well by it: compared within each training.

Faces are read by what never learnt from their subjects: those of the test by the final model, as it
will be asked, all others by what read their fold. Only the trunk differs between the readings that
are compared. Heads, mixtures and thresholds are those that were fitted on the numbers learnt in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from annotations.measures.bootstrap import Estimate, estimate
from inference.ml.conversion import converted
from inference.ml.extractor import FeatureExtractor
from inference.ml.feature_cache import FeatureCache
from inference.ml.features import Features
from inference.ml.precision import Comparison, Difference, Int8, Precision
from inference.ml.preprocessing import normalise
from inference.ml.quantise import probe, quantised, ranges_of
from inference.ml.runtime import Light
from inference.ml.trunk import tap_widths
from training.ml.by_fold import read_by_fold
from training.ml.config import TrainingConfig
from training.ml.dataset import Sample
from training.ml.ensemble import FittedModel
from training.ml.extraction import Pictures, RecipeTrunk
from training.ml.material import Material, beside_references
from training.ml.paired import OVERALL, Readings, resampled, tables_of
from training.ml.probabilities import Outputs, outputs_of
from training.ml.progress import Watch
from training.ml.small_algebra import small_algebra

#: Faces from which the ranges of activations are taken; docs/performance.md has what fewer give.
CALIBRATED_ON = 48
STAGE = "int8"


@dataclass(frozen=True)
class Read:
    """Calibrated probabilities of n faces, and decisions (n, 15)."""

    said: Outputs
    present: NDArray[np.bool_]


@dataclass(frozen=True)
class Trained:
    """A training whose heads are fitted.

    Attributes
    ----------
    pictures, material
        Of n faces.
    held_out
        (n,) the faces of the test.
    exact
        Its readings, in the numbers that it learnt in.
    """

    config: TrainingConfig
    trunk: RecipeTrunk
    pictures: Pictures
    material: Material
    fitted: FittedModel
    held_out: NDArray[np.bool_]
    exact: Read


def check_int8(trained: Trained, cache_dir: Path, watch: Watch) -> Int8:
    """Make the trunk in int8, read every face by it, and compare.

    Parameters
    ----------
    trained
        The training.
    cache_dir
        Where features are kept. Whoever asks the model in int8 finds them there.
    watch
        Hears how far it is, and is asked whether to stop.
    """
    watch(STAGE, 0, len(trained.held_out))
    material, trunk = trained.material, trained.trunk
    graph = converted(trunk.model)
    rows = calibration_rows(material.samples, np.flatnonzero(~trained.held_out))
    crops = [normalise(trained.pictures.prepared(row).crop[None]) for row in rows]
    ranges = ranges_of(graph, crops, trunk.precision)
    light = Light(quantised(graph, ranges), crops[0].shape[1:], tap_widths(trunk.model))
    int8 = Int8(tuple(ranges), len(rows), probe(light, crops[0].shape[1]))
    cache = FeatureCache(cache_dir, int8.features_key(trunk.fingerprint))
    rough = _read(trained, _features(trained, light, cache, watch))
    comparison = compared(material, trained.exact, rough, trunk.precision)
    return replace(int8, comparison=comparison, is_default=comparison.allows_int8)


def calibration_rows(samples: Sequence[Sample], known: NDArray[np.int64]) -> list[int]:
    """Choose the faces that ranges are taken from: those of as many subjects as can be.

    The same faces give the same, whatever the seed: trainings of the same data have the same trunk
    in int8, and features that are kept of one serve the next.

    Parameters
    ----------
    samples
        n faces.
    known
        Which of them may be chosen, at least one.
    """

    def drawn(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    turn: dict[str, int] = {}
    order = []
    for row in sorted(known.tolist(), key=lambda row: drawn(samples[row].sha256)):
        subject = samples[row].subject
        turn[subject] = turn.get(subject, 0) + 1
        order.append((turn[subject], drawn(subject), row))
    return [row for _, _, row in sorted(order)[:CALIBRATED_ON]]


def _features(trained: Trained, light: Light, cache: FeatureCache, watch: Watch) -> Features:
    """Return the features of all faces, and of what they are compared with, by a trunk in int8."""
    extractor, faces = FeatureExtractor(lambda: light, [*light.widths], cache), 0

    def tell(done: int, total: int) -> None:
        watch(STAGE, faces + done, faces + total)

    keys = [sample.sha256 for sample in trained.pictures.samples]
    plain = extractor.features(keys, trained.pictures.prepared, tell)
    faces = len(plain)
    plain = replace(plain, prior=trained.material.plain.prior)
    return beside_references(trained.config, trained.pictures, plain, extractor, tell)


def _read(trained: Trained, features: Features) -> Read:
    """Read the test's faces by the final model, all others by what read their fold."""
    fitted, held_out = trained.fitted, trained.held_out
    said = Outputs.empty(len(held_out))
    present = np.zeros_like(said.units, dtype=bool)
    known, unknown = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    with small_algebra(len(known)):
        part, present[known] = read_by_fold(fitted.by_fold, features[known])
    said.put(known, part)
    if len(unknown):
        part = outputs_of(fitted.heads, features[unknown])
        said.put(unknown, part)
        present[unknown] = fitted.mixture.present(part.units)
    return Read(said, present)


def compared(
    material: Material, exact: Read, rough: Read, learnt_in: Precision = Precision.FP32
) -> Comparison:
    """Compare two readings of the same faces, by resamples of their subjects.

    Parameters
    ----------
    material
        n faces.
    exact, rough
        In the numbers learnt in, and in int8.
    learnt_in
        Which those are.
    """
    subjects = np.unique(material.subjects, return_inverse=True)[1]
    both = (exact, rough)
    readings = Readings(
        np.arange(len(subjects)),
        subjects,
        {},
        material.emotions,
        np.stack([each.said.emotion.argmax(axis=1) for each in both]),
        material.units.astype(np.int64),
        np.stack([each.present for each in both]).astype(np.int64),
    )
    figures, _ = resampled(tables_of(readings), [])
    count = int(subjects.max()) + 1
    return Comparison(
        len(subjects),
        count,
        {name: _difference(figures[:, :, at], count) for at, name in enumerate(OVERALL)},
        int((readings.emotion[0] != readings.emotion[1]).sum()),
        int((exact.present != rough.present).sum()),
        max(
            float(np.abs(getattr(exact.said, head) - getattr(rough.said, head)).max())
            for head in ("emotion", "units")
        ),
        learnt_in,
    )


def _difference(values: NDArray[np.float64], subjects: int) -> Difference:
    """Return a figure (1 + r, 2) of both, and of the difference."""
    found: Estimate = estimate(values[:, 1] - values[:, 0], subjects)
    told = (*values[0], found.value, found.low, found.high)
    return Difference(*(None if np.isnan(each) else float(each) for each in told))
