"""Faces, readings of them, and a comparison of coders as a worker carries it out."""

from __future__ import annotations

from annotations.models import Coding
from facsweb.jobs.tasks import run_job
from inference.ml.preprocessing import PREPROCESSING_VERSION
from tests.factories import make_coding, make_face, make_subject, make_version, metrics
from training.comparisons.services import request_comparison
from training.ml.metrics import Metrics
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


def three_versions():
    """The champion, one that is wrong on ten of thirty faces, and one that is as good."""
    old = make_version("VGG16-old", champion=True)
    worse, same = make_version("VGG16-worse"), make_version("VGG16-same")
    faces = labelled_faces()
    read_all(old.coder, faces)
    read_all(same.coder, faces)
    read_all(worse.coder, faces, wrong=faces[::3])
    return old, worse, same


def outdate(version) -> None:
    """As an upgrade does, after which pictures are cropped otherwise."""
    manifest = version.manifest | {"preprocessing_version": PREPROCESSING_VERSION - 1}
    type(version).objects.filter(pk=version.pk).update(manifest=manifest)


def refreshed(version):
    return type(version).objects.get(pk=version.pk)


def good_figures() -> Metrics:
    """So that a first model beats constant answers."""
    interval = {"macro_f1": {"value": 0.9, "low": 0.8, "high": 0.95}}
    good = metrics()
    for part in ("emotion", "action_units"):
        good["test"][part]["intervals"] = interval
    return Metrics.from_json(good)
