"""A query for faces: one filter, which the gallery's form and the API's lists build.

A filter is a way of reading, so no filter chooses by what the user may not see (the lesson of
CVE-2023-47117, where a filter spelled out other people's password hashes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q

from annotations.facs.prediction_set import UNLIKE_FROM
from annotations.measures.groups import DIMENSIONS, NOT_RECORDED
from annotations.models import Coder, Snapshot
from annotations.models.face_querysets import FaceQuerySet
from annotations.visibility import readable, veiled_subjects


def groups_from(asked: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return `FaceQuery.groups` of what a form or a serializer read.

    >>> groups_from({"gender": "female", "age_group": "", "ethnicity": "not recorded"})
    (('gender', 'female'), ('ethnicity', ''))
    """
    return tuple(
        (name, "" if asked[name] == NOT_RECORDED else asked[name])
        for name in DIMENSIONS
        if asked.get(name)
    )


def unit_probability_from(asked: Mapping[str, Any]) -> tuple[int, float, float] | None:
    """Return `FaceQuery.unit_probability` of what a form or a serializer read.

    >>> unit_probability_from({"au_probability": 12, "probability_below": 0.4})
    (12, 0.0, 0.4)
    >>> unit_probability_from({"au_probability": None, "probability_below": 0.4})
    """
    if not asked.get("au_probability"):
        return None
    below = asked.get("probability_below")
    above_all = _ABOVE_ALL if below is None else below
    return asked["au_probability"], asked.get("probability_from") or 0.0, above_all


#: Above every probability: no upper bound.
_ABOVE_ALL = 2.0


@dataclass(frozen=True)
class FaceQuery:
    """Conditions that must all hold; one that has its default isn't asked for."""

    #: The model that is meant; by itself it chooses nothing.
    model: Coder | None = None
    subject: str = ""
    sha256: str = ""

    # What is said of a face. The truth's emotion, and the units that it scores present, absent:
    emotion: str = ""
    units: tuple[int, ...] = ()
    absent_units: tuple[int, ...] = ()
    #: Its faces alone, and by "the truth" and by groups what these were then, not today.
    snapshot: Snapshot | None = None
    is_unlabelled: bool = False
    is_flagged: bool = False
    #: The subject's tag in each of these demographic dimensions; "" means not recorded.
    groups: tuple[tuple[str, str], ...] = ()
    #: Coded by the person, model or import so named.
    coder_name: str = ""
    #: Uploaded, coded or reviewed at or after that time.
    updated_since: datetime | None = None

    # What `model` says of a face; whether that differs from the truth:
    differs: bool | None = None
    model_emotion: str = ""
    model_unit: int | None = None
    model_absent_unit: int | None = None
    #: Of a unit: the model's probability of it is at least the first, and below the second.
    unit_probability: tuple[int, float, float] | None = None
    #: Where the face stood in the model's training.
    split: str = ""
    #: The model didn't learn from it.
    is_new_to_model: bool = False
    #: How fit the model found the picture to be read.
    quality: str = ""
    #: Unlike those that the model learnt from.
    is_unlike: bool = False
    #: Uploaded at or after the first, and at or before the second; None: whenever.
    uploaded: tuple[datetime | None, datetime | None] = (None, None)
    confidence_below: float | None = None
    confidence_from: float | None = None
    #: In an order by confidence, so that faces without one are left out.
    by_confidence: bool = False

    @property
    def tells_of_readings(self) -> bool:
        """True if being chosen reveals something of what is said of a face.

        All but three attributes reveal it, so a new one counts too until it is named here.
        """
        return replace(self, model=None, subject="", sha256="") != FaceQuery()

    @property
    def needs_model(self) -> bool:
        asked = (
            self.differs,
            self.model_unit,
            self.model_absent_unit,
            self.unit_probability,
            self.confidence_below,
            self.confidence_from,
            self.model_emotion or None,
            self.split or self.quality or self.is_new_to_model or self.is_unlike or None,
            self.by_confidence or None,
        )
        return any(value is not None for value in asked)

    def apply(self, faces: FaceQuerySet, user: User, *, each: bool = False) -> FaceQuerySet:
        """Return those of `faces`, all of which `user` may see, that are asked for.

        A query that reveals readings leaves out the faces that `user` has yet to code blind.
        `each`: the database is to ask each face in turn, rather than to collect them first.
        """
        return self.narrow(self.askable(faces, user), user, each=each)

    def askable(self, faces: FaceQuerySet, user: User) -> FaceQuerySet:
        """Return those of `faces` of which `user` may know whether the query fits them."""
        return readable(faces, user) if self.tells_of_readings else faces

    def narrow(self, faces: FaceQuerySet, user: User, *, each: bool) -> FaceQuerySet:
        """Narrow faces that are `askable` to those that are asked for."""
        if self.subject:
            faces = faces.filter(subject__code=self.subject)
        if self.sha256:
            faces = faces.filter(Q(sha256=self.sha256) | Q(stored_sha256=self.sha256))
        if any(self.uploaded):
            faces = faces.uploaded_between(*self.uploaded, each=each)
        faces = self._by_truth(faces)
        if self.groups:  # a person's tags are hidden as long as any face of theirs is
            faces = faces.exclude(subject__in=veiled_subjects(user).values("pk"))
        for dimension, tag in self.groups:
            faces = faces.of_group(dimension, tag, self.snapshot, each=each)
        if self.is_flagged:
            faces = faces.flagged()
        if self.coder_name:
            faces = faces.coded_by_name(self.coder_name)
        if self.updated_since is not None:
            faces = faces.updated_since(self.updated_since)
        if not self.needs_model:
            return faces
        if self.model is None:
            return faces.without_confidence().none()
        return self._by_model(faces, self.model, each=each)

    def _by_truth(self, faces: FaceQuerySet) -> FaceQuerySet:
        if self.snapshot or self.emotion or self.units or self.absent_units:
            faces = faces.with_truth(
                self.snapshot,
                emotion=self.emotion,
                present=self.units,
                absent=self.absent_units,
            )
        return faces.unlabelled() if self.is_unlabelled else faces

    def _by_model(self, faces: FaceQuerySet, model: Coder, *, each: bool) -> FaceQuerySet:
        if self.differs is not None:
            faces = faces.disagreeing(model) if self.differs else faces.agreeing(model)
        asked = {"split": self.split, "quality": self.quality, "emotion": self.model_emotion}
        wanted = {name: value for name, value in asked.items() if value}
        if self.is_new_to_model:
            if self.split:
                return faces.none()
            wanted["split"] = ""
        present, absent = (
            () if au is None else (au,) for au in (self.model_unit, self.model_absent_unit)
        )
        if wanted or present or absent:
            in_turn = each or self.unit_probability is not None
            faces = faces.read_by(model, present=present, absent=absent, each=in_turn, **wanted)
        if self.is_unlike:
            faces = faces.unlike(model, limit=UNLIKE_FROM)
        if self.unit_probability is not None:
            au, least, below = self.unit_probability
            faces = faces.with_unit_probability(model, au, least, below)
        bounds = {
            "confidence__lt": self.confidence_below,
            "confidence__gte": self.confidence_from,
        }
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        if each and given:
            return faces.surely_read(model, **given)
        return faces if each else self._with_confidence(faces, model, given)

    def _with_confidence(
        self, faces: FaceQuerySet, model: Coder, given: dict[str, float]
    ) -> FaceQuerySet:
        return faces.with_confidence(model, **given) if given or self.by_confidence else faces
