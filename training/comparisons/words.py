"""Cautions about a compared coder's readings, in words: what to mind when one compares."""

from __future__ import annotations

from annotations.models import Coder, Coding
from training.comparisons.data import About
from training.models import ComparedCoder


def cautions(side: ComparedCoder, *, is_version: bool) -> list[str]:
    """Say what flatters a coder, and what its readings are.

    Parameters
    ----------
    is_version
        Whether it is a model version trained here; of another model nothing is known.
    """
    about = About.from_json(side.about)
    if not about.readings:
        return []
    return [
        *_of_truth(about),
        *(_of_model(about, is_version) if side.coder.kind == Coder.Kind.MODEL else []),
        *(_of_person(about) if side.coder.kind == Coder.Kind.HUMAN else []),
    ]


def _of_truth(about: About) -> list[str]:
    told = []
    if about.source:
        told.append(
            f"The ground truth of {_share(about.source, about.readings)} is this coder’s own "
            "coding: there it agrees with itself, and the comparison flatters it."
        )
    if about.adopted:
        told.append(
            f"The ground truth of {_share(about.adopted, about.readings)} was taken over from "
            "this coder: that flatters it."
        )
    return told


def _of_model(about: About, is_version: bool) -> list[str]:
    if not is_version:
        return ["A model from outside: whether it has learned from these faces isn’t known here."]
    unseen = about.splits.get("", 0)
    tested = about.splits.get(Coding.Split.TEST, 0)
    kept = about.splits.get(Coding.Split.VALIDATION, 0)
    told = []
    if tested or kept:
        told.append(
            f"Of {_share(tested + kept, about.readings)}, which were part of its training, it is "
            "judged by parts of it that never saw the subject."
        )
    if unseen:
        told.append(f"It has not learned from {_share(unseen, about.readings)}.")
    return told


def _of_person(about: About) -> list[str]:
    return [
        f"Own readings that stand, without decisions about the truth; {about.blind} of "
        f"{about.readings} given blind. Who saw a model’s reading first tends to agree with it."
    ]


def _share(count: int, total: int) -> str:
    """Say how many of all.

    >>> _share(3, 3), _share(2, 1300)
    ('all 3 faces', '2 of 1,300 faces')
    """
    if count == total:
        return "the one face" if total == 1 else f"all {total:,} faces"
    return f"{count:,} of {total:,} faces"
