"""How good a model is, split by split, by scikit-learn's measures.

The result is what a training run stores and a dashboard shows::

    {split: {"faces", "subjects", "emotion": {...}, "action_units": {...}, "groups": {...}},
     "flags": [{"kind", "subject", "severity", "message"}]}

with split one of "test", "validation" (where some subjects were kept for the test) and "all".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn import metrics

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures.support import FEWEST_TO_USE
from inference.ml.predictions import Prediction
from training.ml.dataset import Sample
from training.ml.fairness import flags, group_figures


def evaluate(
    samples: Sequence[Sample], predictions: Sequence[Prediction], split: dict[int, str]
) -> dict[str, Any]:
    """Figures for each split; JSON-serialisable. See the module's docstring for the shape."""
    pairs = list(zip(samples, predictions, strict=True))
    result: dict[str, Any] = {}
    names = [name for name in ("test", "validation") if name in split.values()]
    for name in (*names, "all"):
        chosen = [pair for pair in pairs if name in {"all", split[pair[0].id]}]
        result[name] = figures(chosen) | {"groups": group_figures(chosen, figures)}
    result["flags"] = flags(result, [pair for pair in pairs if split[pair[0].id] == "test"])
    return result


def figures(pairs: Sequence[tuple[Sample, Prediction]]) -> dict[str, Any]:
    return {
        "faces": len(pairs),
        "subjects": len({sample.subject for sample, _ in pairs}),
        "emotion": emotion_figures(pairs),
        "action_units": action_unit_figures(pairs),
    }


def emotion_figures(pairs: Sequence[tuple[Sample, Prediction]]) -> dict[str, Any] | None:
    """None where no face has an emotion label.

    As scikit-learn's defaults have it: macro F1 is the mean over the classes that truth or
    predictions hold, with 0 where a class has no true positive (`zero_division=0`); balanced
    accuracy over those of the truth. `absent` names the classes that either lacks.
    """
    coded = [(s.emotion, p.emotion) for s, p in pairs if s.emotion]
    if not coded:
        return None
    truth, predicted = [t for t, _ in coded], [p for _, p in coded]
    labels = list(EMOTIONS)
    report = metrics.classification_report(
        truth, predicted, labels=labels, output_dict=True, zero_division=0
    )
    seen = [label for label in labels if label in truth or label in predicted]
    majority = max(labels, key=truth.count)
    present = [label for label in labels if label in truth]
    return {
        "classes": labels,
        "accuracy": float(metrics.accuracy_score(truth, predicted)),
        "balanced_accuracy": float(np.mean([report[name]["recall"] for name in present])),
        "macro_f1": float(
            metrics.f1_score(truth, predicted, average="macro", labels=seen, zero_division=0)
        ),
        "absent": {
            "truth": [label for label in labels if label not in truth],
            "predictions": [label for label in labels if label not in predicted],
        },
        "majority_class": majority,
        "majority_accuracy": truth.count(majority) / len(truth),
        "per_class": {
            name: {
                "precision": float(report[name]["precision"]),
                "recall": float(report[name]["recall"]),
                "f1": float(report[name]["f1-score"]),
                "support": int(report[name]["support"]),
            }
            for name in labels
        },
        "confusion_matrix": metrics.confusion_matrix(truth, predicted, labels=labels).tolist(),
        "report": metrics.classification_report(
            truth, predicted, labels=seen, digits=3, zero_division=0
        ),
    }


def action_unit_figures(pairs: Sequence[tuple[Sample, Prediction]]) -> dict[str, Any] | None:
    """None where no face has action units coded. Rare units are left out of the macro F1, a unit
    that is never predicted counts 0; `absent` names those that are never true, or never said."""
    per_au = {}
    for au in MODEL_ACTION_UNITS:
        coded = [
            (s.action_units[au], p.au_present[au])
            for s, p in pairs
            if s.action_units and au in s.action_units
        ]
        if coded:
            per_au[str(au)] = _one_unit(coded)
    if not per_au:
        return None
    counted = [row["f1"] for row in per_au.values() if row["counted"]]
    return {
        "macro_f1": float(np.mean(counted)) if counted else None,
        "min_positives": FEWEST_TO_USE,
        "left_out": [int(au) for au, row in per_au.items() if not row["counted"]],
        "absent": {
            "truth": [int(au) for au, row in per_au.items() if not row["support"]],
            "predictions": [int(au) for au, row in per_au.items() if not row["predicted"]],
        },
        "per_au": per_au,
    }


def _one_unit(coded: list[tuple[bool, bool]]) -> dict[str, Any]:
    truth, predicted = [t for t, _ in coded], [p for _, p in coded]
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        truth, predicted, average="binary", pos_label=True, zero_division=0
    )
    return {
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "support": sum(truth),
        "predicted": sum(predicted),
        "faces": len(truth),
        "base_rate": sum(truth) / len(truth),
        "counted": sum(truth) >= FEWEST_TO_USE,
    }
