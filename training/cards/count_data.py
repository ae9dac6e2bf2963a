"""Counting the facts of a training's data, once, as its worker does at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import Greatest, Least
from django.utils import timezone

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures.groups import DIMENSIONS, NOT_RECORDED
from annotations.models import (
    ActionUnitScore,
    Coding,
    Face,
    FirstLook,
    NeutralFrame,
    Snapshot,
    SnapshotFace,
    SnapshotSubject,
)
from annotations.models.querysets import CodingQuerySet
from annotations.transfers.models import Export
from facsweb.accounts.permissions import ROLES, holders_of, roles_of
from facsweb.jobs.models import Run
from inference.ml.predictions import Readings
from training.cards.count_labelling import count_labelling
from training.ml.data_facts import DataFacts, GroupCount, Pictures, Privacy, Shown


@dataclass(frozen=True)
class Learnt:
    """The data that a training learnt from: queries of the snapshot's truths and faces."""

    snapshot: Snapshot

    @property
    def faces(self) -> QuerySet[SnapshotFace, Any]:
        """The ids of its faces, for a subquery."""
        return SnapshotFace.objects.filter(snapshot=self.snapshot).values("face")

    @property
    def truths(self) -> CodingQuerySet:
        """The codings that were its truth."""
        members = SnapshotFace.objects.filter(snapshot=self.snapshot)
        return Coding.objects.filter(pk__in=members.values("coding"))

    @property
    def codings(self) -> CodingQuerySet:
        """All that was said of its faces."""
        return Coding.objects.filter(face__in=self.faces)


def count_data(snapshot: Snapshot, readings: Readings) -> DataFacts:
    """Count all that cards and data sheets tell of a training's data.

    The number of queries doesn't depend on the number of faces.

    Parameters
    ----------
    snapshot
        What the training learnt from.
    readings
        The new model's readings of these faces out of fold: they tell which labels are doubtful.
    """
    learnt = Learnt(snapshot)
    faces, subjects = learnt.truths.faces_and_subjects()
    groups, combinations, alone = _groups(snapshot)
    return DataFacts(
        faces=faces,
        subjects=subjects,
        emotions=_emotions(learnt),
        units=_units(learnt),
        groups=groups,
        combinations=combinations,
        alone=alone,
        pictures=_pictures(learnt),
        labelling=count_labelling(learnt.truths, learnt.codings, learnt.faces, readings),
        privacy=_privacy(learnt),
        counted_at=timezone.now().isoformat(timespec="seconds"),
    )


def _emotions(learnt: Learnt) -> dict[str, Shown]:
    found = learnt.truths.count_emotions()
    total = sum(faces for faces, _ in found.values())
    return {
        name: Shown(faces, subjects, total - faces)
        for name in EMOTIONS
        for faces, subjects in [found.get(name, (0, 0))]
    }


def _units(learnt: Learnt) -> dict[int, Shown]:
    scores = ActionUnitScore.objects.filter(
        coding__in=learnt.truths.values("pk"), au__in=MODEL_ACTION_UNITS
    )
    rows = (
        scores.order_by()
        .values("au")
        .annotate(
            here=Count("pk", filter=Q(present=True)),
            absent=Count("pk", filter=Q(present=False)),
            subjects=Count("coding__face__subject", filter=Q(present=True), distinct=True),
        )
    )
    found = {row["au"]: Shown(row["here"], row["subjects"], row["absent"]) for row in rows}
    return {au: found.get(au, Shown()) for au in MODEL_ACTION_UNITS}


def _groups(snapshot: Snapshot) -> tuple[dict[str, tuple[GroupCount, ...]], int, int]:
    """Return the groups by dimension, how many combinations of tags occur, and for how many one."""
    people = SnapshotSubject.objects.filter(snapshot=snapshot)
    faces = dict(
        SnapshotFace.objects.filter(snapshot=snapshot)
        .order_by()
        .values_list("face__subject")
        .annotate(Count("pk"))
    )
    tags = list(people.values_list("subject", *DIMENSIONS))
    groups = {}
    for at, dimension in enumerate(DIMENSIONS, start=1):
        members: dict[str, list[int]] = {}
        for row in tags:
            members.setdefault(row[at] or NOT_RECORDED, []).append(faces.get(row[0], 0))
        groups[dimension] = tuple(
            GroupCount(name, sum(each), len(each)) for name, each in sorted(members.items())
        )
    combined: dict[tuple[str, ...], int] = {}
    for _, *row in tags:
        if any(row):
            combined[tuple(row)] = combined.get(tuple(row), 0) + 1
    return groups, len(combined), sum(count == 1 for count in combined.values())


def _pictures(learnt: Learnt) -> Pictures:
    faces = Face.objects.filter(pk__in=learnt.faces)
    told = faces.aggregate(
        first=Min("created_at"),
        last=Max("created_at"),
        smallest=Min(Least("width", "height")),
        largest=Max(Greatest("width", "height")),
    )
    modes = faces.order_by().values_list("colour_mode").annotate(Count("pk"))
    subjects = faces.order_by().values("subject")
    return Pictures(
        sequences=faces.exclude(sequence="").order_by().values("subject", "sequence").distinct()
        .count(),
        neutral=NeutralFrame.objects.filter(subject__in=subjects).count(),
        colour_modes=dict(modes),
        smallest=told["smallest"],
        largest=told["largest"],
        first=told["first"].isoformat(timespec="seconds") if told["first"] else "",
        last=told["last"].isoformat(timespec="seconds") if told["last"] else "",
        drawn=faces.filter(is_drawn=True).count(),
    )  # fmt: skip


def drawn_share(snapshot: Snapshot | None) -> float | None:
    """Return the share of drawings among a snapshot's faces; None where there is none to count."""
    faces = SnapshotFace.objects.filter(snapshot=snapshot)
    counts = faces.aggregate(all=Count("pk"), drawn=Count("pk", filter=Q(face__is_drawn=True)))
    return counts["drawn"] / counts["all"] if snapshot and counts["all"] else None


def _privacy(learnt: Learnt) -> Privacy:
    looks = FirstLook.objects.filter(face__in=learnt.faces)
    shown = looks.aggregate(people=Count("user", distinct=True), looks=Count("pk"))
    exports = Export.objects.filter(images=True, status=Run.Status.SUCCEEDED)
    open_ones = exports.filter(anonymous=False, deidentify="")
    roles = dict.fromkeys(ROLES, 0)
    for user in holders_of(ROLES[0]):
        roles[max(roles_of(user), key=ROLES.index)] += 1
    return Privacy(
        storage="an S3 bucket" if settings.S3_BUCKET else "the server’s own disk",
        roles=roles,
        people_shown=shown["people"],
        looks=shown["looks"],
        exports=exports.count(),
        exports_unprotected=open_ones.count(),
    )
