"""The numbers in which a model's trunk is asked, and the comparison that allows int8.

Of a trunk in int8 a manifest keeps the ranges of its activations alone: the rest follows from the
trunk (`inference.ml.quantise`), so there is no file of its own that could be lost, or be another's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

#: The least and the largest that goes into a convolution.
Range = tuple[float, float]

#: int8 may lose less than this of macro F1 in either head: half a point. It is the margin of a test
#: for non-inferiority (Piaggio et al. 2012, "Reporting of noninferiority and equivalence randomized
#: trials", JAMA 308): the whole 95 % interval of the paired difference has to lie above -MARGIN.
MARGIN = 0.005
#: Subjects that a comparison needs: by fewer, intervals are narrower than they say (docs/model.md).
FEWEST_SUBJECTS = 20
#: What is judged, and what it is called.
JUDGED = {"emotion_macro_f1": "emotion macro F1", "au_macro_f1": "AU macro F1"}

#: Raised when `quantise` makes another trunk of the same ranges; cached features are keyed by it.
_QUANTISER_VERSION = 1


class Precision(StrEnum):
    """The numbers in which a trunk is computed.

    bf16 has fp32's range and eight bits of its mantissa: products are rounded, sums are not.
    """

    FP32 = "fp32"
    BF16 = "bf16"
    INT8 = "int8"


def in_fp32(trunk_fingerprint: str) -> str:
    """Return the fingerprint of the same trunk in fp32 (`inference.ml.trunk.fingerprint`).

    Examples
    --------
    >>> in_fp32("0123456789abcdef-bf16"), in_fp32("0123456789abcdef")
    ('0123456789abcdef', '0123456789abcdef')
    """
    return trunk_fingerprint.removesuffix(f"-{Precision.BF16}")


@dataclass(frozen=True)
class Difference:
    """A figure by int8 and by the numbers a model learnt in, on the same faces; their difference.

    `low` and `high` are the difference's 95 % interval. None is undefined.
    """

    learnt: float | None = None
    int8: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Comparison:
    """Readings in int8 beside those in the numbers learnt in, by what never saw their subjects.

    Attributes
    ----------
    faces, subjects
        How many were compared.
    figures
        "emotion_accuracy", "emotion_macro_f1" and "au_macro_f1".
    emotions_changed, units_changed
        Faces that get another emotion, and units of faces that are called otherwise.
    furthest
        The largest difference of a probability.
    learnt_in
        The numbers in which the model learnt, and that int8 is held against.
    """

    faces: int
    subjects: int
    figures: Mapping[str, Difference]
    emotions_changed: int
    units_changed: int
    furthest: float
    learnt_in: str = Precision.FP32

    @property
    def lost(self) -> list[str]:
        """The judged figures of which int8 may lose `MARGIN` or more."""
        return [name for name in self._measured if not self._holds(self.figures[name])]

    @property
    def allows_int8(self) -> bool:
        """Whether enough subjects show that int8 loses less than `MARGIN` in either head.

        A head of which nothing is coded has no figure, and nothing to lose.
        """
        return self.subjects >= FEWEST_SUBJECTS and bool(self._measured) and not self.lost

    @property
    def _measured(self) -> list[str]:
        return [name for name in JUDGED if self.figures[name].difference is not None]

    @staticmethod
    def _holds(figure: Difference) -> bool:
        return figure.low is not None and figure.low > -MARGIN


@dataclass(frozen=True)
class Int8:
    """A trunk in int8, as a manifest describes it.

    Attributes
    ----------
    ranges
        From `quantise.ranges_of`.
    calibrated_on
        How many training faces they were taken from.
    probe
        Some of what it says of noise, where it was compared (`quantise.probe`).
    comparison
        With what it learnt in; None where that holds no longer, as the thresholds are others.
    is_default
        Whether the model is asked in int8.
    """

    ranges: tuple[Range, ...]
    calibrated_on: int
    probe: tuple[float, ...]
    comparison: Comparison | None = None
    is_default: bool = False

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Int8 | None:
        """Read what a manifest says; None where it says nothing, as those of before."""
        if not content:
            return None
        told = content["comparison"]
        figures = (
            {name: _difference(each) for name, each in told["figures"].items()} if told else {}
        )
        return cls(
            tuple((low, high) for low, high in content["ranges"]),
            content["calibrated_on"],
            tuple(content["probe"]),
            Comparison(**(told | {"figures": figures})) if told else None,
            content["is_default"],
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain dicts, lists and numbers."""
        return asdict(self)

    def features_key(self, trunk_fingerprint: str) -> str:
        """Return under what its features are kept: a digest of all that they depend on."""
        parts = (trunk_fingerprint, self.ranges, _QUANTISER_VERSION)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _difference(told: Mapping[str, Any]) -> Difference:
    """Read a figure; manifests of before call what a model learnt in fp32, as all did."""
    return Difference(**{"learnt" if name == "fp32" else name: told[name] for name in told})
