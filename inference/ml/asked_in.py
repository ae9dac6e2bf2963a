"""The numbers in which a model is asked, and why, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inference.ml.precision import (
    FEWEST_SUBJECTS,
    JUDGED,
    MARGIN,
    Comparison,
    Int8,
    Precision,
)

#: Why another precision than fp32 would be taken.
_ALTHOUGH = {
    Precision.INT8: "its comparison allows int8",
    Precision.BF16: "it learnt from a trunk in bf16",
}
_ELSEWHERE = {
    Precision.FP32: "",
    Precision.BF16: " It learnt from a trunk in bf16, and a worker whose processor doesn't multiply"
    " such numbers by itself asks it in fp32.",
}
_MARGIN = f"half a point of macro F1 ({MARGIN})"


@dataclass(frozen=True)
class Asked:
    """The numbers in which a model is asked.

    Attributes
    ----------
    why
        In words.
    comparison
        Of int8 with what it learnt in; None where there is none that holds.
    """

    precision: Precision
    why: str
    comparison: Comparison | None = None


def asked(manifest: Mapping[str, Any], *, exact: bool = False) -> Asked:
    """Tell in which numbers a model is asked.

    Parameters
    ----------
    manifest
        As the registry keeps it.
    exact
        Whether the settings forbid all but fp32.
    """
    told = _by_default(manifest)
    if not exact or told.precision is Precision.FP32:
        return told
    although = _ALTHOUGH[told.precision]
    return Asked(
        Precision.FP32,
        f"This installation asks every model in fp32 (PREDICTION_PRECISION), although {although}.",
        told.comparison,
    )


def _by_default(manifest: Mapping[str, Any]) -> Asked:
    learnt = Precision(manifest.get("precision", Precision.FP32))
    int8 = Int8.from_json(manifest.get("int8", {}))
    if int8 is None:
        return Asked(learnt, "It was trained before int8 was tried within each training.")
    found = int8.comparison
    if found is None:
        return Asked(
            learnt,
            f"Its thresholds were changed after int8 had been compared with {learnt} by the old "
            f"ones.{_ELSEWHERE[learnt]}",
        )
    if not int8.is_default:
        return Asked(learnt, f"{_why_not(found)}{_ELSEWHERE[learnt]}", found)
    return Asked(
        Precision.INT8,
        f"On {_of_people(found)} int8 loses less than {_MARGIN}, for emotions and for action units "
        "alike, and takes a fraction of the time. A worker whose processor adds up 8-bit numbers "
        f"otherwise asks in {learnt}.{_ELSEWHERE[learnt]}",
        found,
    )


def _why_not(found: Comparison) -> str:
    if found.subjects < FEWEST_SUBJECTS:
        return (
            f"int8 was compared with {found.learnt_in} on {_of_people(found)}: of fewer than "
            f"{FEWEST_SUBJECTS} subjects, intervals are narrower than they say."
        )
    lost = " and ".join(JUDGED[name] for name in found.lost)
    if not lost:
        return f"Nothing is coded that int8 and {found.learnt_in} could be compared by."
    return f"On {_of_people(found)} int8 may lose {_MARGIN} or more: {lost}."


def _of_people(found: Comparison) -> str:
    subjects = "1 subject" if found.subjects == 1 else f"{found.subjects:,} subjects"
    faces = "1 face" if found.faces == 1 else f"{found.faces:,} faces"
    return f"{faces} of {subjects}"
