"""The work of a report of agreement, done by a worker."""

from __future__ import annotations

from django.db import transaction

from annotations.agreement.ratings import read_codings
from annotations.agreement.report import report_on
from annotations.agreement.services import asked_again, coders_of
from annotations.agreement.state import codings_in, state_of
from annotations.agreement.stored import to_json
from annotations.models import AgreementReport, Coding
from facsweb.jobs.fence import Cancelled
from facsweb.jobs.models import LEASE, Run
from facsweb.jobs.progress import Progress, beating


def carry_out(run: AgreementReport) -> None:
    """Compute the figures and store them all; what was stored for the same question goes."""
    progress = Progress(run)
    coders = coders_of(run)
    try:
        with beating(run.beat, LEASE.total_seconds() / 4):
            state = state_of(coders)  # first: what changes meanwhile is newer
            progress.stage("reading codings", codings_in(state))
            codings = read_codings(
                Coding.objects.all(), coders, blind_only=run.blind_only,
                progress=lambda done: progress(done, codings_in(state)),
            )  # fmt: skip
            progress.stage("counting faces", len(codings.faces))
            found = report_on(codings, progress=progress)
    except Cancelled:
        run.finish(Run.Status.CANCELLED)
        return
    with transaction.atomic():
        # Locked: a withdrawal that comes meanwhile waits, and then finds these figures.
        if run.is_locked() and run.is_cancelled():
            run.finish(Run.Status.CANCELLED)
        elif run.finish(Run.Status.SUCCEEDED):
            AgreementReport.objects.filter(pk=run.pk).update(figures=to_json(found), state=state)
            older = asked_again(run).exclude(pk=run.pk).filter(figures__isnull=False)
            older.update(figures=None)
