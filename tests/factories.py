"""Small true things for tests: a drawn PNG, a face, a coding, a finished training run."""

from __future__ import annotations

import io
import itertools

from django.db import transaction
from PIL import Image

from annotations.codings.facts import wrong_facts
from annotations.codings.reading import Reading, Score
from annotations.codings.services import Provenance, add_coding, make_truth
from annotations.faces.services import Place, add_face, check_image
from annotations.facs import MODEL_ACTION_UNITS
from annotations.models import ActionUnitScore, Coder, Coding, Face, Subject

_numbers = itertools.count(1)


def png(size: int = 24, shade: int | None = None) -> bytes:
    """A tiny greyscale PNG, different at each call."""
    number = next(_numbers) if shade is None else shade
    picture = Image.new("L", (size, size), number % 256)
    picture.putpixel((0, 0), number // 256 % 256)
    picture.putpixel((1, 0), 255)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def make_subject(code: str = "", **tags: str) -> Subject:
    return Subject.objects.get_or_create(code=code or f"S{next(_numbers):03d}", defaults=tags)[0]


def make_face(subject: Subject | None = None, **fields) -> Face:
    sequence, frame = fields.pop("sequence", "001"), fields.pop("frame", next(_numbers))
    place = Place(subject or make_subject(), sequence, frame)
    face, _ = add_face(check_image(png()), place, **fields)
    return face


def import_coder(name: str = "CK+") -> Coder:
    return Coder.objects.get_or_create(kind="import", name=name)[0]


def model_coder(name: str = "VGG16-test") -> Coder:
    coder, _ = Coder.objects.get_or_create(kind="model", name=name)
    if not Coder.objects.filter(is_default=True).exists():
        coder.is_default = True
        coder.save()
    return coder


def make_coding(
    face: Face,
    coder: Coder | None = None,
    *,
    emotion: str = "positive",
    present: tuple[int, ...] = (6, 12),
    absent: tuple[int, ...] = (1, 2, 4),
    truth: bool | None = None,
    split: str = "",
    quality: str = "",
) -> Coding:
    """A coding; the truth unless a model made it."""
    coder = coder or import_coder()
    by_model = coder.kind == "model"
    scores = {au: Score(True, probability=0.9 if by_model else None) for au in present}
    scores |= {au: Score(False, probability=0.1 if by_model else None) for au in absent}
    chances = {"negative": 0.1, "positive": 0.8, "surprise": 0.1} if by_model else None
    reading = Reading(emotion=emotion, scores=scores, emotion_probabilities=chances)
    coding = add_coding(face, coder, reading, Provenance(split=split, quality=quality))
    if truth if truth is not None else not by_model:
        make_truth(coding)
    return coding


def bits_by_scores() -> dict[int, tuple[int, int]]:
    """What `units_present` and `units_absent` of each coding must be, by its id."""
    found = {pk: [0, 0] for pk in Coding.objects.values_list("pk", flat=True)}
    for coding, au, present in ActionUnitScore.objects.filter(au__lte=62).as_presence():
        found[coding][0 if present else 1] += 2**au
    return {pk: tuple(both) for pk, both in found.items()}


def assert_bits_are_scores() -> None:
    """What rows keep twice is right: each writer of codings is held to it."""
    assert wrong_facts(0, 2**62) == []
    bits = Coding.objects.values_list("pk", "units_present", "units_absent")
    assert {pk: both for pk, *both in bits} == {k: list(v) for k, v in bits_by_scores().items()}


def metrics(**splits) -> dict:
    """Figures of a run in the shape that training/ml/evaluate.py documents."""
    emotion = {
        "classes": ["negative", "positive", "surprise"],
        "accuracy": 0.81, "balanced_accuracy": 0.78, "macro_f1": 0.77,
        "majority_accuracy": 0.55, "majority_class": "negative",
        "per_class": {
            "negative": {"precision": 0.8, "recall": 0.9, "f1": 0.85, "support": 30},
            "positive": {"precision": 0.9, "recall": 0.8, "f1": 0.84, "support": 14},
            "surprise": {"precision": 0.7, "recall": 0.6, "f1": 0.65, "support": 10},
        },
        "confusion_matrix": [[27, 2, 1], [2, 11, 1], [4, 0, 6]],
        "report": "              precision    recall\nnegative           0.80      0.90\n",
    }  # fmt: skip
    units = {
        "macro_f1": 0.61, "min_positives": 5, "left_out": [11],
        "per_au": {
            "11": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 2,
                   "base_rate": 0.04, "faces": 54, "counted": False},
            "12": {"precision": 0.9, "recall": 0.8, "f1": 0.85, "support": 14,
                   "base_rate": 0.26, "faces": 54, "counted": True},
        },
    }  # fmt: skip
    groups = {
        "gender": [
            {"group": "female", "faces": 40, "subjects": 12, "emotion_accuracy": 0.82,
             "emotion_macro_f1": 0.8, "au_macro_f1": 0.6, "enough": True},
            {"group": "male", "faces": 3, "subjects": 1, "emotion_accuracy": None,
             "emotion_macro_f1": None, "au_macro_f1": None, "enough": False},
        ],
        "age_group": [], "ethnicity": [],
    }  # fmt: skip
    test = {"faces": 54, "subjects": 13, "emotion": emotion, "action_units": units}
    bare = {"faces": 0, "subjects": 0, "emotion": None, "action_units": None, "groups": {}}
    whole = {**test, "groups": groups}
    flags = [
        {"kind": "sample_size", "subject": "AU11", "severity": "warning",
         "message": "Only 2 faces of the test split show AU11."},
    ]  # fmt: skip
    return {
        "test": whole,
        "validation": bare,
        "all": whole,
        "flags": flags,
    } | splits


def curves(**splits) -> dict:
    """Curves of a run in the shape that training/ml/curve_figures.py documents.

    Of 40 faces, two each at a probability of 0.05, 0.10, ... 1.00, those from 0.55 on show AU12,
    but for one at 0.75; so does one at 0.30. Two faces show AU11.
    """
    import numpy as np

    from training.ml.curve_figures import Curves, RunCurves
    from training.ml.probability_curves import curve_figures

    probability = np.repeat(np.arange(1, 21) / 20, 2)
    shown = probability > 0.52
    shown[[10, 29]] = True, False
    rare = np.zeros(40, dtype=bool)
    rare[:2] = True
    one = Curves(
        emotions={"positive": curve_figures(shown, probability)},
        units={11: curve_figures(rare, probability), 12: curve_figures(shown, probability)},
    )
    return RunCurves(test=one).to_json() | splits


#: Every unit is found from 0.5 on, but for AU12.
THRESHOLDS = {str(au): 0.5 for au in MODEL_ACTION_UNITS} | {"12": 0.6}


def make_version(name: str = "VGG16-test", champion: bool = False, **manifest: object):
    from inference.models import ModelVersion
    from inference.registry import crown

    version = ModelVersion.objects.create(
        name=name, sha256=f"{next(_numbers):064d}", folder=name, coder=model_coder(name),
        manifest={"thresholds": THRESHOLDS} | manifest,
    )  # fmt: skip
    if champion:
        with transaction.atomic():
            crown(version, None, "A test needs one.")
    return version


def make_run(**fields):
    from training.models import TrainingRun

    return TrainingRun.objects.create(**fields)
