"""The yardstick: what a model gains over a network that never saw these faces, and over none.

Two readers stand beside a model on the same test faces: the expression prior as it is
(`inference.ml.expression_prior`), and the constant answer of the commonest class. Differences are
paired: each resample of subjects gives the figures of all three (Efron & Tibshirani 1993, *An
Introduction to the Bootstrap*, chapter 8). Only emotions can be held against it; the prior reads no
action units, and theirs stand beside `baselines.always_f1`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS
from annotations.measures import confusion
from annotations.measures.bootstrap import Array, estimate, resampling_weights, weigh
from annotations.measures.support import FEWEST_TO_TRUST
from inference.ml.predictions import Prediction
from training.ml.dataset import Sample, emotion_targets
from training.ml.interval import Interval
from training.ml.metrics import Flag
from training.ml.yardstick_figures import Beside, Yardstick

#: As many as where else two readers are compared (`training.ml.paired`).
RESAMPLES = 2000
PRIOR, MAJORITY = "prior", "majority"
#: Why there is nothing of the prior, for people.
NOT_FETCHED = "not measured: the prior’s weights aren’t here (make weights)"
NO_EMOTIONS = "not measured: no test face has an emotion label"

_FIGURES: dict[str, Callable[[Array], Array]] = {
    "accuracy": confusion.accuracy,
    "macro_f1": confusion.macro_f1,
}


def measure_yardstick(
    pairs: Sequence[tuple[Sample, Prediction]], prior: NDArray[np.float64] | None
) -> Yardstick:
    """Compare a model with the prior and with the commonest class, on the same faces.

    Parameters
    ----------
    pairs
        n test faces with their truth, and the model's prediction of each.
    prior
        (n, 3) the prior's probabilities of `facs.EMOTIONS` (`expression_prior.emotions_of`); None
        where its weights aren't there.
    """
    truth = emotion_targets([sample for sample, _ in pairs])
    coded = truth >= 0
    if not coded.any():
        return Yardstick(why_not=NO_EMOTIONS)
    truth = truth[coded]
    subjects = np.array([sample.subject for sample, _ in pairs])[coded]
    model = np.array([EMOTIONS.index(said.emotion) for _, said in pairs])[coded]
    commonest = int(np.bincount(truth).argmax())
    answers = {MAJORITY: np.full_like(truth, commonest)}
    if prior is not None:
        answers = {PRIOR: prior.argmax(axis=1)[coded], **answers}
    return Yardstick(
        faces=len(truth),
        subjects=len(np.unique(subjects)),
        majority_class=EMOTIONS[commonest],
        why_not="" if prior is not None else NOT_FETCHED,
        readers=_beside(subjects, truth, model, answers),
    )


def _beside(
    subjects: NDArray[np.str_],
    truth: NDArray[np.int64],
    model: NDArray[np.int64],
    answers: Mapping[str, NDArray[np.int64]],
) -> dict[str, Beside]:
    """Return each reader's figures, and what the model has more, over the same resamples."""

    def drawn(said: NDArray[np.int64]) -> dict[str, Array]:
        tables = weigh(weights, confusion.tables_by_subject(subjects, truth, said, len(EMOTIONS)))
        return {name: figure(tables) for name, figure in _FIGURES.items()}

    people = len(np.unique(subjects))
    weights = resampling_weights(people, resamples=RESAMPLES)
    ours = drawn(model)
    beside = {}
    for reader, said in answers.items():
        theirs = drawn(said)
        beside[reader] = Beside(
            **{name: _interval(theirs[name], people) for name in _FIGURES},
            **{f"{name}_gain": _interval(ours[name] - theirs[name], people) for name in _FIGURES},
        )
    return beside


def _interval(values: Array, subjects: int) -> Interval:
    found = estimate(values, subjects)
    ends = (found.value, found.low, found.high)
    return Interval(*(None if np.isnan(end) else float(end) for end in ends))


def not_above(yardstick: Yardstick) -> list[Flag]:
    """Flag the readers that a model isn't shown to be above.

    It is shown where the whole 95 % interval of both gains, in accuracy and in macro F1, lies above
    0. With fewer test faces than FEWEST_TO_TRUST nothing is said.

    Parameters
    ----------
    yardstick
        From `measure_yardstick`.
    """
    if yardstick.faces < FEWEST_TO_TRUST:
        return []
    called = {
        PRIOR: "a network that never saw these faces (the expression prior, zero-shot)",
        MAJORITY: f"always answering {yardstick.majority_class}",
    }
    flags = []
    for reader, beside in yardstick.readers.items():
        gains = {"accuracy": beside.accuracy_gain, "macro F1": beside.macro_f1_gain}
        unsure = {name: gain for name, gain in gains.items() if not is_above(gain)}
        if unsure:
            told = "; ".join(f"{name} {_signed(gain)}" for name, gain in unsure.items())
            message = _message(called[reader], told, nothing=len(unsure) == len(gains))
            flags.append(Flag("no_gain", "emotion", "warning", message))
    return flags


def is_above(gain: Interval | None) -> bool:
    """Tell whether a whole interval lies above 0."""
    return gain is not None and gain.low is not None and gain.low > 0


def _message(reader: str, told: str, *, nothing: bool) -> str:
    gained = " Training has gained nothing that can be shown." if nothing else ""
    return (
        f"The model isn’t shown to read emotions better than {reader} on the same test faces: "
        f"{told}.{gained} Look at the labels, or collect more subjects."
    )


def _signed(gain: Interval | None) -> str:
    if gain is None or gain.value is None:
        return "undefined"
    if gain.low is None or gain.high is None:
        return f"{gain.value:+.2f}, without an interval"
    return f"{gain.value:+.2f} ({gain.low:+.2f} to {gain.high:+.2f})"
