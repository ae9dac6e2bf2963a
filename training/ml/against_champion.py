"""Classes and units that a new model reads worse than the champion does, on the same faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotations.facs.picture_quality import Quality
from annotations.measures import confusion
from annotations.measures.bootstrap import Array, resampling_weights, weigh
from annotations.measures.support import FEWEST_TO_TRUST
from inference.ml.predictions import Prediction, Readings, predictions_of
from training.ml.at_once import ends_at_once
from training.ml.dataset import Sample
from training.ml.group_tables import tables_of
from training.ml.metrics import Flag


@dataclass(frozen=True)
class _Difference:
    """F1 of ours and theirs (t,), and the ends (t,) of the difference's interval."""

    ours: Array
    theirs: Array
    low: Array
    high: Array


def below_champion(samples: Sequence[Sample], ours: Readings, champions: Readings) -> list[Flag]:
    """Flag the classes and units that the champion reads better.

    Both are compared on the faces that both have read out of fold, by the F1 on the same draws of
    subjects. The intervals of all differences hold at once (`at_once.py`).

    Parameters
    ----------
    samples
        Faces with their truth.
    ours, champions
        Readings out of fold, by the pictures' digests.
    """
    our_rows, their_rows = ours.rows(), champions.rows()
    shared = [s for s in samples if s.sha256 in our_rows and s.sha256 in their_rows]
    if not shared:
        return []
    tables = [
        tables_of(list(zip(shared, _predictions(readings, rows, shared), strict=True)))
        for readings, rows in ((ours, our_rows), (champions, their_rows))
    ]
    enough = tables[0].tables[:, :, 1].sum(axis=(0, 2)) >= FEWEST_TO_TRUST
    found = _differences(*(each.tables[:, enough] for each in tables))
    names = [name for name, kept in zip(tables[0].targets, enough, strict=True) if kept]
    worse = [
        _in_words(target, found, column)
        for column, target in enumerate(names)
        if found.high[column] < 0
    ]
    return [_flag(worse, len(shared))] if worse else []


def _predictions(
    readings: Readings, rows: dict[str, int], samples: Sequence[Sample]
) -> list[Prediction]:
    chosen = [rows[sample.sha256] for sample in samples]
    emotion, units = readings.emotion[chosen], readings.units[chosen]
    quality = [Quality.GOOD] * len(chosen)  # of no account here
    return predictions_of(
        emotion.astype(float), units.astype(float), readings.present[chosen], quality
    )


def _differences(ours: Array, theirs: Array) -> _Difference:
    """Compare F1 of tables (s, t, 2, 2), each unit's (t,) own."""
    weights = resampling_weights(len(ours))
    mine, other = (confusion.f1(weigh(weights, tables)) for tables in (ours, theirs))
    return _Difference(mine[0], other[0], *ends_at_once(mine - other))


def _in_words(target: str, found: _Difference, column: int) -> tuple[str, str]:
    """Return a target, and how much worse it is read."""
    told = (
        f"{target} {found.ours[column]:.2f} against {found.theirs[column]:.2f} "
        f"({-found.high[column]:.2f} to {-found.low[column]:.2f} less)"
    )
    return target, told


def _flag(worse: list[tuple[str, str]], faces: int) -> Flag:
    names, told = zip(*worse, strict=True)
    message = (
        f"Read worse than by the champion at the time, by F1 on the same {faces} faces, with "
        f"95% intervals over all classes and units at once: {'; '.join(told)}."
    )
    return Flag("below_champion", ", ".join(names), "warning", message)
