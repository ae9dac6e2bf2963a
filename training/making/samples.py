"""The accepted codings, frozen into the samples that a training sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from annotations import facs
from annotations.codings.snapshots import Truth, read_truths, take_snapshot
from annotations.consent import Scope, subjects_left_out
from annotations.measures.groups import DIMENSIONS
from annotations.models import Coding, Face, Snapshot
from inference.files import local_copy
from inference.ml.references import Reference
from inference.references import references_of
from training.ml.dataset import Sample

_BATCH = 1000  # faces whose references are looked up at once


def freeze_truth(
    step: Callable[[int, int], object] = lambda done, total: None,
) -> tuple[Snapshot, list[Sample]]:
    """Return every face with ground truth in the model's terms, ordered by id, and its snapshot.

    Subjects whose consent isn't for training are left out.

    Parameters
    ----------
    step
        Told how many faces are read, and how many there are.
    """
    samples = []
    accepted = Coding.objects.accepted().exclude(
        face__subject__in=subjects_left_out(Scope.TRAINING)
    )
    total = accepted.count()

    def learnt() -> Iterator[Truth]:
        for done, truth in enumerate(read_truths(accepted)):
            step(done, total)
            sample = _sample(truth)
            if sample.emotion or sample.action_units:
                samples.append(sample)
                yield truth

    snapshot = take_snapshot(learnt())
    return snapshot, _with_references(samples)


def frozen_samples(snapshot: Snapshot) -> list[Sample]:
    """Return what a snapshot holds as samples, ordered by id: what is gone since is left out."""
    people = {each.subject_id: each for each in snapshot.people.all()}
    codings = Coding.objects.filter(pk__in=snapshot.members.values("coding"))
    samples = []
    for truth in read_truths(codings):
        sample, then = _sample(truth), people.get(truth.subject)
        if then is not None:  # else the face was given to another subject
            sample = replace(sample, groups={name: getattr(then, name) for name in DIMENSIONS})
        samples.append(sample)
    return _with_references(samples)


def _with_references(samples: list[Sample]) -> list[Sample]:
    """Return the samples with what their faces are compared with, as it is stored now."""
    found: dict[int, Reference] = {}
    ids = [sample.id for sample in samples]
    for first in range(0, len(ids), _BATCH):
        found |= references_of(Face.objects.filter(pk__in=ids[first : first + _BATCH]))
    return [replace(sample, reference=found.get(sample.id)) for sample in samples]


def _sample(truth: Truth) -> Sample:
    units = {au: present for au, present in truth.scores.items() if au in facs.MODEL_ACTION_UNITS}
    return Sample(
        id=truth.face,
        path=local_copy(truth.file),
        sha256=truth.sha256,
        subject=truth.code,
        emotion=truth.emotion or None,
        action_units=units or None,
        groups=truth.groups,
    )
