"""The accepted codings, frozen into the samples that a training sees."""

from __future__ import annotations

from annotations import facs
from annotations.models import Coding
from inference.files import local_file
from training.ml.dataset import Sample


def accepted_samples() -> list[Sample]:
    """Return every face with ground truth in the model's terms, ordered by id."""
    codings = (
        Coding.objects.accepted()
        .select_related("face__subject")
        .prefetch_related("scores")
        .order_by("face_id")
    )
    samples = (_sample(coding) for coding in codings.iterator(chunk_size=500))
    return [sample for sample in samples if sample.emotion or sample.action_units]


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
