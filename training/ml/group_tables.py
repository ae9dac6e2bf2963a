"""Counts of a model's answers by subject, and the groups that the subjects belong to.

All that is said of groups (group_rates.py, harm.py) follows from these sums: a group is a row of
noughts and ones over subjects, so one matrix product counts it, and all of its resamples.

Shapes: s subjects, t targets (the emotions, then the action units that are coded).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures import confusion
from annotations.measures.bootstrap import Array, sum_by_subject
from annotations.measures.groups import DIMENSIONS, NOT_RECORDED
from inference.ml.predictions import Prediction
from training.ml.dataset import Sample, emotion_targets

Pairs = Sequence[tuple[Sample, Prediction]]

#: Fewer than these and a group's figures say more of chance than of the model.
MIN_FACES, MIN_SUBJECTS = 20, 5
#: The target that stands for the emotion as a whole.
EMOTION = "emotion"
#: Of an intersection more are asked, as there are many and each makes the others' test stricter.
MIN_INTERSECTING = 10


@dataclass(frozen=True)
class Group:
    """Some subjects who share a tag, or two tags of different dimensions.

    Attributes
    ----------
    tags
        Dimension -> the group's name in it.
    members
        (s,) who belongs to it.
    """

    tags: dict[str, str]
    members: NDArray[np.bool_]

    @property
    def dimension(self) -> str:
        """Its dimension, such as "gender", or both: "gender × age_group"."""
        return " × ".join(self.tags)

    @property
    def name(self) -> str:
        """Its name, or both names: "female, 18-29"."""
        return ", ".join(self.tags.values())

    @property
    def is_intersection(self) -> bool:
        """True if two tags make it."""
        return len(self.tags) > 1


@dataclass(frozen=True)
class GroupTables:
    """Counts by subject.

    Attributes
    ----------
    emotions
        (s, 3, 3) faces: the truth down the rows, the answer across.
    targets
        t names: "negative", "positive", "surprise", then "AU1" and so on; what is coded nowhere is
        left out.
    tables
        (s, t, 2, 2) faces of each target: whether it is there, and whether it is found.
    confidence
        (s, 1 + t, 2) sum of probabilities, and faces that have one and a truth. The first is the
        probability of the emotion that was answered, the others are those of each target.
    groups
        Groups of each dimension, by name, then those of each pair of dimensions.
    """

    emotions: Array
    targets: tuple[str, ...]
    tables: Array
    confidence: Array
    groups: tuple[Group, ...]

    @property
    def faces(self) -> Array:
        """(s,) faces of each subject on which anything is coded."""
        faces: Array = self.tables.sum(axis=(-2, -1)).max(axis=1, initial=0)
        return faces

    def is_enough(self, group: Group) -> bool:
        """Return whether a group has faces and subjects enough to be judged, and some are left."""
        fewest = MIN_INTERSECTING if group.is_intersection else MIN_SUBJECTS
        known = self.faces > 0
        inside, outside = known & group.members, known & ~group.members
        return bool(
            self.faces[inside].sum() >= MIN_FACES
            and inside.sum() >= fewest
            and outside.sum() >= MIN_SUBJECTS
        )


def tables_of(pairs: Pairs) -> GroupTables:
    """Count the answers of each subject.

    Parameters
    ----------
    pairs
        Faces with their truth, and what the model says of each. A subject's tags are those of
        their first face.
    """
    subjects = np.array([sample.subject for sample, _ in pairs])
    truth = emotion_targets([sample for sample, _ in pairs])
    said = _whole(EMOTIONS.index(prediction.emotion) for _, prediction in pairs)
    emotions = confusion.tables_by_subject(subjects, truth, said, len(EMOTIONS))
    targets: list[str] = []
    tables: list[Array] = []
    sure = [_probability(p, p.emotion) for _, p in pairs]
    confidence = [_confidence(subjects, sure, truth >= 0)]
    if (truth >= 0).any():
        targets += EMOTIONS
        tables += list(confusion.one_against_rest(emotions).swapaxes(0, 1))
        for name in EMOTIONS:
            sure = [_probability(p, name) for _, p in pairs]
            confidence.append(_confidence(subjects, sure, truth >= 0))
    for au in MODEL_ACTION_UNITS:
        shown = _whole((s.action_units or {}).get(au, -1) for s, _ in pairs)
        if (shown >= 0).any():
            targets.append(f"AU{au}")
            found = _whole(p.au_present[au] for _, p in pairs)
            tables.append(confusion.tables_by_subject(subjects, shown, found, 2))
            sure = [p.au_probabilities.get(au, np.nan) for _, p in pairs]
            confidence.append(_confidence(subjects, sure, shown >= 0))
    stacked = np.stack(tables, axis=1) if tables else np.zeros((len(emotions), 0, 2, 2))
    groups = tuple(groups_of([sample for sample, _ in pairs]))
    return GroupTables(emotions, tuple(targets), stacked, np.stack(confidence, axis=1), groups)


def groups_of(samples: Sequence[Sample]) -> list[Group]:
    """Return the groups of each dimension, and their intersections two by two.

    Members are in the order of the subjects' codes. A dimension in which everybody is alike, or
    nothing is recorded, intersects with none.
    """
    first: dict[str, Sample] = {}
    for sample in samples:
        first.setdefault(sample.subject, sample)
    everybody = [first[subject] for subject in sorted(first)]
    tags = {
        dimension: np.array([tag_of(sample, dimension) for sample in everybody])
        for dimension in DIMENSIONS
    }
    found = [
        Group({dimension: str(name)}, names == name)
        for dimension, names in tags.items()
        for name in np.unique(names)
    ]
    telling = [dimension for dimension, names in tags.items() if len(np.unique(names)) > 1]
    for one, other in combinations(telling, 2):
        for mine in np.unique(tags[one]):
            for theirs in np.unique(tags[other]):
                both = (tags[one] == mine) & (tags[other] == theirs)
                if both.any() and NOT_RECORDED not in (mine, theirs):
                    found.append(Group({one: str(mine), other: str(theirs)}, both))
    return found


def tag_of(sample: Sample, dimension: str) -> str:
    """Return a sample's group in a dimension of `DIMENSIONS`."""
    return sample.groups.get(dimension) or NOT_RECORDED


def _probability(prediction: Prediction, emotion: str) -> float:
    return prediction.emotion_probabilities.get(emotion, np.nan)


def _confidence(subjects: NDArray[Any], sure: Sequence[float], coded: NDArray[np.bool_]) -> Array:
    """Sum probabilities, and count the faces that have one and a truth: (s, 2)."""
    values = np.array(sure, dtype=float)
    known = coded & ~np.isnan(values)
    return sum_by_subject(subjects, np.stack([np.where(known, values, 0.0), known], axis=1))


def _whole(values: Iterable[Any]) -> NDArray[np.int64]:
    return np.array([int(value) for value in values], dtype=np.int64)
