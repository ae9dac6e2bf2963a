"""Figures on how good a model is, split by split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import classification_report

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures import confusion
from annotations.measures.bootstrap import Array
from annotations.measures.support import FEWEST_TO_USE
from inference.ml.predictions import Prediction
from training.ml.baselines import below_baseline
from training.ml.dataset import Sample
from training.ml.fairness import flags, group_figures
from training.ml.fairness_figures import Fairness
from training.ml.group_flags import study_groups
from training.ml.intervals import with_intervals
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
) -> tuple[Metrics, Fairness]:
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
    Fairness
        Figures of groups, on the faces whose split is "test".
    """
    pairs = list(zip(samples, predictions, strict=True))
    tested = [pair for pair in pairs if split[pair[0].id] == "test"]
    kept = [pair for pair in pairs if split[pair[0].id] == "validation"]
    every = _whole(pairs)
    test = every if len(tested) == len(pairs) else _whole(tested)
    fairness, of_groups = study_groups(tested)
    metrics = Metrics(
        test=test if tested else None,
        validation=_whole(kept) if kept else None,
        all=every,
        flags=(
            *(flag for flag in of_groups if flag.kind == "bias"),  # what matters most comes first
            *flags(every),
            *below_baseline(tested),
            *(flag for flag in of_groups if flag.kind != "bias"),
        ),
    )
    return metrics, fairness


def _whole(pairs: Sequence[tuple[Sample, Prediction]]) -> SplitFigures:
    """Measure some faces with their groups, and how far the figures can be trusted."""
    whole = with_intervals(figures(pairs), pairs)
    return replace(whole, groups=group_figures(pairs, _of_group))


def _of_group(pairs: Sequence[tuple[Sample, Prediction]]) -> SplitFigures:
    return with_intervals(figures(pairs, report=False), pairs, of_each=False)


def figures(pairs: Sequence[tuple[Sample, Prediction]], *, report: bool = True) -> SplitFigures:
    """Measure the predictions of some faces, without their groups.

    Parameters
    ----------
    pairs
        Faces with their truth, and the model's prediction of each.
    report
        Whether to write scikit-learn's report of the emotions, too.
    """
    return SplitFigures(
        faces=len(pairs),
        subjects=len({sample.subject for sample, _ in pairs}),
        emotion=emotion_figures(pairs, report=report),
        action_units=action_unit_figures(pairs),
    )


def emotion_figures(
    pairs: Sequence[tuple[Sample, Prediction]], *, report: bool
) -> EmotionFigures | None:
    """Measure the emotions.

    Macro F1 is the mean over the classes that truth or predictions hold, with 0 where a class has
    no true positive; balanced accuracy is the mean recall over those of the truth.

    Parameters
    ----------
    pairs
        Faces and predictions; those without an emotion label count for nothing.
    report
        As `figures` takes it.

    Returns
    -------
    EmotionFigures or None
        None where no face has an emotion label.
    """
    coded = [(s.emotion, p.emotion) for s, p in pairs if s.emotion]
    if not coded:
        return None
    truth, said = (
        np.array([EMOTIONS.index(name) for name in each]) for each in zip(*coded, strict=True)
    )
    table = confusion.table_of(truth, said, len(EMOTIONS))
    true, found = table.sum(axis=1), table.sum(axis=0)
    majority = int(true.argmax())
    return EmotionFigures(
        classes=EMOTIONS,
        accuracy=float(confusion.accuracy(table)),
        balanced_accuracy=float(confusion.balanced_accuracy(table)),
        macro_f1=float(confusion.macro_f1(table)),
        absent=AbsentEmotions(truth=_without(true), predictions=_without(found)),
        majority_class=EMOTIONS[majority],
        majority_accuracy=float(true[majority] / len(coded)),
        per_class={
            name: ClassFigures(**_scores(one))
            for name, one in zip(EMOTIONS, confusion.one_against_rest(table), strict=True)
        },
        confusion_matrix=tuple(map(tuple, table.astype(int).tolist())),
        report=_report(truth, said) if report else "",
    )


def _without(counts: Array) -> tuple[str, ...]:
    return tuple(name for name, count in zip(EMOTIONS, counts, strict=True) if not count)


def _report(truth: NDArray[np.int64], said: NDArray[np.int64]) -> str:
    held = np.union1d(truth, said)
    text: str = classification_report(
        truth, said, labels=held, target_names=[EMOTIONS[each] for each in held],
        digits=3, zero_division=0,
    )  # fmt: skip
    return text


def _scores(table: Array) -> dict[str, Any]:
    """Return precision, recall, F1 (0 where undefined) and support of a 2 x 2 table."""
    figures = (confusion.precision, confusion.recall, confusion.f1)
    precision, recall, f1 = (float(np.nan_to_num(figure(table))) for figure in figures)
    support = int(table[1].sum())
    return {"precision": precision, "recall": recall, "f1": f1, "support": support}


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
    truth, said = np.array(coded, dtype=np.int64).T
    scores = _scores(confusion.table_of(truth, said, 2))
    return UnitFigures(
        **scores,
        predicted=int(said.sum()),
        faces=len(coded),
        base_rate=scores["support"] / len(coded),
        counted=scores["support"] >= FEWEST_TO_USE,
    )
