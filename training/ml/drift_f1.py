"""F1 on new faces: estimated without labels, beside what labels say where there are some."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures.bootstrap import Estimate
from training.ml.cbpe import F1Estimates, f1_by_chance
from training.ml.drift_figures import F1Line
from training.ml.interval import Interval
from training.ml.seen import Seen

#: Labelled faces that a measured F1 needs.
_FEWEST_LABELLED = 20


def performance(before: Seen, after: Seen) -> tuple[F1Line, ...]:
    """Estimate each F1 on the new faces, and compare estimates with the truth where there is one.

    Parameters
    ----------
    before, after
        The training's faces, and the new ones.
    """
    chances = [np.hstack([side.emotion, side.units]) for side in (before, after)]
    classes = len(EMOTIONS)
    names = {
        "emotion": (slice(0, classes), list(EMOTIONS)),
        "au": (slice(classes, None), [f"AU{au}" for au in MODEL_ACTION_UNITS]),
    }
    means, each = [], []
    for head, (columns, called) in names.items():
        one_of = head == "emotion"
        then, now = (
            f1_by_chance(side.subjects, chance[:, columns], side.said[:, columns], one_of=one_of)
            for side, chance in zip((before, after), chances, strict=True)
        )
        true_before, true = (_measured(side, columns, one_of) for side in (before, after))
        labelled = int((~np.isnan(after.truth[:, columns])).any(axis=1).sum())
        means.append(
            F1Line(
                f"{head}_macro_f1",
                _interval(now.macro),
                None,
                _interval(true.macro if true else None),
                labelled,
                _number(then.macro.value),
                _interval(true_before.macro if true_before else None),
            )
        )
        lines = _lines(called, now, then, true, true_before)
        each += [replace(line, labelled=labelled) for line in lines]
    return (*means, *each)


def _measured(seen: Seen, columns: slice, one_of: bool) -> F1Estimates | None:
    """Return the F1 on the faces that have a truth; None where too few have one."""
    truth = seen.truth[:, columns]
    labelled = ~np.isnan(truth).all(axis=1)
    if labelled.sum() < _FEWEST_LABELLED:
        return None
    return f1_by_chance(
        seen.subjects[labelled], truth[labelled], seen.said[labelled, columns], one_of=one_of
    )


def _lines(
    names: Sequence[str],
    now: F1Estimates,
    then: F1Estimates,
    true: F1Estimates | None,
    true_before: F1Estimates | None,
) -> list[F1Line]:
    return [
        F1Line(
            name,
            _interval(now.each[k]),
            float(now.positives[k]),
            _interval(true.each[k] if true else None),
            0,
            _number(then.each[k].value),
            _interval(true_before.each[k] if true_before else None),
        )
        for k, name in enumerate(names)
    ]


def _interval(found: Estimate | None) -> Interval:
    if found is None:
        return Interval()
    return Interval(_number(found.value), _number(found.low), _number(found.high))


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
