"""Maps of where in a picture the evidence for one answer lay: Grad-CAM on the trunk's taps.

Selvaraju et al. (2017), "Grad-CAM", with two changes. Element by element (HiResCAM, Draelos &
Carin 2020): averaging gradients over the map holds for heads that pool all of it; ours keep a
4 x 4 layout, so the average would put evidence where the heads don't see it. And integrated along
the way from no activation at all (Integrated Grad-CAM, Sattarzadeh et al. 2021): where the model
is sure, its answer is saturated, and the gradient at the picture itself says nothing.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from inference.ml.experts import Expert, mixture_weights
from inference.ml.features import Features
from inference.ml.gradients import answers_and_gradient
from inference.ml.graphs import TRUNK
from inference.ml.predictions import TARGETS
from inference.ml.predictor import Predictor
from inference.ml.preprocessing import load_face, middle_corners, normalise, prepare
from inference.ml.references import Reference
from inference.ml.tapped_maps import tapped_maps

_TINY = 1e-6
_STEPS = 8  # of the integral
_LONGEST_SIDE = 1024  # of a map: a larger one would show no more
#: Heat from little to much; its opacity grows with it, so hue is not all that tells.
_LITTLE, _MUCH = np.array([255.0, 226.0, 90.0]), np.array([214.0, 24.0, 28.0])


@dataclass(frozen=True)
class Explanation:
    """A map of the evidence for one answer about a picture, and what a caption says of it.

    Attributes
    ----------
    heat
        (h, w) of the upright picture, its longest side 1024 at most, 0 to 1; all 0 where nothing
        in the taps speaks for the answer.
    probability
        The final model's probability of the answer, 0 to 1.
    landmark_weight
        Share of the mixture that reads landmarks only, and so isn't in the map; None where the
        model is no mixture.
    found_face
        False: the model read the middle of the picture.
    prior_weight
        Share of the mixture that asks the expression prior, and isn't in the map either; None where
        the model asks none.
    """

    heat: NDArray[np.float64]
    probability: float
    landmark_weight: float | None
    found_face: bool
    prior_weight: float | None = None

    def png(self) -> bytes:
        """Draw the heat as a PNG to lay over the picture; the colours' opacity is the heat."""
        colours = _LITTLE + self.heat[..., None] * (_MUCH - _LITTLE)
        pixels = np.concatenate([colours, 255 * self.heat[..., None]], axis=2)
        buffer = io.BytesIO()
        Image.fromarray(pixels.round().astype(np.uint8), "RGBA").save(buffer, "PNG")
        return buffer.getvalue()


def explain(
    predictor: Predictor, source: Path | bytes, target: str, reference: Reference | None = None
) -> Explanation:
    """Explain one answer about a picture, as the final model reads it.

    Parameters
    ----------
    predictor
        The model.
    source
        A picture's path or bytes.
    target
        One of `predictions.TARGETS`, such as "emotion:positive" or "au:12".
    reference
        What the face is compared with, by a model that compares; None for nothing.

    Returns
    -------
    Explanation
        Its heat lies over the picture, and is at most 1.

    Raises
    ------
    ValueError
        The target is none of these.
    """
    head, index = _output(target)
    picture = load_face(source)
    manifest = predictor.manifest
    face = prepare(picture, manifest.input_size, manifest.framing)
    features = predictor.features([source], references=[reference])
    weights = _weights(predictor, features, head)
    maps, probability = _contributions(predictor, face.crop, features, head, index)
    size = face.crop.shape[0]
    heat = np.maximum(sum(_enlarged(each, size) for each in maps), 0)
    height, width = picture.shape[:2]
    corners = face.detection.corners if face.detection else middle_corners(height, width)
    scale = min(1.0, _LONGEST_SIDE / max(height, width))
    placed = _placed(heat, corners * scale, (round(width * scale), round(height * scale)))
    peak = placed.max()
    return Explanation(
        placed / peak if peak > 0 else placed,
        probability,
        _landmark_weight(weights),
        face.detection is not None,
        weights.get(Expert.PRIOR),
    )


def _weights(predictor: Predictor, features: Features, head: str) -> dict[str, float]:
    compared = features.references is not None and bool(features.references.compared[0, 0])
    return mixture_weights(predictor.manifest.extra, head, compared=compared)


def _landmark_weight(weights: Mapping[str, float]) -> float | None:
    told = [
        weights[name] for name in (Expert.LANDMARKS, Expert.LANDMARKS_CHANGE) if name in weights
    ]
    return sum(told) if told else None


def _output(target: str) -> tuple[str, int]:
    if target not in TARGETS:
        raise ValueError(f"{target!r} is not one of {', '.join(TARGETS)}")
    kind, _, name = target.partition(":")
    if kind == "emotion":
        return "emotion", EMOTIONS.index(name)
    return "action_units", MODEL_ACTION_UNITS.index(int(name))


def _contributions(
    predictor: Predictor,
    crop: NDArray[np.uint8],
    features: Features,
    head: str,
    index: int,
) -> tuple[list[NDArray[np.float64]], float]:
    """Map what each place adds to the answer's logit, (h, w) for each tap.

    The answer's probability is returned with the maps. The trunk is asked in fp32, whatever the
    model reads faces in.
    """
    taps = tapped_maps(predictor.graphs.path(TRUNK), normalise(crop[None]))
    pooled = np.concatenate([tap.pooled().ravel() for tap in taps])
    shares = np.linspace(1 / _STEPS, 1.0, _STEPS)
    inputs = {
        name: np.repeat(values, _STEPS, axis=0)
        for name, values in features.inputs_of(predictor.heads).items()
    } | {"appearance": shares[:, None] * pooled}

    def logits(told: dict[str, NDArray[np.float64]]) -> tuple[str, NDArray[np.float64]]:
        p = np.clip(told[head][:, index], _TINY, 1 - _TINY)
        gradient = np.zeros_like(told[head])
        gradient[:, index] = np.where(p == told[head][:, index], 1 / (p * (1 - p)), 0)
        return head, gradient

    told, gradient = answers_and_gradient(predictor.heads.graph, inputs, logits, "appearance")
    means = np.split(gradient.mean(axis=0), np.cumsum([tap.columns for tap in taps])[:-1])
    maps = [tap.contributions(mean) for tap, mean in zip(taps, means, strict=True)]
    return maps, float(told[head][-1, index])


def _enlarged(contributions: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Enlarge a map to (size, size) and keep its sum, so that taps of other sizes can be added."""
    small = Image.fromarray(contributions.astype(np.float32))
    large = np.asarray(small.resize((size, size), Image.Resampling.BICUBIC), dtype=np.float64)
    return large * contributions.size / size**2


def _placed(
    heat: NDArray[np.float64], corners: NDArray[np.float32], size: tuple[int, int]
) -> NDArray[np.float64]:
    """Place a map of the crop (n, n) where the crop lies in a picture of (width, height)."""
    upper_left, upper_right, _, lower_left = np.asarray(corners, dtype=np.float64)
    sides = np.stack([upper_right - upper_left, lower_left - upper_left], axis=1)
    inverse = np.linalg.inv(sides) * heat.shape[0]
    shift = -inverse @ upper_left
    # PIL asks where in the crop each pixel of the picture comes from.
    affine = (*inverse[0], shift[0], *inverse[1], shift[1])
    placed = Image.fromarray(heat.astype(np.float32)).transform(
        size, Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR
    )
    return np.asarray(placed, dtype=np.float64)
