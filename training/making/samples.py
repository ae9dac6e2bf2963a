"""The accepted codings, frozen into the samples that a training sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from annotations import facs
from annotations.codings.snapshots import take_snapshot
from annotations.measures.groups import DIMENSIONS
from annotations.models import Coding, Snapshot
from inference.files import local_file
from training.ml.dataset import Sample


def freeze_truth() -> tuple[Snapshot, list[Sample]]:
    """Return every face with ground truth in the model's terms, ordered by id, and its snapshot."""
    samples = []

    def learnt() -> Iterator[Coding]:
        accepted = Coding.objects.accepted().select_related("face__subject")
        ordered = accepted.prefetch_related("scores").order_by("face_id")
        for coding in ordered.iterator(chunk_size=500):
            sample = _sample(coding)
            if sample.emotion or sample.action_units:
                samples.append(sample)
                yield coding

    return take_snapshot(learnt()), samples


def frozen_samples(snapshot: Snapshot) -> list[Sample]:
    """Return what a snapshot holds as samples, ordered by id: what is gone since is left out."""
    people = {each.subject_id: each for each in snapshot.people.all()}
    codings = Coding.objects.filter(pk__in=snapshot.members.values("coding"))
    ordered = codings.select_related("face__subject").prefetch_related("scores").order_by("face_id")
    samples = []
    for coding in ordered.iterator(chunk_size=500):
        sample, then = _sample(coding), people.get(coding.face.subject_id)
        if then is not None:  # else the face was given to another subject
            sample = replace(sample, groups={name: getattr(then, name) for name in DIMENSIONS})
        samples.append(sample)
    return samples


def _sample(coding: Coding) -> Sample:
    face, subject = coding.face, coding.face.subject
    present = {
        score.au: score.present
        for score in coding.scores.all()
        if score.au in facs.MODEL_ACTION_UNITS
    }
    return Sample(
        id=face.pk,
        path=local_file(face),
        sha256=face.sha256,
        subject=subject.code,
        emotion=coding.emotion or None,
        action_units=present or None,
        groups={
            "gender": subject.gender,
            "age_group": subject.age_group,
            "ethnicity": subject.ethnicity,
        },
    )
