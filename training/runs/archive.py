"""The archive of trainings: what is in it is left out of lists, and is there all the same."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from facsweb.jobs.models import RunQuerySet
from facsweb.problems import Conflict
from inference.models import ModelAlias
from training.models import TrainingRun
from training.permissions import training_policy
from training.selectors import champion_id, visible_runs


class StillActive(Conflict):
    code = "still_running"


class MadeTheChampion(Conflict):
    code = "made_the_champion"


def listed_runs(user: User) -> RunQuerySet[TrainingRun]:
    """Return the runs that lists show: all that aren't archived, and what made the champion."""
    champion = ModelAlias.objects.filter(name=ModelAlias.Name.CHAMPION).values("version")
    return visible_runs(user).filter(Q(archived_at__isnull=True) | Q(version__in=champion))


def archived_runs(user: User) -> RunQuerySet[TrainingRun]:
    return visible_runs(user).filter(archived_at__isnull=False)


@transaction.atomic
def archive(run: TrainingRun, user: User) -> TrainingRun:
    """Put a run into the archive, and return it; where it is archived already, nothing changes.

    Raises
    ------
    Forbidden
    StillActive
        It is queued or running.
    MadeTheChampion
        The champion came of it.
    """
    training_policy.check(user, "archive")
    run = TrainingRun.objects.select_for_update().get(pk=run.pk)
    if run.is_active:
        raise StillActive(f"{run} is {run.status}: cancel it, or let it end, and archive it then.")
    if run.version_id is not None and run.version_id == champion_id():
        raise MadeTheChampion(
            f"{run} made {run.version}, the champion. Promote another model before archiving it."
        )
    if run.archived_at is None:
        run.archived_at, run.archived_by = timezone.now(), user
        run.save(update_fields=["archived_at", "archived_by"])
    return run


def unarchive(run: TrainingRun, user: User) -> TrainingRun:
    """Take a run out of the archive, and return it.

    Raises
    ------
    Forbidden
    """
    training_policy.check(user, "archive")
    run.archived_at = run.archived_by = None
    run.save(update_fields=["archived_at", "archived_by"])
    return run
