"""Parts of a prediction run, each claimed by one worker at a time."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from facsweb.jobs.models import Run

#: A helper's part is taken from it when it has been silent for so long.
PART_LEASE = timedelta(seconds=60)
#: A run on which its worker is to go on.
GOES_ON = {"status": Run.Status.RUNNING, "cancel_requested": False}
_ITS_RUN_GOES_ON = {f"run__{name}": value for name, value in GOES_ON.items()}


class PredictionPartQuerySet(models.QuerySet["PredictionPart"]):
    def left(self) -> PredictionPartQuerySet:
        return self.filter(done=False)

    def held_by_helpers(self) -> PredictionPartQuerySet:
        """Return the parts that are under way by helpers who were heard of within the lease."""
        return self.left().filter(by_helper=True, held_at__gte=Now() - PART_LEASE)

    def free(self) -> PredictionPartQuerySet:
        """Return the parts to do that nobody has, or whose helper fell silent."""
        silent = Q(by_helper=True, held_at__lt=Now() - PART_LEASE)
        return self.left().filter(silent | Q(held_at=None))


class PredictionPart(models.Model):
    """A part of a long prediction run that any worker may take; gone when all are done.

    The run belongs to one worker, which ends it and does what nobody else does. Others lend a hand:
    a part is theirs by a claim that lapses unless they renew it (see inference/sharing.py).
    """

    run = models.ForeignKey(
        "inference.InferenceRun", on_delete=models.CASCADE, related_name="parts"
    )
    #: The least and the greatest id of the part's faces.
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    faces = models.PositiveIntegerField()
    #: Counts the claims, so that who took it knows whether it is still theirs.
    claims = models.PositiveIntegerField(default=0)
    #: When its holder was last heard of, by the database's clock; null: nobody has it.
    held_at = models.DateTimeField(null=True, blank=True)
    #: Whether a helper holds it, who isn't the run's own worker.
    by_helper = models.BooleanField(default=False)
    done = models.BooleanField(default=False)

    objects = PredictionPartQuerySet.as_manager()

    class Meta:
        ordering = ["first"]
        constraints = [
            models.UniqueConstraint(fields=["run", "first"], name="a_part_begins_once"),
            models.CheckConstraint(condition=Q(first__lte=F("last")), name="a_part_has_faces"),
        ]

    def __str__(self) -> str:
        return f"Faces {self.first} to {self.last} of inference run {self.run_id}"

    def take(self, *, by_helper: bool) -> bool:
        """Claim a free part of a run that goes on; returns False if somebody was quicker."""
        free = type(self).objects.free().filter(pk=self.pk, claims=self.claims)
        taken = free.filter(**_ITS_RUN_GOES_ON).update(
            held_at=Now(), by_helper=by_helper, claims=F("claims") + 1
        )
        self.claims += taken
        return taken == 1

    def beat(self) -> None:
        """Say that its holder is alive."""
        self._mine().update(held_at=Now())

    def finish(self) -> None:
        self._mine().update(done=True, held_at=None)

    def give_back(self) -> None:
        self._mine().update(held_at=None)

    def is_mine(self) -> bool:
        """Tell whether this worker still has the part, and the run goes on."""
        return self._mine().filter(**_ITS_RUN_GOES_ON).exists()

    def is_locked(self) -> bool:
        """Lock its row until the commit; tell whether this worker has it, and the run goes on."""
        row = self._mine().filter(**_ITS_RUN_GOES_ON).select_for_update(of=("self",)).order_by()
        return row.values_list("pk", flat=True).first() is not None

    def _mine(self) -> PredictionPartQuerySet:
        return type(self).objects.left().filter(pk=self.pk, claims=self.claims)
