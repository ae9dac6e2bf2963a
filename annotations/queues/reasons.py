"""Reasons for which a face is in a queue: the strongest of those offered, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotations.facs import EMOTIONS, MODEL_ACTION_UNITS
from annotations.queues.label_errors import RULES, Suspicion
from annotations.queues.tables import Table


class Ranked(NamedTuple):
    """A face's place: the higher its score, the earlier it comes."""

    face_id: int
    score: float
    reason: str


class Best:
    """The strongest of all reasons offered for each face; words are made at the end."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.score = np.full(len(table.faces), -np.inf)
        self.choice = np.full(len(table.faces), -1)
        self.words: list[Callable[[int], str]] = []

    def offer(
        self, holds: NDArray[np.bool_], score: NDArray[np.float64], words: Callable[[int], str]
    ) -> None:
        better = holds & (np.nan_to_num(score, nan=-1.0) > self.score)
        self.score = np.where(better, np.nan_to_num(score, nan=-1.0), self.score)
        self.choice = np.where(better, len(self.words), self.choice)
        self.words.append(words)

    def ranked(self) -> list[Ranked]:
        return [
            Ranked(
                int(self.table.faces[row]),
                float(self.score[row]),
                self.words[self.choice[row]](int(row)),
            )
            for row in np.flatnonzero(self.choice >= 0)
        ]


def emotion_differs(table: Table, row: int) -> str:
    said, true = EMOTIONS[table.said[row]], EMOTIONS[table.labels.emotions[row]]
    sure = _percent(table.emotion[row, max(table.said[row], 0)])
    return f"Truth says {true}, the model says {said}{sure}."


def unit_differs(table: Table, row: int, column: int) -> str:
    present, given = table.present[row, column] == 1, table.units[row, column]
    sure = _percent(given if present else 1 - given)
    true = "present" if table.labels.units[row, column] == 1 else "absent"
    said = "present" if present else "absent"
    return f"Truth says AU{MODEL_ACTION_UNITS[column]} is {true}, the model says {said}{sure}."


def torn(table: Table, row: int) -> str:
    first, second = np.argsort(-table.emotion[row])[:2]
    return (
        f"The model is torn: {EMOTIONS[first]} {100 * table.emotion[row, first]:.0f} %, "
        f"{EMOTIONS[second]} {100 * table.emotion[row, second]:.0f} %."
    )


def unsure(table: Table, row: int, column: int) -> str:
    chance = 100 * table.units[row, column]
    return f"The model is unsure of AU{MODEL_ACTION_UNITS[column]}: present with {chance:.0f} %."


def emotion_doubted(table: Table, found: Suspicion, broken: NDArray[np.bool_], row: int) -> str:
    likelier = found.likelier[row]
    told = (
        f"Labelled {EMOTIONS[table.labels.emotions[row]]}; the model reads {EMOTIONS[likelier]} "
        f"with {100 * table.emotion[row, likelier]:.0f} %."
    )
    return told + _rules_told(broken[row], range(len(RULES)))


def unit_doubted(table: Table, broken: NDArray[np.bool_], row: int, column: int) -> str:
    au = MODEL_ACTION_UNITS[column]
    label = "present" if table.labels.units[row, column] == 1 else "absent"
    told = (
        f"AU{au} is labelled {label}; the model finds it present with "
        f"{100 * table.units[row, column]:.0f} %."
    )
    return told + _rules_told(broken[row], [n for n, rule in enumerate(RULES) if rule.au == au])


def alike(reason: str, row: int) -> str:
    return reason


def _rules_told(broken: NDArray[np.bool_], which: Iterable[int]) -> str:
    texts = [RULES[number].text for number in which if broken[number]]
    return f" Unusual: {'; '.join(texts)}." if texts else ""


def _percent(chance: float) -> str:
    return "" if np.isnan(chance) else f" with {100 * chance:.0f} %"
