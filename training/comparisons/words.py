"""Cautions about a compared coder's readings, in words: what to mind when one compares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from annotations.models import Coder, Coding
from training.comparisons.data import About
from training.models import ComparedCoder


class Crops(NamedTuple):
    """A sentence on what the compared models see of a picture, and whether that may differ."""

    words: str
    may_differ: bool


def crops_of(sides: Sequence[ComparedCoder]) -> Crops:
    """Say by which preprocessing versions and framings the compared models crop pictures.

    Parameters
    ----------
    sides
        As `ComparedCoderQuerySet.with_coder` gives them.
    """
    models = [side for side in sides if side.coder.kind == Coder.Kind.MODEL]
    known = [side for side in models if side.preprocessing_version is not None]
    own = [str(side.coder) for side in models if side.coder.about]
    unknown = [str(side.coder) for side in models if side not in known and not side.coder.about]
    versions = {_crop(side) for side in known} | set(own)
    told = [f"{side.coder} sees crops by version {_crop(side)}" for side in known]
    told += [f"{name} sees small grey crops of its own" for name in own]
    told += [f"how {name} crops pictures isn’t known here" for name in unknown]
    if not models:
        return Crops("", False)
    if len(models) > 1 and (unknown or len(versions) > 1):
        differs = "differs" if len(versions) > 1 else "may differ"
        words = f"Preprocessing {differs}: {'; '.join(told)}. A crop can make a gap, or close one."
        return Crops(words, True)
    if len(models) < len(sides):
        return Crops(f"Preprocessing: {'; '.join(told)}. A crop can make a gap.", False)
    return Crops(f"Preprocessing: all see the same crops, by version {versions.pop()}.", False)


def _crop(side: ComparedCoder) -> str:
    version = str(side.preprocessing_version)
    return f"{version}, {side.framing}" if side.framing else version


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
        *(_of_model(side.coder, about, is_version) if side.coder.kind == Coder.Kind.MODEL else []),
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


def _of_model(coder: Coder, about: About, is_version: bool) -> list[str]:
    if coder.about:
        return [coder.about]
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
    if coder.drawn_in_words:
        told.append(
            f"It {coder.drawn_in_words}: on photographs it may be no better than chance, and drawn "
            "faces flatter it beside people."
        )
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
