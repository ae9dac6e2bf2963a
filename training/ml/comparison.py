"""A comparison of coders with the first of them: what can be told apart, and for whom."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.measures.bootstrap import Array, Estimate, estimate, estimate_share
from annotations.measures.support import FEWEST_TO_TRUST
from training.ml.compared import (
    Compared,
    ComparedGroup,
    ComparisonFigures,
    McNemar,
    Moved,
    Moves,
)
from training.ml.group_tables import MIN_FACES, MIN_SUBJECTS
from training.ml.interval import Interval
from training.ml.mcnemar import mcnemar
from training.ml.paired import EACH, OVERALL, Mask, Readings, Step, Tables, resampled, tables_of

#: Ids of moved faces that are kept of each kind: as many as any database takes in one statement.
MOST_MOVED = 500

_Key = tuple[str, str]


def compare(readings: Readings, step: Step | None = None) -> ComparisonFigures:
    """Compare coders with the first of them.

    A class or unit counts on the faces where the truth and every coder say something of it.

    Parameters
    ----------
    readings
        Of two coders or more.
    step
        Told how many resamples are done, and how many there are.
    """
    if not len(readings.faces):
        return ComparisonFigures()
    readings = readings.in_common()
    tables, masks = tables_of(readings), _large_groups(readings)
    whole, parts = resampled(tables, list(masks.values()), step)
    by_group = dict(zip(masks, parts, strict=True))
    rows = [
        _row(name, whole[..., at], tables)
        for at, name in enumerate((*OVERALL, *EACH))
        if not np.isnan(whole[0, :, at]).all()
    ]
    return ComparisonFigures(
        faces=len(readings.faces),
        subjects=len(tables.emotion),
        overall=tuple(row for row in rows if row.name in OVERALL),
        classes=tuple(row for row in rows if row.name.startswith("emotion:")),
        units=tuple(row for row in rows if row.name.startswith("au:")),
        groups=_groups(readings, by_group),
        worst=_worst(readings, by_group),
        mcnemar=_tests(readings),
    )


def moves(readings: Readings) -> tuple[Moves, ...]:
    """Return, for each coder but the first, the faces that it reads better and worse."""
    readings = readings.in_common()
    labelled = readings.true_emotion >= 0
    wrong = labelled & (readings.emotion != readings.true_emotion)
    unlike = (readings.true_units >= 0) & (readings.units != readings.true_units)
    errors = unlike.sum(axis=2)
    found = []
    for coder in range(1, len(readings.emotion)):
        emotion = wrong[0].astype(int) - wrong[coder]
        units = errors[0] - errors[coder]
        found.append(
            Moves(
                emotion_better=_moved(readings, emotion),
                emotion_worse=_moved(readings, -emotion),
                units_better=_moved(readings, units),
                units_worse=_moved(readings, -units),
            )
        )
    return tuple(found)


def _moved(readings: Readings, gain: np.ndarray) -> Moved:
    faces = readings.faces[gain > 0]
    order = np.lexsort((faces, -gain[gain > 0]))
    return Moved(len(faces), tuple(faces[order][:MOST_MOVED].tolist()))


def _row(name: str, values: Array, tables: Tables) -> Compared:
    faces, positives = _counts(name, tables)
    shown, subjects = int(positives.sum()), int((positives > 0).sum())
    fewest = MIN_FACES if name in OVERALL else FEWEST_TO_TRUST
    everybody = int((faces > 0).sum())
    figures, differences = _with_intervals(values, everybody, _counting(name, tables))
    return Compared(
        name=name,
        faces=int(faces.sum()),
        subjects=everybody,
        positives=shown,
        enough=shown >= fewest and subjects >= MIN_SUBJECTS,
        figures=figures,
        differences=differences,
    )


def _counts(name: str, tables: Tables) -> tuple[Array, Array]:
    """Count each subject's faces that count in a figure, and that truly show it: (s,) both."""
    emotion, units = tables.emotion[:, 0], tables.units[:, 0]
    kind, _, what = name.partition(":")
    if kind == "au":
        table = units[:, MODEL_ACTION_UNITS.index(int(what))]
        return table.sum(axis=(1, 2)), table[:, 1].sum(axis=1)
    if name == "au_macro_f1":
        faces = units.sum(axis=(2, 3)).max(axis=1)
        return faces, faces
    faces = emotion.sum(axis=(1, 2))
    return faces, emotion[:, EMOTIONS.index(what)].sum(axis=1) if what else faces


def _counting(name: str, tables: Tables) -> list[int]:
    """Count each coder's subjects on whom a class or unit is shown or found: an F1 rests on them.

    Empty for a figure that rests on all subjects.
    """
    kind, _, what = name.partition(":")
    if not what:
        return []
    if kind == "au":
        unit = tables.units[:, :, MODEL_ACTION_UNITS.index(int(what))]
        concerned = unit.sum(axis=(2, 3)) - unit[..., 0, 0]
    else:
        at = EMOTIONS.index(what)
        concerned = tables.emotion[:, :, at].sum(axis=-1) + tables.emotion[..., at].sum(axis=-1)
    counted: list[int] = (concerned > 0).sum(axis=0).tolist()
    return counted


def _with_intervals(
    values: Array, subjects: int, counting: Sequence[int] = ()
) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
    """Return each coder's figure, and its difference to the first's, of values (1 + r, k).

    `counting` are the subjects whom each figure rests on, where these aren't all `subjects`.
    """
    differences = values[:, 1:] - values[:, :1]
    own = counting or [subjects] * values.shape[1]
    figures = zip(values.T, own, strict=True)
    return (
        tuple(_interval(estimate_share(each, number)) for each, number in figures),
        tuple(_interval(estimate(each, subjects)) for each in differences.T),
    )


def _interval(found: Estimate) -> Interval:
    ends = (found.value, found.low, found.high)
    return Interval(*(None if math.isnan(each) else each for each in ends))


def _large_groups(readings: Readings) -> dict[_Key, Mask]:
    """Return the subjects of each group that is large enough to say something of."""
    rows = readings.rows
    everybody = int(rows.max()) + 1
    found = {}
    for dimension, tags in readings.groups.items():
        for tag in np.unique(tags):
            mask = np.bincount(rows[tags == tag], minlength=everybody) > 0
            if mask.sum() >= MIN_SUBJECTS and (tags == tag).sum() >= MIN_FACES:
                found[dimension, str(tag)] = mask
    return found


def _groups(
    readings: Readings, values: Mapping[_Key, Array]
) -> dict[str, tuple[ComparedGroup, ...]]:
    found = {}
    for dimension, tags in readings.groups.items():
        own = []
        for tag in np.unique(tags):
            key, of_it = (dimension, str(tag)), tags == tag
            faces, subjects = int(of_it.sum()), len(np.unique(readings.subjects[of_it]))
            compared = _overall_rows(values[key], faces, subjects) if key in values else ()
            own.append(ComparedGroup(str(tag), faces, subjects, key in values, compared))
        found[dimension] = tuple(own)
    return found


def _worst(readings: Readings, values: Mapping[_Key, Array]) -> dict[str, tuple[Compared, ...]]:
    """Return each coder's least figures over the groups of each dimension that has several."""
    faces, subjects = len(readings.faces), len(np.unique(readings.subjects))
    found = {}
    for dimension in readings.groups:
        own = [each for (kind, _), each in values.items() if kind == dimension]
        if len(own) > 1:
            stacked = np.stack(own)
            least = np.nan_to_num(stacked, nan=np.inf).min(axis=0)
            least = np.where(np.isinf(least), np.nan, least)
            found[dimension] = _overall_rows(least, faces, subjects)
    return found


def _overall_rows(values: Array, faces: int, subjects: int) -> tuple[Compared, ...]:
    return tuple(
        Compared(name, faces, subjects, faces, True, *_with_intervals(values[..., at], subjects))
        for at, name in enumerate(OVERALL)
        if not np.isnan(values[0, :, at]).all()
    )


def _tests(readings: Readings) -> tuple[McNemar, ...]:
    labelled = readings.true_emotion >= 0
    if not labelled.any():
        return ()
    right = readings.emotion[:, labelled] == readings.true_emotion[labelled]
    subjects = readings.subjects[labelled]
    return tuple(mcnemar(right[0], other, subjects) for other in right[1:])
