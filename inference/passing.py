"""Short runs that a long one lets pass: who uploads one face doesn't wait for all faces.

A worker does one job at a time. So every half second of a long one, while pictures are looked at in
threads, it does what is short and waits in its queue, each as the job it is: with a claim, a
heartbeat, a fence and an end of its own. Its message comes later, and finds it done.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Func, IntegerField

from facsweb.jobs.models import Run
from facsweb.jobs.tasks import run_job
from inference.claims import Claims
from inference.models import Explanation, InferenceRun

#: A run of at most so many faces is short: it takes no longer than a chunk.
SHORT = 16
#: Short runs at a time, at most: the long one has to come to an end, too.
_AT_ONCE = 4


class _Length(Func):
    """The length of a JSON array."""

    function = "JSON_ARRAY_LENGTH"
    output_field = IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSONB_ARRAY_LENGTH", **context)


def let_pass() -> None:
    """Do a few short runs that wait.

    One that has taken a worker with it before isn't among them: it would take the long one along.
    """
    runs = InferenceRun.objects.filter(status=Run.Status.QUEUED, deaths=0, face_ids__isnull=False)
    short = runs.annotate(faces=_Length(F("face_ids"))).filter(faces__lte=SHORT)
    for run in short.order_by("pk")[:_AT_ONCE]:
        if Claims(run).are_free(run.face_ids or []):  # else they may wait for the long one itself
            run_job(
                InferenceRun, run.pk, "inference.predict_run.carry_out_in_passing", in_passing=True
            )
    asked = Explanation.objects.filter(status=Run.Status.QUEUED, deaths=0)
    for explanation in asked.order_by("pk")[:1]:
        run_job(Explanation, explanation.pk, "inference.explain_run.carry_out", in_passing=True)
