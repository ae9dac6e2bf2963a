"""Faces, readings of them, and a comparison of coders as a worker carries it out."""

from __future__ import annotations

from annotations.models import Coding
from facsweb.jobs.tasks import run_job
from tests.factories import make_coding, make_face, make_subject
from training.comparisons.services import request_comparison
from training.models import Comparison

WORK = "training.comparisons.run.carry_out"


def labelled_faces(subjects: int = 6, each: int = 5) -> list:
    """Every second shows AU12; men's faces are every second subject's."""
    faces = []
    for number in range(subjects):
        subject = make_subject(gender="male" if number % 2 else "female")
        for place in range(each):
            face = make_face(subject)
            shown = (12,) if (number + place) % 2 else ()
            said = "positive" if shown else "negative"
            make_coding(face, emotion=said, present=shown, absent=(4,) if shown else (4, 12))
            faces.append(face)
    return faces


def read_all(coder, faces, *, wrong=(), **more) -> None:
    for face in faces:
        truth = Coding.objects.accepted().get(face=face)
        emotion = truth.emotion if face not in wrong else "surprise"
        shown = tuple(s.au for s in truth.scores.all() if s.present)
        absent = tuple(s.au for s in truth.scores.all() if not s.present)
        make_coding(face, coder, emotion=emotion, present=shown, absent=absent, **more)


def compared(*coders) -> Comparison:
    """The comparison, carried out as a worker does."""
    made = request_comparison(None, coders)
    run_job(Comparison, made.pk, WORK)
    made = Comparison.objects.get(pk=made.pk)
    assert made.status == "succeeded", made.error
    return made
