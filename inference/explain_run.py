"""The work of an explanation, done by a worker."""

from __future__ import annotations

from annotations.faces.rollback import files_with_rows, store
from annotations.models import Face
from annotations.withdrawal.parts import remove_files
from annotations.withdrawal.this_machine import catch_up
from facsweb.jobs.models import LEASE, Run
from facsweb.jobs.progress import beating
from inference.artefact_copies import at_hand
from inference.files import local_file
from inference.ml.explain import explain
from inference.models import Explanation
from inference.predict_run import predictor_of
from inference.references import references_of


def carry_out(explanation: Explanation) -> None:
    """Explain an answer, unless the face goes while it is done: then nothing is left of it."""
    catch_up()
    try:
        _explain(explanation)
    except Exception:
        if Explanation.objects.filter(pk=explanation.pk).exists():
            raise
        if explanation.image:
            explanation.image.delete(save=False)
        remove_files()


def _explain(explanation: Explanation) -> None:
    explanation.report(stage="explain", done=0, total=1, eta_seconds=None)
    version = explanation.version
    with beating(explanation.beat, LEASE.total_seconds() / 4):
        predictor = predictor_of(at_hand(version), version.sha256, exact=True)
    face = explanation.face
    reference = references_of(Face.objects.filter(pk=face.pk)).get(face.pk)
    found = explain(predictor, local_file(face), explanation.target, reference)
    if explanation.is_cancelled():  # or another worker has it now
        explanation.finish(Run.Status.CANCELLED)
        return
    seen = face.sha256 in predictor.out_of_fold.rows()
    explanation.facts = {
        "probability": found.probability,
        "landmark_weight": found.landmark_weight,
        "prior_weight": found.prior_weight,
        "found_face": found.found_face,
        "seen_in_training": seen,
        "empty": bool(not found.heat.any()),
    }
    with files_with_rows():
        store(explanation.image, f"{face.sha256[:16]}-{explanation.pk}.png", found.png())
        explanation.save(update_fields=["image", "facts"])
    explanation.finish(Run.Status.SUCCEEDED)
