"""Progress of a queue, and the speed at which somebody works on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import Count
from django.utils import timezone

from annotations.models import Queue, Stage, State
from facsweb.recent import Recent

#: The rate is that of the last minutes: yesterday's says nothing of today.
WINDOW = timedelta(minutes=10)
#: The latest that tell how fast somebody is.
_PACED_BY = 500


@dataclass(frozen=True)
class Progress:
    """Progress of a stage. `unit` is what is counted: faces, or codings if a face needs several."""

    stage: str
    done: int
    total: int
    mine: int
    per_minute: float | None
    unit: str

    @property
    def percent(self) -> int:
        return round(100 * self.done / self.total) if self.total else 0

    @property
    def text(self) -> str:
        """The progress in words, such as "212 of 560 faces, 9 a minute"."""
        rate = f", {self.per_minute:.0f} a minute" if self.per_minute else ""
        return f"{self.done:,} of {self.total:,} {self.unit}{rate}"

    @property
    def minutes_left(self) -> int | None:
        if not self.per_minute:
            return None
        return max(1, round((self.total - self.done) / self.per_minute))


@dataclass(frozen=True)
class Counts:
    """A queue in numbers, from which its page tells everything: two queries, however many faces.

    Attributes
    ----------
    items
        (stage, state, people wanted, people who have it, whether it is a gold face) -> faces.
    assignments
        (stage, state, user's id) -> assignments.
    """

    items: Mapping[tuple[str, str, int, int, bool], int]
    assignments: Mapping[tuple[str, str, int], int]

    def faces(self, *, gold: bool) -> int:
        """Count the gold faces, or the others."""
        return sum(count for key, count in self.items.items() if key[4] == gold)

    def by_state(self) -> dict[tuple[str, str], int]:
        """Map stage and state to the number of faces, in the stages' order."""
        found: dict[tuple[str, str], int] = defaultdict(int)
        for (stage, state, *_), count in sorted(self.items.items(), key=lambda one: one[0][:2]):
            found[stage, state] += count
        return dict(found)


def counts_of(queue: Queue) -> Counts:
    """Count a queue's items and assignments by all that matters of them.

    Of a queue of many faces they may be some seconds old: see `facsweb.recent`.
    """
    return _recent.of(queue.pk, lambda: _count(queue))


def _count(queue: Queue) -> Counts:
    # Grouped by columns in their order in an index, so that nothing is sorted.
    kinds = queue.items.order_by().values_list("stage", "state", "wanted", "taken")
    items: dict[tuple[str, str, int, int, bool], int] = {}
    for *key, count, gold in kinds.annotate(Count("pk"), Count("gold")):
        stage, state, wanted, taken = key
        for is_gold, number in ((False, count - gold), (True, gold)):
            if number:
                items[stage, state, wanted, taken, is_gold] = number
    assignments = queue.assignments.order_by().values_list("stage", "state", "user")
    shares = assignments.annotate(Count("pk"))
    return Counts(items, {(stage, state, who): count for stage, state, who, count in shares})


_recent: Recent[Counts] = Recent(lambda counts: sum(counts.items.values()))


def progress_of(queue: Queue, stage: str, user: User, counts: Counts | None = None) -> Progress:
    """Return how far a stage is, for `user`; of several stages, count once and hand it on."""
    counts = counts or counts_of(queue)
    done = {
        who: count
        for (at, state, who), count in counts.assignments.items()
        if at == stage and state == State.COMPLETED
    }
    plain, gold = counts.faces(gold=False), counts.faces(gold=True)
    total, unit = plain, "faces"
    if stage == Stage.CODING:
        # A gold face stays at coding, and is for every coder.
        wanted = sum(key[2] * count for key, count in counts.items.items() if key[4])
        total = plain * queue.coders_per_face + wanted
        unit = "codings" if queue.coders_per_face > 1 or gold else "faces"
    return Progress(
        stage=stage,
        done=sum(done.values()),
        total=total,
        mine=done.get(user.pk, 0),
        per_minute=_rate(queue, stage, user),
        unit=unit,
    )


@dataclass(frozen=True)
class Share:
    """One person's assignments at one stage: in hand, and done."""

    who: str
    stage: str
    in_hand: int
    done: int


def shares_of(counts: Counts) -> list[Share]:
    """Return who has how many assignments at which stage, without those that went to others."""
    handed: dict[tuple[str, int], int] = defaultdict(int)
    done: dict[tuple[str, int], int] = defaultdict(int)
    for (stage, state, user), count in counts.assignments.items():
        handed[stage, user] += count if state != State.RELEASED else 0
        done[stage, user] += count if state == State.COMPLETED else 0
    people = get_user_model().objects.in_bulk({user for _, user in handed})
    shares = [
        Share(people[user].get_username(), stage, count - done[stage, user], done[stage, user])
        for (stage, user), count in handed.items()
    ]
    return sorted(shares, key=lambda share: (list(Stage).index(Stage(share.stage)), share.who))


def _rate(queue: Queue, stage: str, user: User) -> float | None:
    """Return this user's recent faces a minute; None with fewer than three of them."""
    finished = (
        queue.assignments.filter(
            stage=stage,
            user=user,
            finished_at__gte=timezone.now() - WINDOW,
        )
        .order_by("-finished_at")
        .values_list("finished_at", flat=True)
    )
    times = [at for at in finished[:_PACED_BY] if at is not None]
    if len(times) < 3:
        return None
    seconds = (times[0] - times[-1]).total_seconds()
    return 60 * (len(times) - 1) / seconds if seconds else None
