"""The accepted codings, frozen into the samples that a training sees."""

from __future__ import annotations

from collections.abc import Iterator

from annotations import facs
from annotations.codings.snapshots import take_snapshot
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
