"""Parts of a long prediction run, which several workers share.

The run's own worker splits it, asks for help by one message, and takes part after part; so does
whoever hears the message. A helper that falls silent loses its part after `PART_LEASE`, and one
that is woken later writes nothing. Without any helper, the run's own worker does it all.

Each helper passes the message on before it begins, as long as there is something left to take: so
it reaches as many workers as are free, and at most one such message waits in the queue.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from celery import current_app
from django.db import transaction
from django.db.models import Sum
from kombu.exceptions import OperationalError

from facsweb.jobs.fence import Cancelled, fenced
from facsweb.jobs.progress import beating
from inference.models import InferenceRun
from inference.parts import GOES_ON, PART_LEASE, PredictionPart

logger = logging.getLogger(__name__)

_SECONDS_BETWEEN_LOOKS = 1.0
_HELP = "inference.tasks.help_to_predict"

Ask = Callable[[InferenceRun], None]
#: Does the faces whose ids lie from first to last, inclusive, telling how many it has done.
Work = Callable[[int, int, Callable[[int], None]], None]


def split(run: InferenceRun, ids: Iterable[int], faces: int) -> None:
    """Make parts of the faces to predict, beside those that helpers still have.

    What the run's worker before this one had of parts is begun anew.

    Parameters
    ----------
    ids
        Of the faces that have no prediction yet, ascending.
    faces
        How many make a part.
    """
    with transaction.atomic():
        held = list(run.parts.held_by_helpers())
        run.parts.exclude(pk__in=[part.pk for part in held]).delete()
        taken = [(part.first, part.last) for part in held]
        PredictionPart.objects.bulk_create(
            PredictionPart(run=run, first=some[0], last=some[-1], faces=len(some))
            for some in _beside_ranges(taken, ids, faces)
        )


def ask_for_help(run: InferenceRun) -> None:
    """Send a message that any worker of the queue may hear; without a broker nobody helps."""
    try:
        current_app.send_task(_HELP, [run.pk], retry=False)
    except OperationalError as error:
        logger.warning("nobody is asked to help with %s, the broker is away: %s", run, error)


def lead(
    run: InferenceRun, progress: Callable[[int, int], None], work: Work, ask: Ask = ask_for_help
) -> None:
    """Do the parts that nobody else does, as the run's own worker, until all are done.

    Raises
    ------
    Cancelled
    """
    if run.parts.free().count() > 1:
        ask(run)
    total = run.parts.aggregate(all=Sum("faces"))["all"] or 0
    while run.parts.left().exists():
        done = run.parts.filter(done=True).aggregate(all=Sum("faces"))["all"] or 0
        progress(done, total)
        part = _take(run, by_helper=False)
        if part is None:  # helpers have the rest
            time.sleep(_SECONDS_BETWEEN_LOOKS)
            continue
        work(part.first, part.last, _beside(progress, done, total))
        part.finish()
    run.parts.all().delete()


def help_along(run: InferenceRun, work: Work, ask: Ask = ask_for_help) -> None:
    """Do parts of a run that is another worker's, as long as there are free ones.

    What goes wrong is logged: the run's own worker does the part again, and tells.
    """
    has_asked = False
    while part := _take(run, by_helper=True):
        if not has_asked and run.parts.free().exists():
            has_asked = True
            ask(run)
        with _held(part):
            work(part.first, part.last, _stopper(part))
            part.finish()


@contextmanager
def _held(part: PredictionPart) -> Iterator[None]:
    """Keep a part by heartbeats, write only while it is ours, and give it back if it fails."""
    try:
        with beating(part.beat, PART_LEASE.total_seconds() / 4), fenced(part):
            yield
    finally:
        part.give_back()


def _beside(progress: Callable[[int, int], None], done: int, total: int) -> Callable[[int], None]:
    return lambda more: progress(done + more, total)


def _stopper(part: PredictionPart) -> Callable[[int], None]:
    def stop_unless_ours(done: int) -> None:
        if not part.is_mine():
            raise Cancelled(f"{part} is another worker's by now, or its run has ended.")

    return stop_unless_ours


def _take(run: InferenceRun, *, by_helper: bool) -> PredictionPart | None:
    while part := run.parts.free().first():
        if part.take(by_helper=by_helper):
            return part
        if not InferenceRun.objects.filter(pk=run.pk, **GOES_ON).exists():
            return None
    return None


def _beside_ranges(
    taken: Sequence[tuple[int, int]], ids: Iterable[int], most: int
) -> Iterator[list[int]]:
    """Yield the ids outside of the ranges, so many together, and none across a range."""
    edges, at = sorted(taken), 0
    some: list[int] = []
    for pk in ids:
        while at < len(edges) and pk > edges[at][1]:
            at += 1
            if some:
                yield some
                some = []
        if at == len(edges) or pk < edges[at][0]:
            some.append(pk)
        if len(some) == most:
            yield some
            some = []
    if some:
        yield some
