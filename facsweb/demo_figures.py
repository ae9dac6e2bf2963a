"""The figures with which `make demo` ends: on the screen, and in `var/demo.json`."""

from __future__ import annotations

import json
import time
from typing import Any

from django.conf import settings

from annotations.models import Face, Subject
from inference.files import local_file
from training.figures.dashboard import absent_text
from training.ml.metrics import AbsentEmotions
from training.models import TrainingRun
from training.models.comparisons import Comparison


def figures_of(training: TrainingRun) -> dict[str, Any]:
    """Return what `var/demo.json` tells of a training that succeeded."""
    assert training.metrics is not None  # it has succeeded
    test = training.metrics["test"]
    emotion, units = test["emotion"] or {}, test["action_units"] or {}
    return {
        "faces": Face.objects.count(),
        "subjects": Subject.objects.count(),
        "test_faces": test["faces"],
        "test_subjects": test["subjects"],
        "emotion_accuracy": emotion.get("accuracy"),
        "emotion_macro_f1": emotion.get("macro_f1"),
        "absent_emotions": emotion.get("absent"),
        "majority_accuracy": emotion.get("majority_accuracy"),
        "au_macro_f1": units.get("macro_f1"),
        "action_units_left_out": units.get("left_out", []),
        "train_seconds": training.seconds,
        "predict_images_per_second": _throughput(training),
    }


def second_figures(training: TrainingRun, comparison: Comparison | None) -> dict[str, Any]:
    """Return what `var/demo.json` tells of the second model, and of how both compare."""
    assert training.metrics is not None  # it has succeeded
    test = training.metrics["test"]
    emotion, units = test["emotion"] or {}, test["action_units"] or {}
    return {
        "published": {
            "emotion_accuracy": emotion.get("accuracy"),
            "emotion_macro_f1": emotion.get("macro_f1"),
            "au_macro_f1": units.get("macro_f1"),
            "train_seconds": training.seconds,
        },
        "comparison": None if comparison is None else comparison.pk,
    }


def summary(training: TrainingRun, figures: dict[str, Any]) -> str:
    """Say in a few lines how good the model is."""
    predicted = training.inference_run
    assert predicted is not None  # `_train` followed it
    left_out = ", ".join(f"AU{au}" for au in figures["action_units_left_out"]) or "none"
    return (
        f"training   {training.seconds:.0f} s, {training.version}\n"
        f"predicted  {predicted.total} faces; "
        f"{figures['predict_images_per_second']:.1f} a second when nothing is cached\n"
        f"test       {figures['test_faces']} faces of {figures['test_subjects']} subjects, "
        "each read by what never saw its subject\n"
        f"  emotion  accuracy {_figure(figures['emotion_accuracy'])} "
        f"(majority class {_figure(figures['majority_accuracy'])}), "
        f"macro F1 {_figure(figures['emotion_macro_f1'])}"
        f"{absent_text(AbsentEmotions.from_json(figures['absent_emotions'] or {}))}\n"
        f"  AUs      macro F1 {_figure(figures['au_macro_f1'])} "
        f"(too few positives to count: {left_out})"
    )


def _figure(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"


def write_figures(figures: dict[str, Any]) -> None:
    """Write them whole, or not at all."""
    path = settings.VAR_DIR / "demo.json"
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    partial.replace(path)


def _throughput(training: TrainingRun, faces: int = 48) -> float:
    """Measure faces per second, from file to prediction.

    No feature is cached, and the network is loaded.
    """
    # Here, not above: what comes before needs no runtime.
    from inference.artefact_copies import at_hand
    from inference.ml.predictor import Predictor

    assert training.version is not None  # it has succeeded
    predictor = Predictor.load(at_hand(training.version), registered=training.version.sha256)
    files = [local_file(face) for face in Face.objects.order_by("pk")[:faces]]
    predictor.predict(files[:16])  # the first is slower
    started = time.perf_counter()
    predictor.predict(files)
    return len(files) / (time.perf_counter() - started)
