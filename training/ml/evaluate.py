"""Figures on how good a model is, split by split, by scikit-learn's measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sklearn import metrics

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures.support import FEWEST_TO_USE
from inference.ml.predictions import Prediction
from training.ml.dataset import Sample
from training.ml.fairness import flags, group_figures
from training.ml.metrics import (
    AbsentEmotions,
    AbsentUnits,
    ActionUnitFigures,
    ClassFigures,
    EmotionFigures,
    Metrics,
    SplitFigures,
    UnitFigures,
)


def evaluate(
    samples: Sequence[Sample], predictions: Sequence[Prediction], split: dict[int, str]
) -> Metrics:
    """Measure a model's predictions, and flag what is doubtful about them.

    Parameters
    ----------
    samples, predictions
        n faces with their truth, and the model's prediction of each.
    split
        Sample id -> "test" or "validation".

    Returns
    -------
    Metrics
        Figures without `cross_validated` and `calibration`, which the training adds.
    """
    pairs = list(zip(samples, predictions, strict=True))
    tested = [pair for pair in pairs if split[pair[0].id] == "test"]
    kept = [pair for pair in pairs if split[pair[0].id] == "validation"]
    test, every = _with_groups(tested), _with_groups(pairs)
    return Metrics(
        test=test if tested else None,
        validation=_with_groups(kept) if kept else None,
        all=every,
        flags=tuple(flags(every, test, tested)),
    )


def _with_groups(pairs: Sequence[tuple[Sample, Prediction]]) -> SplitFigures:
    return replace(figures(pairs), groups=group_figures(pairs, figures))


def figures(pairs: Sequence[tuple[Sample, Prediction]]) -> SplitFigures:
    """Measure the predictions of some faces, without their groups.

    Parameters
    ----------
    pairs
        Faces with their truth, and the model's prediction of each.
    """
    return SplitFigures(
        faces=len(pairs),
        subjects=len({sample.subject for sample, _ in pairs}),
        emotion=emotion_figures(pairs),
        action_units=action_unit_figures(pairs),
    )


def emotion_figures(pairs: Sequence[tuple[Sample, Prediction]]) -> EmotionFigures | None:
    """Measure the emotions.

    The definitions are scikit-learn's defaults: macro F1 is the mean over the classes that truth or
    predictions hold, with 0 where a class has no true positive (`zero_division=0`); balanced
    accuracy is the mean recall over those of the truth.

    Parameters
    ----------
    pairs
        Faces and predictions; those without an emotion label count for nothing.

    Returns
    -------
    EmotionFigures or None
        None where no face has an emotion label.
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
    return EmotionFigures(
        classes=EMOTIONS,
        accuracy=float(metrics.accuracy_score(truth, predicted)),
        balanced_accuracy=float(
            np.mean([report[label]["recall"] for label in labels if label in truth])
        ),
        macro_f1=float(
            metrics.f1_score(truth, predicted, average="macro", labels=seen, zero_division=0)
        ),
        absent=AbsentEmotions(
            truth=tuple(label for label in labels if label not in truth),
            predictions=tuple(label for label in labels if label not in predicted),
        ),
        majority_class=majority,
        majority_accuracy=truth.count(majority) / len(truth),
        per_class={label: _one_class(report[label]) for label in labels},
        confusion_matrix=tuple(
            map(tuple, metrics.confusion_matrix(truth, predicted, labels=labels).tolist())
        ),
        report=metrics.classification_report(
            truth, predicted, labels=seen, digits=3, zero_division=0
        ),
    )


def _one_class(row: dict[str, float]) -> ClassFigures:
    return ClassFigures(
        precision=float(row["precision"]),
        recall=float(row["recall"]),
        f1=float(row["f1-score"]),
        support=int(row["support"]),
    )


def action_unit_figures(pairs: Sequence[tuple[Sample, Prediction]]) -> ActionUnitFigures | None:
    """Measure the action units.

    Rare units are left out of the macro F1; a unit that is never predicted counts as 0.

    Parameters
    ----------
    pairs
        Faces and predictions; a unit that isn't coded on a face counts for nothing there.

    Returns
    -------
    ActionUnitFigures or None
        None where no face has an action unit coded.
    """
    per_au = {}
    for au in MODEL_ACTION_UNITS:
        coded = [
            (s.action_units[au], p.au_present[au])
            for s, p in pairs
            if s.action_units and au in s.action_units
        ]
        if coded:
            per_au[au] = _one_unit(coded)
    if not per_au:
        return None
    counted = [row.f1 for row in per_au.values() if row.counted and row.f1 is not None]
    return ActionUnitFigures(
        macro_f1=float(np.mean(counted)) if counted else None,
        min_positives=FEWEST_TO_USE,
        left_out=tuple(au for au, row in per_au.items() if not row.counted),
        absent=AbsentUnits(
            truth=tuple(au for au, row in per_au.items() if not row.support),
            predictions=tuple(au for au, row in per_au.items() if not row.predicted),
        ),
        per_au=per_au,
    )


def _one_unit(coded: list[tuple[bool, bool]]) -> UnitFigures:
    truth, predicted = [t for t, _ in coded], [p for _, p in coded]
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        truth, predicted, average="binary", pos_label=True, zero_division=0
    )
    return UnitFigures(
        precision=float(precision),
        recall=float(recall),
        f1=float(f1),
        support=sum(truth),
        predicted=sum(predicted),
        faces=len(truth),
        base_rate=sum(truth) / len(truth),
        counted=sum(truth) >= FEWEST_TO_USE,
    )
