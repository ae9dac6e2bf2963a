"""Progress of a queue, and the speed at which somebody works on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import Count, Q, Sum
from django.utils import timezone

from annotations.models import Assignment, Queue, Stage, State

#: The rate is that of the last minutes: yesterday's says nothing of today.
WINDOW = timedelta(minutes=10)


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


def progress_of(queue: Queue, stage: str, user: User) -> Progress:
    finished = Assignment.objects.filter(
        item__queue=queue, stage=stage, state=State.COMPLETED
    ).aggregate(done=Count("pk"), mine=Count("pk", filter=Q(user=user)))
    items = queue.items.aggregate(
        plain=Count("pk", filter=Q(gold=None)),
        gold_faces=Count("gold"),
        # A gold face stays at coding, and is for every coder.
        gold_codings=Sum("wanted", filter=Q(gold__isnull=False), default=0),
    )
    total, unit = items["plain"], "faces"
    if stage == Stage.CODING:
        total = items["plain"] * queue.coders_per_face + items["gold_codings"]
        unit = "codings" if queue.coders_per_face > 1 or items["gold_faces"] else "faces"
    return Progress(
        stage=stage,
        done=finished["done"],
        total=total,
        mine=finished["mine"],
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


def shares_of(queue: Queue) -> list[Share]:
    rows = (
        Assignment.objects.filter(item__queue=queue)
        .order_by()
        .values("user__username", "stage")
        .annotate(
            handed=Count("pk", filter=~Q(state=State.RELEASED)),
            done=Count("pk", filter=Q(state=State.COMPLETED)),
        )
        .values_list("user__username", "stage", "handed", "done")
    )
    shares = [Share(who, stage, handed - done, done) for who, stage, handed, done in rows]
    return sorted(shares, key=lambda share: (list(Stage).index(Stage(share.stage)), share.who))


def _rate(queue: Queue, stage: str, user: User) -> float | None:
    """Return this user's recent faces a minute; None with fewer than three of them."""
    finished = (
        Assignment.objects.filter(
            item__queue=queue,
            stage=stage,
            user=user,
            finished_at__gte=timezone.now() - WINDOW,
        )
        .order_by("finished_at")
        .values_list("finished_at", flat=True)
    )
    times = [at for at in finished if at is not None]
    if len(times) < 3:
        return None
    seconds = (times[-1] - times[0]).total_seconds()
    return 60 * (len(times) - 1) / seconds if seconds else None
