"""Tasks of the inference queue."""

import logging

from celery import shared_task

from facsweb.jobs.models import Run
from inference.models import Explanation, InferenceRun

logger = logging.getLogger(__name__)


@shared_task
def predict_faces(run_id: int) -> None:
    run = InferenceRun.objects.select_related("version__coder").filter(pk=run_id).first()
    if run is None or not run.claim():
        return
    try:
        # Here, not above: the web process imports this module, and TensorFlow does not fork.
        from inference.predict_run import carry_out

        carry_out(run)
    except Exception as error:  # the task's edge: whatever it was, the run says so
        logger.exception("%s failed", run)
        run.finish(Run.Status.FAILED, f"{type(error).__name__}: {error}")


@shared_task
def explain_face(explanation_id: int) -> None:
    explanations = Explanation.objects.select_related("version", "face")
    explanation = explanations.filter(pk=explanation_id).first()
    if explanation is None or not explanation.claim():
        return
    try:
        from inference.explain_run import carry_out

        carry_out(explanation)
    except Exception as error:
        logger.exception("%s failed", explanation)
        explanation.finish(Run.Status.FAILED, f"{type(error).__name__}: {error}")
