"""The expression prior as a coder of its own, and requests for its readings. No network is loaded.

Its coder has no model version, so no alias can point at it: it is never the champion or a
candidate, and nothing can train it.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from annotations.models import Coder
from facsweb.problems import Conflict
from inference.ml.expression_prior import PRIOR_LICENCE
from inference.models import PriorRun
from inference.permissions import model_policy

PRIOR_CODER = "FER prior (never trained on these faces)"
PRIOR_ABOUT = (
    "The expression prior, zero-shot: a small network trained on FER-2013, never on these faces. "
    "Neutral is none of the three emotions, so it answers the likeliest of these; it reads no "
    f"action units. Licence: {PRIOR_LICENCE}."
)


class PriorReading(Conflict):
    """The prior is reading the faces already."""

    code = "prior_reading"


def prior_coder() -> Coder:
    """Return the prior's coder, made when it is needed first."""
    coder, _ = Coder.objects.update_or_create(
        kind=Coder.Kind.MODEL, name=PRIOR_CODER, defaults={"about": PRIOR_ABOUT}
    )
    return coder


def known_prior_coder() -> Coder | None:
    """Return the prior's coder, None where it was never asked."""
    return Coder.objects.filter(kind=Coder.Kind.MODEL, name=PRIOR_CODER).exclude(about="").first()


def request_prior_run(user: User) -> PriorRun:
    """Ask a worker for the prior's readings of every face that it hasn't read yet.

    Raises
    ------
    Forbidden
    PriorReading
    """
    model_policy.check(user, "ask_prior")
    if PriorRun.objects.active().exists():
        raise PriorReading("The prior is reading the faces already.")
    run = PriorRun.objects.create(requested_by=user)
    transaction.on_commit(run.enqueue)
    return run


def cancel_prior_run(run: PriorRun, user: User) -> None:
    """Cancel the run; what was read stays. Raises Forbidden."""
    model_policy.check(user, "cancel", run)
    run.request_cancel()
