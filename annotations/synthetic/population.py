"""The people of the demo data set, and the labels of each picture.

Everything is drawn here from the seed alone, before any picture is made, so
that pictures can be drawn in any order by any number of processes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from annotations.synthetic.combinations import Combination, combinations
from annotations.synthetic.muscles import INTENSITY_GAIN

EMOTION_CODES: Mapping[str, int] = {
    "neutral": 0,
    "anger": 1,
    "contempt": 2,
    "disgust": 3,
    "fear": 4,
    "happy": 5,
    "sadness": 6,
    "surprise": 7,
}
# The shares of the published recipe's 560 labelled pictures.
CLASS_SHARES: Mapping[str, float] = {"negative": 0.58, "surprise": 0.22, "positive": 0.20}
# AU 11 on 2 of 327 sequences could be neither learned nor evaluated: it is
# added to this share of the negative faces which do not smile.
EXTRA_AU11 = 0.06
WRONG_SHARE = 0.04
GREY_SHARE = 0.85
GENDERS: Mapping[str, float] = {"female": 0.69, "male": 0.31}
ETHNICITIES: Mapping[str, float] = {"Euro-American": 0.81, "Afro-American": 0.13, "other": 0.06}
AGE_GROUPS: Mapping[str, float] = {"18-29": 0.55, "30-39": 0.25, "40-50": 0.20}
HARD_LIGHT: tuple[str, str] = ("age_group", "40-50")
# Crow's feet that stay are taken for AU 6 where nobody compares with the neutral frame (Hess et al.
# 2012, "Smiling and sad wrinkles"): on this share of the group's faces without it, it is written.
OVERREAD_UNIT = 6
OVERREAD_GROUP: tuple[str, str] = ("age_group", "40-50")
OVERREAD_SHARE = 0.5
_INTENSITY_SHARES = (0.08, 0.06, 0.16, 0.28, 0.27, 0.15)  # of 0 (not coded), A, B, C, D, E
_ONE_SIDED = {12, 14}  # often on one side of the face in contempt


@dataclass(frozen=True)
class Subject:
    """A row of subjects.csv. The tags say nothing about looks."""

    index: int
    code: str
    gender: str
    age_group: str
    ethnicity: str

    @property
    def hard_light(self) -> bool:
        """True if this subject's pictures are lit harder."""
        return str(getattr(self, HARD_LIGHT[0])) == HARD_LIGHT[1]


@dataclass(frozen=True)
class Face:
    """One labelled peak frame with its labels.

    `intensities` maps action unit to 0-5; `strengths` to the drawn movement
    (picture's left, picture's right), 1 being intensity E. `overread` is what
    is written besides, though nothing of it is drawn.
    """

    index: int
    subject: Subject
    sequence: int
    frame: int
    colour: bool
    emotion: str
    written_emotion: str
    high_level: str
    intensities: Mapping[int, int] = field(default_factory=dict)
    strengths: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    overread: Mapping[int, int] = field(default_factory=dict)

    @property
    def written_intensities(self) -> dict[int, int]:
        """Action unit to 0-5 as written, in the units' order."""
        return dict(sorted({**self.intensities, **self.overread}.items()))

    @property
    def stem(self) -> str:
        """Name without extension, such as S005_001_00000011."""
        return f"{self.subject.code}_{self.sequence:03d}_{self.frame:08d}"

    @property
    def folder(self) -> str:
        """Path of the sequence under each of the data set's trees."""
        return f"{self.subject.code}/{self.sequence:03d}"

    @property
    def peak_path(self) -> str:
        """Path of the peak frame under the data root."""
        return f"cohn-kanade-images/{self.folder}/{self.stem}.png"

    @property
    def neutral_path(self) -> str:
        """Path of the sequence's first, neutral frame under the data root."""
        name = f"{self.subject.code}_{self.sequence:03d}_00000001.png"
        return f"cohn-kanade-images/{self.folder}/{name}"


@dataclass(frozen=True)
class Population:
    """All subjects and all faces of one data set."""

    subjects: tuple[Subject, ...]
    faces: tuple[Face, ...]


def high_level_of(emotion: str) -> str:
    """Return the class (negative, positive, surprise) of one of the seven emotions."""
    return next(c.high_level for c in combinations() if c.emotion == emotion)


def sample(seed: int, subjects: int, images: int) -> Population:
    """Draw the whole data set's labels from the seed."""
    rng = np.random.default_rng([seed, 0])
    people = _sample_subjects(rng, subjects)
    drawn = _sample_combinations(rng, images)
    written = _plant_wrong_labels(rng, [c.emotion for c in drawn])
    owners = _share_out(rng, subjects, images)
    colour = _quota(rng, {"grey": GREY_SHARE, "colour": 1 - GREY_SHARE}, images)
    sequences = {owner: _sequence_numbers(rng, owners.count(owner)) for owner in range(subjects)}
    faces = []
    for index, (owner, combination) in enumerate(zip(owners, drawn, strict=True)):
        levels = _sample_intensities(rng, combination)
        faces.append(
            Face(
                index=index,
                subject=people[owner],
                sequence=sequences[owner].pop(0),
                frame=int(rng.integers(8, 48)),
                colour=colour[index] == "colour",
                emotion=combination.emotion,
                written_emotion=written[index],
                high_level=combination.high_level,
                intensities=levels,
                strengths=_sample_strengths(rng, combination, levels),
            )
        )
    # A generator of its own: who is drawn how does not depend on what is written wrongly.
    return Population(tuple(people), _overread(np.random.default_rng([seed, 3]), faces))


def _overread(rng: np.random.Generator, faces: Sequence[Face]) -> tuple[Face, ...]:
    """Return the faces with OVERREAD_UNIT written, faintly, on some of one group's."""
    attribute, value = OVERREAD_GROUP
    without = [
        face.index
        for face in faces
        if getattr(face.subject, attribute) == value and OVERREAD_UNIT not in face.intensities
    ]
    chosen = rng.choice(without, size=round(OVERREAD_SHARE * len(without)), replace=False)
    written = {int(index): {OVERREAD_UNIT: int(rng.integers(1, 3))} for index in sorted(chosen)}
    return tuple(replace(face, overread=written.get(face.index, {})) for face in faces)


def _sample_subjects(rng: np.random.Generator, count: int) -> list[Subject]:
    numbers = np.sort(rng.choice(np.arange(6, 1000), size=max(count - 1, 0), replace=False))
    codes = [f"S{number:03d}" for number in [5, *numbers.tolist()][:count]]
    tags = [_quota(rng, shares, count) for shares in (GENDERS, AGE_GROUPS, ETHNICITIES)]
    rows = zip(codes, *tags, strict=True)
    return [Subject(index, *row) for index, row in enumerate(rows)]


def _quota(rng: np.random.Generator, shares: Mapping[str, float], count: int) -> list[str]:
    """Draw `count` names in random order, in the given shares by largest remainder."""
    exact = {name: share * count for name, share in shares.items()}
    whole = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(exact, key=lambda name: whole[name] - exact[name])
    for name in by_remainder[: count - sum(whole.values())]:
        whole[name] += 1
    names = [name for name, number in whole.items() for _ in range(number)]
    return [names[place] for place in rng.permutation(count)]


def _sample_combinations(rng: np.random.Generator, count: int) -> list[Combination]:
    drawn = []
    for name in _quota(rng, CLASS_SHARES, count):
        pool = [c for c in combinations() if c.high_level == name]
        weights = np.array([c.count for c in pool], float)
        chosen = pool[int(rng.choice(len(pool), p=weights / weights.sum()))]
        extra = rng.random() < EXTRA_AU11
        if extra and name == "negative" and not {11, 12} & set(chosen.action_units):
            units = tuple(sorted({*chosen.action_units, 11}))
            chosen = Combination(name, chosen.emotion, units, chosen.count)
        drawn.append(chosen)
    return drawn


def _plant_wrong_labels(rng: np.random.Generator, emotions: Sequence[str]) -> list[str]:
    """Return the emotions as written: a seeded few are of another high-level class."""
    written = list(emotions)
    wrong = max(1, round(WRONG_SHARE * len(written)))
    for index in rng.choice(len(written), size=min(wrong, len(written)), replace=False):
        true_class = high_level_of(written[index])
        others = [c for c in combinations() if c.high_level != true_class]
        weights = np.array([c.count for c in others], float)
        written[index] = others[int(rng.choice(len(others), p=weights / weights.sum()))].emotion
    return written


def _share_out(rng: np.random.Generator, subjects: int, images: int) -> list[int]:
    """Draw each picture's owner, in order; everybody has one while they last."""
    base = np.arange(min(subjects, images))
    rest = rng.choice(subjects, size=images - len(base))
    return sorted(int(owner) for owner in [*base, *rest])


def _sequence_numbers(rng: np.random.Generator, count: int) -> list[int]:
    numbers = rng.choice(np.arange(1, max(9, 2 * count)), size=count, replace=False)
    return sorted(int(number) for number in numbers)


def _sample_intensities(rng: np.random.Generator, combination: Combination) -> dict[int, int]:
    drawn = rng.choice(6, size=len(combination.action_units), p=_INTENSITY_SHARES)
    return dict(zip(combination.action_units, (int(level) for level in drawn), strict=True))


def _sample_strengths(
    rng: np.random.Generator, combination: Combination, levels: Mapping[int, int]
) -> dict[int, tuple[float, float]]:
    """Draw each side's movement; an intensity that was not coded is a middling one."""
    strengths = {}
    for unit, level in levels.items():
        gain = INTENSITY_GAIN[level] if level else float(rng.uniform(0.45, 0.85))
        left, right = gain * rng.normal(1, 0.10, 2).clip(0.75, 1.25)
        if combination.emotion == "contempt" and unit in _ONE_SIDED and rng.random() < 0.6:
            left, right = (left, 0.1 * right) if rng.random() < 0.5 else (0.1 * left, right)
        strengths[unit] = (float(left), float(right))
    return strengths
