"""The forecast of a whole training: what share of it is over, and when it ends.

It begins with the plan (`training.ml.stage_plan`). While the training goes on, what its stages took
corrects what is left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from training.ml.progress import Progress
from training.ml.stage_plan import CACHED, RATES, StageTime, kind_of

#: Kinds of stages whose pace tells of one another's: the same trunk, the same networks.
_FAMILIES = {"augmented features": "features", "maps": "features", "final heads": "fold"}
#: Stages that end before their last epoch when the validation loss gets no better.
_STOPS_EARLY = {"fold", "final heads"}

_QUIET_SECONDS = 3.0
#: The time that is told follows what is known within seconds, and faster towards the end.
_SMOOTHING_SECONDS, _SMOOTHING_SHARE = 4.0, 0.08
#: Seconds of evidence that weigh as much as the plan: of a stage of the family, of any stage.
_OWN, _OTHERS = 2.0, 12.0
_NEARLY_DONE = 0.99


@dataclass
class _Part:
    """A stage of the plan: expected seconds, and what it took once it has ended."""

    stage: str
    work: float
    expected: float
    spent: float | None = None

    @property
    def family(self) -> str:
        kind = kind_of(self.stage)
        return _FAMILIES.get(kind, kind)


@dataclass
class Forecast:
    """A training's progress as a share of the whole, and the seconds that it will still take.

    Parameters
    ----------
    plan
        From `plan_of`.
    rates
        From `learned_rates`.
    floor
        What share was told before the training had to begin anew.
    """

    plan: Mapping[str, float]
    rates: Mapping[str, float] = field(default_factory=lambda: RATES)
    floor: float = 0.0

    def __post_init__(self) -> None:
        self._parts = [
            _Part(stage, work, work * self.rates[kind_of(stage)])
            for stage, work in self.plan.items()
        ]
        self._at = -1
        self._began = self._stage_began = self._heard = 0.0
        self._last: Progress | None = None
        self._ends: float | None = None
        self._told = self.floor
        self._epochs: list[float] = []
        self.finished: list[StageTime] = []

    def hear(self, told: Progress, now: float) -> None:
        """Take in how far the training is.

        Parameters
        ----------
        told
            What the training says.
        now
            Seconds by a clock that never goes back.
        """
        if self._last is None:
            self._began = self._heard = now
        if self._last is None or told.stage != self._last.stage:
            self._begin(told, now)
        self._last = told
        if kind_of(told.stage) in CACHED:
            self._reweigh(told)
        if self._at == len(self._parts) - 1 and told.total and told.done == told.total:
            self._end(now)  # no other stage will
        self._smooth(now)

    def plan_anew(self, stage: str, work: float) -> None:
        """Take in another amount of work of a stage that hasn't begun.

        Parameters
        ----------
        stage
            One of the plan; another is left alone.
        work
            In the units of its kind.
        """
        for part in self._parts[self._at + 1 :]:
            if part.stage == stage:
                part.work, part.expected = work, work * self.rates[kind_of(stage)]

    @property
    def planned(self) -> float:
        """The seconds that the whole was planned for, before anything was heard."""
        return sum(part.expected for part in self._parts)

    @property
    def seconds_left(self) -> float | None:
        """The seconds that the training will still take; None while nobody can tell."""
        if self._ends is None or self._heard - self._began < _QUIET_SECONDS:
            return None
        return None if self._knows_nothing() else max(0.0, self._ends - self._heard)

    @property
    def share(self) -> float:
        """The share of the whole time that is over, 0 to 0.99; it never goes back."""
        return self._told

    def _knows_nothing(self) -> bool:
        """Tell whether it is still unknown how many pictures are in the cache."""
        return self._last is None or kind_of(self._last.stage) == "weights"

    def _begin(self, told: Progress, now: float) -> None:
        if self._at >= 0:
            self._end(now)
        at = next((i for i, part in enumerate(self._parts) if part.stage == told.stage), None)
        if at is None:
            at = self._insert(told.stage)
        for part in self._parts[self._at + 1 : at]:
            part.spent = 0.0  # it was left out
        self._at, self._stage_began = at, now

    def _end(self, now: float) -> None:
        part, last = self._parts[self._at], self._last
        assert last is not None
        if part.spent is not None:
            return
        if last.found:  # by an earlier worker: how long it takes isn't known by that
            part.expected = part.spent = 0.0
            return
        seconds = now - self._stage_began
        part.spent = seconds
        if last.done and kind_of(part.stage) in _STOPS_EARLY:
            self._epochs.append(last.done / last.total)
        work = float(last.total) if kind_of(part.stage) in CACHED else part.work
        self.finished.append(StageTime(part.stage, round(seconds, 3), work))

    def _insert(self, stage: str) -> int:
        """Make room for a stage that the plan doesn't have, such as one fold of fewer."""
        kind = kind_of(stage)
        rate = self.rates.get(kind, 0.0)
        if kind != stage:  # the plan has others: they are one for one
            for i in range(self._at + 1, len(self._parts)):
                if kind_of(self._parts[i].stage) == kind:
                    self._parts[i].stage = stage
                    return i
        self._parts.insert(self._at + 1, _Part(stage, 0.0, rate))
        return self._at + 1

    def _reweigh(self, told: Progress) -> None:
        """Take the pictures that aren't in the cache for the work of this stage and later ones."""
        part = self._parts[self._at]
        part.expected = told.total * self.rates[kind_of(part.stage)]
        if part.stage != "features" or not part.work:
            return
        missing = told.total / part.work
        for other in self._parts[self._at + 1 :]:
            if other.stage in {"augmented features", "int8"}:
                other.expected = missing * other.work * self.rates[other.stage]

    def _smooth(self, now: float) -> None:
        left = self._left(now)
        slow = min(_SMOOTHING_SECONDS, max(0.5, _SMOOTHING_SHARE * left))
        weight = 1 - math.exp(-(now - self._heard) / slow)
        sudden = self._ends is None or now - self._began < _QUIET_SECONDS or self._knows_nothing()
        kind = kind_of(self._last.stage) if self._last else ""
        if sudden or (kind in CACHED and not (self._last and self._last.done)):
            self._ends = now + left
        elif self._ends is not None:
            self._ends += weight * (now + left - self._ends)
        self._heard = now
        elapsed, ends = now - self._began, max(self._ends or now, now)
        whole = elapsed / (ends - self._began) if ends > self._began else 0.0
        share = self.floor + (1 - self.floor) * whole
        self._told = max(self._told, min(share, _NEARLY_DONE))

    def _left(self, now: float) -> float:
        """Return the seconds that are left by what is known now."""
        rest = sum(
            part.expected * self._pace(part.family, now) for part in self._parts[self._at + 1 :]
        )
        return self._left_of_stage(now) + rest

    def _left_of_stage(self, now: float) -> float:
        part = self._parts[self._at]
        spent, done = now - self._stage_began, self._done()
        expected = part.expected * self._pace(part.family, now, current=False)
        # What takes longer than planned may take a while yet.
        planned = max(expected - spent, 0.15 * spent)
        if not done:
            return planned
        trust = min(1.0, done * (1 if kind_of(part.stage) in _STOPS_EARLY else 4))
        return trust * spent * (1 - done) / done + (1 - trust) * planned

    def _done(self) -> float:
        """Return the share of the stage that is done: of epochs, of as many as are likely."""
        last = self._last
        if last is None or not last.total:
            return 0.0
        share = last.done / last.total
        if kind_of(last.stage) in _STOPS_EARLY and self._epochs:
            share /= sum(self._epochs) / len(self._epochs)
        return min(share, 1.0)

    def _pace(self, family: str, now: float, *, current: bool = True) -> float:
        """Return how much slower than planned this family of stages is, 1 without evidence."""
        own = self._evidence(now, family, current)
        if own[1]:
            return (own[0] + _OWN) / (own[1] + _OWN)
        spent, planned = self._evidence(now, None, current)
        return min(max((spent + _OTHERS) / (planned + _OTHERS), 0.3), 16.0)

    def _evidence(self, now: float, family: str | None, current: bool) -> tuple[float, float]:
        """Return the seconds that stages took, and those that were planned for as much."""
        ended = [
            part
            for part in self._parts
            if part.spent is not None and part.expected and family in {None, part.family}
        ]
        spent = sum(part.spent or 0.0 for part in ended)
        planned = sum(part.expected for part in ended)
        part = self._parts[self._at]
        if current and family in {None, part.family}:
            done = self._done()
            if done > 0.1:
                spent += now - self._stage_began
                planned += done * part.expected
        return spent, planned
