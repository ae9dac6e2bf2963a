"""Lines of our own lossless export: what each may hold."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from typing import Any, get_type_hints

from annotations import facs
from annotations.facs.head_pose import Pose
from annotations.facs.prediction_set import PredictionSet
from annotations.facs.reference_kind import ReferenceKind
from annotations.formats import records

_SHA256 = re.compile(r"[0-9a-f]{64}")
#: Values that a column may hold, beyond its type.
_CHOICES: dict[str, set[Any]] = {
    "coder_kind": {"human", "model", "import"},
    "kind": {"human", "model", "import"},
    "emotion": {"", *facs.EMOTIONS},
    "basic_emotion": {"", *facs.CKPLUS_EMOTIONS},
    "intensity": {"", *facs.INTENSITIES},
    "side": {"", *facs.SIDES},
    "au": set(facs.ACTION_UNITS),
    "extension": {"png", "jpg"},
    "colour_mode": {"greyscale", "rgb"},
    "compared_with": {"", *ReferenceKind},
}
_DIGESTS = {"sha256", "face"}
_NUMBERS_FROM_1 = {
    "number", "based_on", "reviewed", "result", "replaced", "undoes", "width", "height",
}  # fmt: skip


class WrongValue(ValueError):
    """A value that a line may not hold, and in which field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def record_of(values: Any, shape: type) -> Any:
    """Return a line of the export as a record.

    Parameters
    ----------
    values
        What the line's JSON held.
    shape
        The record's class, of `annotations.formats.records`.

    Raises
    ------
    WrongValue
        A field is missing, unknown or holds what it may not.
    """
    if not isinstance(values, dict):
        raise WrongValue("line", "A line is a JSON object.")
    names = {field.name for field in fields(shape)}
    optional = {field.name for field in fields(shape) if field.default is not MISSING}
    if unlike := (names ^ values.keys()) - optional:
        raise WrongValue(min(unlike), f"Missing or unknown: {', '.join(sorted(unlike))[:200]}.")
    hints = _hints(shape)
    for name, value in values.items():
        if name == "scores":
            if not isinstance(value, list):
                raise WrongValue(name, "scores is a list.")
            values[name] = tuple(record_of(score, records.ScoreRecord) for score in value)
        elif not _fits(value, hints[name]):
            raise WrongValue(name, f"{str(value)[:60]!r} is not a value of {name}.")
        else:
            _check_value(name, value)
    return shape(**values)


_KNOWN_HINTS: dict[type, dict[str, str]] = {}


def _hints(shape: type) -> dict[str, str]:
    if shape not in _KNOWN_HINTS:
        _KNOWN_HINTS[shape] = {name: str(hint) for name, hint in get_type_hints(shape).items()}
    return _KNOWN_HINTS[shape]


def _fits(value: Any, hint: str) -> bool:
    if value is None:
        return "None" in hint
    if "Mapping" in hint:
        return isinstance(value, dict)
    if isinstance(value, bool):
        return hint == "<class 'bool'>"
    if isinstance(value, int):
        return "int" in hint or "float" in hint
    if isinstance(value, float):
        return "float" in hint
    return isinstance(value, str) and hint == "<class 'str'>"


def _check_value(name: str, value: Any) -> None:
    if name in _CHOICES and value not in _CHOICES[name]:
        raise WrongValue(name, f"{str(value)[:60]!r} is not a value of {name}.")
    if name in _DIGESTS and not _SHA256.fullmatch(value):
        raise WrongValue(name, f"{name} is not a SHA-256.")
    if name in _NUMBERS_FROM_1 and value is not None and not 1 <= value < 2**31:
        raise WrongValue(name, f"{value} is not a value of {name}.")
    if name == "frame" and value is not None and not 0 <= value < 2**31:
        raise WrongValue(name, f"{value} is not a frame.")
    if name == "probability" and value is not None and not 0 <= value <= 1:
        raise WrongValue(name, "A probability is 0 to 1.")
    if name == "drawn_share" and value is not None and not 0 <= value <= 1:
        raise WrongValue(name, "A share is 0 to 1.")
    if name == "distance" and value is not None and not 0 <= value < 1e6:
        raise WrongValue(name, "A distance is 0 or more.")
    if name == "sets" and value is not None and not _are_sets(value):
        raise WrongValue(name, "Give emotions, unsure (action units) and coverage (0 to 1).")
    if name == "pose" and value is not None and not _is_pose(value):
        raise WrongValue(name, "Give yaw, pitch and roll, in degrees of -180 to 180.")
    if name == "emotion_probabilities" and value is not None and not _are_chances(value):
        raise WrongValue(name, "Give each emotion a probability of 0 to 1.")
    if isinstance(value, str) and "\0" in value:
        raise WrongValue(name, "A NUL character can't be stored.")


def _are_sets(sets: dict[str, Any]) -> bool:
    try:
        found = PredictionSet.from_json(sets)
    except (TypeError, ValueError):
        return False
    return (
        sets == found.to_json()
        and set(found.emotions) <= set(facs.EMOTIONS)
        and set(found.unsure) <= set(facs.MODEL_ACTION_UNITS)
        and 0 < found.coverage < 1
    )


def _is_pose(angles: dict[str, Any]) -> bool:
    if set(angles) != {field.name for field in fields(Pose)}:
        return False
    # A truth value is a number to Python, but no angle.
    numbers = [angle for angle in angles.values() if type(angle) in (int, float)]
    return len(numbers) == len(angles) and all(abs(angle) <= 180 for angle in numbers)


def _are_chances(chances: dict[str, Any]) -> bool:
    return all(
        name in facs.EMOTIONS
        and isinstance(chance, int | float)
        and not isinstance(chance, bool)
        and 0 <= chance <= 1
        for name, chance in chances.items()
    )
