"""The part of agreement: figures that were made of the subject's faces go, and are made anew."""

from __future__ import annotations

from annotations.models import AgreementReport, Coding
from annotations.withdrawal.doomed import Doomed
from annotations.withdrawal.parts import Counts, Part
from facsweb.jobs.log import JobLog

_STOPPED = "Stopped: a subject of whose faces it read codings has withdrawn. Ask for it again."


def _rows(doomed: Doomed) -> Counts:
    """Drop the stored figures, and stop who makes some of what is about to go.

    In this order: whoever is storing figures has the run locked, and they are found afterwards.
    """
    if not Coding.objects.filter(face__subject=doomed.subject).exists():
        return {}
    for run in AgreementReport.objects.active():
        log = JobLog(run.log)
        log.write(_STOPPED)
        AgreementReport.objects.filter(pk=run.pk).update(log=log.entries)
        run.request_cancel()
    stored = AgreementReport.objects.filter(figures__isnull=False)
    return {"reports of agreement": stored.update(figures=None)}


PART = Part("agreement", rows=_rows)
