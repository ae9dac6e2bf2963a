"""Features of samples and of their augmented copies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from inference.ml.conversion import light_trunk
from inference.ml.extractor import FeatureExtractor
from inference.ml.feature_cache import FeatureCache
from inference.ml.features import Features
from inference.ml.precision import Precision
from inference.ml.preprocessing import PreparedFace, load_face, prepare
from inference.ml.prior_reader import PriorReader
from inference.ml.references import Picture
from inference.ml.runtime import Light, multiplies_bf16
from inference.ml.trunk import build_trunk, fingerprint, tap_names, tap_widths
from training.ml.augment import AUGMENTATION, augment_face
from training.ml.config import ConfigError, TrainingConfig
from training.ml.dataset import Sample
from training.ml.progress import Watch
from training.ml.recipes import RECIPES, taps_of_every_recipe


@dataclass(frozen=True)
class RecipeTrunk:
    """A recipe's frozen trunk.

    Attributes
    ----------
    model
        The Keras model, from `inference.ml.trunk.build_trunk`.
    weights
        The file of its weights.
    fingerprint
        Digest of all that a tap depends on besides the picture.
    precision
        The numbers in which faces are read by it.
    first_tap
        The number of columns of its first tap.
    """

    model: Any
    weights: Path
    fingerprint: str
    first_tap: int
    precision: Precision = Precision.FP32


@dataclass(frozen=True)
class TrunkFiles:
    """A trunk's weights, the folder in which its features are kept, and the prior's weights.

    `prior` is None where they aren't there: only a recipe that asks the prior needs them.
    """

    weights: Path
    cache_dir: Path
    prior: Path | None = None

    @property
    def prior_reader(self) -> PriorReader | None:
        """Reads faces by the expression prior; None where its weights aren't there."""
        return PriorReader.of_weights(self.prior, self.cache_dir) if self.prior else None


def recipe_trunk(config: TrainingConfig, weights: Path) -> RecipeTrunk:
    """Build a recipe's frozen trunk.

    Parameters
    ----------
    config
        Names the recipe, the trunk, the size of its input and the numbers it is computed in.
    weights
        The file of its weights, from `inference.ml.trunk.trunk_weights`.
    """
    wanted = Precision(config.precision)
    precision = wanted if wanted is Precision.FP32 or multiplies_bf16() else Precision.FP32
    model = build_trunk(config.trunk, weights, config.input_size, RECIPES[config.recipe].taps)
    digest = fingerprint(config.trunk, weights, config.input_size, config.framing, precision)
    first_tap = next(iter(tap_widths(model).values()))
    return RecipeTrunk(model, weights, digest, first_tap, precision)


def extractor_for(
    config: TrainingConfig, trunk: RecipeTrunk, cache_dir: Path, prior: PriorReader | None = None
) -> FeatureExtractor:
    """Return what computes a recipe's features, and keeps the taps of every other beside them.

    A picture's way through the trunk takes a tenth of a second, what another recipe taps of it
    nothing.

    Parameters
    ----------
    config
        Names the recipe, the trunk and the size of its input.
    trunk
        The recipe's trunk. Where features are missing another is built and turned into the light
        runtime's, in which a model is asked, too: it learns from the numbers that it will be given.
    cache_dir
        Where features are kept.
    prior
        Reads the faces too, where it is there: as an expert, or as the yardstick.

    Raises
    ------
    ConfigError
        It does, and there is none.
    """
    if config.asks_prior and prior is None:
        raise ConfigError("prior is on, but its weights aren't here: make weights.", "prior")

    def load() -> Light:
        taps = taps_of_every_recipe()
        model = build_trunk(config.trunk, trunk.weights, config.input_size, taps)
        return light_trunk(model, trunk.precision)

    return FeatureExtractor(
        load,
        tap_names(RECIPES[config.recipe].taps),
        FeatureCache(cache_dir, trunk.fingerprint),
        prior,
    )


class Pictures:
    """Prepared faces of samples, and of what they are compared with.

    The latest are kept, since every augmented copy, every recipe, and the trunk in int8 start from
    the same crop (150 kB).
    """

    def __init__(self, samples: Sequence[Sample], config: TrainingConfig) -> None:
        self.samples = samples
        self.size, self.framing = config.input_size, config.framing
        self.prepared_of = lru_cache(maxsize=2048)(self._prepare)

    def prepared(self, index: int) -> PreparedFace:
        """Return the face of a sample by its place."""
        return self.prepared_of(self.samples[index].path)

    def _prepare(self, source: Path | bytes) -> PreparedFace:
        return prepare(load_face(source), self.size, self.framing)


def extract(
    config: TrainingConfig, pictures: Pictures, extractor: FeatureExtractor, watch: Watch
) -> tuple[Features, Features]:
    """Compute the features of samples and of their augmented copies.

    Parameters
    ----------
    config
        Says how many copies there are: c.
    pictures
        n samples.
    extractor
        The extractor of the recipe's trunk.
    watch
        Hears how far it is.

    Returns
    -------
    tuple of Features
        Those of the n samples, and of all their copies (c * n), copy by copy.
    """
    samples = pictures.samples
    plain = extractor.features(
        [sample.sha256 for sample in samples],
        pictures.prepared,
        lambda done, total: watch("features", done, total),
    )
    seeds = [
        f"{sample.sha256}-{copy}"
        for copy in range(1, config.augmented_copies + 1)
        for sample in samples
    ]
    if not seeds:
        return plain, plain[:0]
    if not config.asks_prior:  # the yardstick is held against the pictures themselves
        extractor = extractor.without_prior()
    copies = extractor.features(
        [f"{seed}-{AUGMENTATION}" for seed in seeds],
        lambda k: augment_face(pictures.prepared(k % len(samples)), seeds[k]),
        lambda done, total: watch("augmented features", done, total),
    )
    return plain, copies


def read_references(
    pictures: Pictures,
    others: Sequence[Picture],
    extractor: FeatureExtractor,
    progress: Callable[[int, int], None],
) -> Features:
    """Compute the features of pictures that faces are compared with.

    Parameters
    ----------
    pictures
        Prepares them.
    others
        n of them, at least one.
    extractor
        As `extract` takes it.
    progress
        Called with how many are computed, and how many are to be computed.
    """
    return extractor.features(
        [other.sha256 for other in others],
        lambda index: pictures.prepared_of(others[index].source),
        progress,
    )
