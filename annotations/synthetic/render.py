"""Pictures drawn from a person, a pose and action units."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from annotations.synthetic import (
    backdrop,
    face_model,
    features,
    geometry,
    landmarks,
    muscles,
    shading,
)
from annotations.synthetic.backdrop import Surroundings
from annotations.synthetic.canvas import Array, Canvas, Colour
from annotations.synthetic.face_model import Identity
from annotations.synthetic.features import Eyes
from annotations.synthetic.geometry import HEIGHT, WIDTH, Pose
from annotations.synthetic.muscles import Action

_PARTING = {25, 26, 27}
_IRISES = ((-0.505, -0.018), (0.505, -0.018))


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist, as they look in every one of their pictures."""

    identity: Identity
    eyes: Eyes
    surroundings: Surroundings
    skin: float  # mean grey level of the face
    contrast: float  # grey levels per unit of texture
    folds: float  # how deeply the skin folds
    fold_variant: int
    expressiveness: float
    colours: dict[str, Colour]


@dataclass(frozen=True)
class Light:
    """The light's direction and strength, and what the camera makes of it."""

    side: float  # -1 (picture's left) to 1
    above: float
    strength: float  # contrast between lit and unlit skin
    exposure: float
    noise: float  # deviation in grey levels
    blur: float  # pixels


def sample_person(rng: np.random.Generator) -> Person:
    """Draw a person."""
    model = face_model.load()
    skin = float(np.clip(rng.normal(model.brightness[0], 20), 88, 172))
    return Person(
        identity=face_model.sample_identity(rng),
        eyes=Eyes(
            iris=float(rng.uniform(35, 95)),
            white=skin * float(rng.uniform(1.05, 1.25)),
            gaze=(float(rng.normal(0, 0.012)), float(rng.normal(0, 0.006))),
            share=0.85,
        ),
        surroundings=backdrop.sample_surroundings(rng),
        skin=skin,
        contrast=float(np.clip(rng.normal(model.contrast[0], 6), 26, 48)),
        folds=float(rng.uniform(0.55, 1.25)),
        fold_variant=int(rng.integers(shading.VARIANTS)),
        expressiveness=float(rng.uniform(0.75, 1.1)),
        colours=_sample_colours(rng),
    )


def _sample_colours(rng: np.random.Generator) -> dict[str, Colour]:
    """Draw multipliers of grey (red, green, blue), each of about unit luminance."""
    warmth = float(rng.uniform(0.7, 1.15))
    cloth = 1 + 0.2 * rng.normal(0, 1, 3).clip(-1.5, 1.5)
    cloth /= float(np.dot(cloth, [0.299, 0.587, 0.114]))
    return {
        "skin": (1 + 0.22 * warmth, 1 - 0.05 * warmth, 1 - 0.30 * warmth),
        "lips": (1 + 0.38 * warmth, 1 - 0.14 * warmth, 1 - 0.22 * warmth),
        "hair": (1.18, 0.97, 0.78),
        "clothes": (float(cloth[0]), float(cloth[1]), float(cloth[2])),
        "wall": (1.0, 1.0, 1.0 + float(rng.uniform(-0.08, 0.08))),
        "neutral": (1.04, 1.0, 0.94),
    }


def sample_pose(rng: np.random.Generator) -> Pose:
    """Draw a nearly frontal pose; 80 to 105 pixels between the eyes."""
    return Pose(
        roll=float(rng.normal(0, 0.035)),
        yaw=float(rng.normal(0, 0.06)),
        pitch=float(rng.normal(0, 0.04)),
        scale=float(np.clip(rng.normal(92, 5), 80, 105)),
        x=WIDTH / 2 + float(rng.normal(0, 16)),
        y=200 + float(rng.normal(0, 9)),
    )


def nudge(pose: Pose, rng: np.random.Generator) -> Pose:
    """Move a pose slightly, as the same head has moved a second later."""
    return replace(
        pose,
        roll=pose.roll + float(rng.normal(0, 0.012)),
        yaw=pose.yaw + float(rng.normal(0, 0.015)),
        pitch=pose.pitch + float(rng.normal(0, 0.015)),
        x=pose.x + float(rng.normal(0, 2.5)),
        y=pose.y + float(rng.normal(0, 2.5)),
    )


def sample_light(rng: np.random.Generator, *, hard: bool = False) -> Light:
    """Draw the light; hard light comes from the side, dim and noisy."""
    if hard:
        side = float(rng.choice([-1, 1])) * float(rng.uniform(0.8, 1.0))
        return Light(
            side,
            float(rng.uniform(-0.2, 0.3)),
            float(rng.uniform(0.62, 0.82)),
            float(rng.uniform(0.55, 0.80)),
            float(rng.uniform(5, 8)),
            float(rng.uniform(0.7, 1.1)),
        )
    return Light(
        float(rng.uniform(-0.8, 0.8)),
        float(rng.uniform(0.0, 0.6)),
        float(rng.uniform(0.08, 0.32)),
        float(rng.uniform(0.85, 1.15)),
        float(rng.uniform(2.0, 4.5)),
        float(rng.uniform(0.25, 0.7)),
    )


def render(
    person: Person,
    actions: tuple[Action, ...],
    pose: Pose,
    light: Light,
    rng: np.random.Generator,
    *,
    colour: bool = False,
) -> Image.Image:
    """Draw one 640 x 490 picture, grey ("L") or "RGB"."""
    shape = muscles.move(person.identity.shape, actions)
    points = pose.project(geometry.with_rings(shape))
    texture = shading.shade(person.identity.texture, actions, person.fold_variant, person.folds)
    face = person.skin + person.contrast * geometry.warp(texture, points)
    look = person.surroundings
    canvas = Canvas(backdrop.wall(look))
    if colour:
        tint = np.empty((HEIGHT, WIDTH, 3), np.float32)
        tint[:] = person.colours["wall"]
        canvas = Canvas(canvas.grey, tint)
    backdrop.paint_behind(canvas, pose, look, person.skin, person.colours)
    _paint_face(canvas, face, points, person.colours)
    _paint_openings(canvas, person, actions, points, pose)
    backdrop.paint_hair(canvas, pose, look, person.colours)
    return _photograph(canvas, pose, light, rng)


def _paint_face(canvas: Canvas, face: Array, points: Array, colours: dict[str, Colour]) -> None:
    oval = points[list(landmarks.FACE_OVAL)]
    middle = oval.mean(axis=0)
    mask = geometry.polygon(middle + 0.985 * (oval - middle), 6)
    canvas.lay(mask, face, colours["skin"])
    loop = [*landmarks.MOUTH_OUTER_UPPER, *landmarks.MOUTH_OUTER_LOWER[::-1]]
    lips = geometry.polygon(points[loop], 3)[..., None]
    canvas.dye(0.8 * lips, colours["lips"])


def _paint_openings(
    canvas: Canvas, person: Person, actions: tuple[Action, ...], points: Array, pose: Pose
) -> None:
    picture = canvas.grey
    centres = pose.project(np.array(_IRISES, np.float32) + _eye_offset(person.identity.shape))
    covered = features.paint_eyes(
        picture, points, (centres[0], centres[1]), pose.scale, person.eyes
    )
    if any(action.unit in _PARTING for action in actions):
        teeth = min(235.0, person.skin * 1.35 + 20)
        covered = np.maximum(covered, features.paint_mouth(picture, points, pose.scale, teeth))
    canvas.dye(covered[..., None], person.colours["neutral"])


def _eye_offset(shape: Array) -> Array:
    """Measure how far this person's eye centres lie from the mean face's, (2, 2)."""
    mean = face_model.load().shape_mean
    groups = ((33, 133), (263, 362))
    return np.stack([(shape[list(pair)] - mean[list(pair)]).mean(axis=0) for pair in groups])


def _photograph(canvas: Canvas, pose: Pose, light: Light, rng: np.random.Generator) -> Image.Image:
    """Light the scene, blur it slightly, add the sensor's noise."""
    tint = canvas.tint
    lit = canvas.grey * _light_field(pose, light) * light.exposure
    # Colour cameras expose a little brighter than the old grey tapes.
    channels = lit[..., None] if tint is None else 1.15 * lit[..., None] * tint
    channels = gaussian_filter(channels, (light.blur, light.blur, 0))
    noise = rng.standard_normal((HEIGHT, WIDTH, 1), dtype=np.float32)
    noise = 0.6 * noise + 0.8 * gaussian_filter(noise, (0.7, 0.7, 0)) * 2
    pixels = np.clip(channels + light.noise * 0.7 * noise, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels[..., 0] if tint is None else pixels)


def _light_field(pose: Pose, light: Light) -> Array:
    """Apply Lambert's law to an egg-shaped head, fading to a slope on the wall."""
    x, y = backdrop.pixel_grid()
    across = (x * WIDTH / 2 + WIDTH / 2 - pose.x) / (1.5 * pose.scale)
    down = (y * HEIGHT / 2 + HEIGHT / 2 - pose.y - 0.4 * pose.scale) / (2.2 * pose.scale)
    return 1 + light.strength * (np.tanh(across) * light.side * 1.2 - np.tanh(down) * light.above)
