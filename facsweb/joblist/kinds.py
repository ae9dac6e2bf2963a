"""Every kind of job: what it is called, who may know of it, end it and have it tried again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.urls import reverse

from annotations.agreement.permissions import agreement_policy
from annotations.agreement.services import cancel_report, question_of, visible_reports
from annotations.models import AgreementReport, BulkRun, PictureCleaning, QueueMaking
from annotations.queues.making import cancel_making, visible_makings
from annotations.queues.permissions import queue_policy
from annotations.review.bulk import cancel_bulk_run, check_may_go_on
from annotations.review.permissions import bulk_policy
from annotations.transfers.models import Export, Import
from annotations.transfers.permissions import transfer_policy
from annotations.transfers.services import cancel_transfer, imports_for
from annotations.visibility import readable, visible_faces
from annotations.withdrawal.models import Withdrawal
from annotations.withdrawal.permissions import subject_policy
from facsweb.accounts.permissions import may_administer, may_read_figures
from facsweb.accounts.policies import Policy, Rule, role
from facsweb.jobs.models import Run, RunQuerySet
from facsweb.problems import Conflict
from inference.models import Explanation, InferenceRun, PriorRun
from inference.permissions import model_policy
from inference.prior_coder import PriorReading, cancel_prior_run
from inference.registry import check_reads_pictures
from inference.services import cancel_inference
from training.comparisons.services import cancel_comparison, visible_comparisons
from training.drift.services import cancel_drift_check
from training.models import Comparison, DriftCheck, TrainingRun
from training.permissions import comparison_policy, training_policy
from training.runs.services import cancel_training
from training.selectors import visible_runs

AnyRun = Any  # each kind's functions take its own model
Runs = RunQuerySet[Any]


class FileGone(Conflict):
    code = "file_gone"


@dataclass(frozen=True)
class Kind:
    """One kind of job.

    Attributes
    ----------
    name
        In addresses and the API.
    visible
        Returns the runs that somebody may know of.
    cancel
        Ends a run for somebody. Raises Forbidden.
    may_retry
        Raises Forbidden or Conflict where somebody may not have it tried again.
    scope
        Of an API token that changes it.
    columns, joined
        Names of fields that its page and its words need, and rows to read with it.
    page
        Returns the address of what it is about; empty where there is none.
    about
        Says what it is about, shortly.
    """

    name: str
    label: str
    model: type[Run]
    visible: Callable[[User], Runs]
    cancel: Callable[[AnyRun, User], object]
    may_retry: Callable[[AnyRun, User], object]
    scope: str = "train"
    columns: Sequence[str] = ()
    joined: Sequence[str] = ()
    page: Callable[[AnyRun], str] = lambda run: ""
    about: Callable[[AnyRun], str] = lambda run: ""


#: Things without a room's policy of their own: the runs of the house itself.
house_policy = Policy(
    {
        "end": [role(may_administer, "Only an admin ends what the server does by itself.")],
        "retry": [role(may_administer, "Only an admin has this done again.")],
        "retry_own": [
            Rule(
                lambda user, run: may_administer(user) or run.requested_by_id == user.pk,
                "Only an admin, or who asked for it, may have it done again.",
            )
        ],
    }
)


def own(model: type[Run]) -> Callable[[User], Runs]:
    """Return a function that gives an admin all runs of a kind, and anybody else their own."""

    def visible(user: User) -> Runs:
        runs = model.objects.all()
        return runs if may_administer(user) else runs.filter(requested_by=user)

    return visible


def of_the_house(model: type[Run]) -> Callable[[User], Runs]:
    """Return a function that gives runs of a kind to admins alone."""
    return lambda user: model.objects.all() if may_administer(user) else model.objects.none()


def _explanations(user: User) -> Runs:
    """Return those that somebody may know of: none of a face whose readings are hidden."""
    faces = readable(visible_faces(user), user)
    # Asked of each in turn: as a set, all faces would be collected before one is looked up.
    return own(Explanation)(user).filter(Exists(faces.filter(pk=OuterRef("face"))))


def _end(run: Run, user: User) -> None:
    house_policy.check(user, "end", run)
    run.request_cancel()


def _end_explanation(run: Explanation, user: User) -> None:
    house_policy.check(user, "retry_own", run)
    run.request_cancel()


def _retry_import(run: Import, user: User) -> None:
    transfer_policy.check(user, "import")
    transfer_policy.check(user, "end", run)
    if not run.file:
        raise FileGone("What was sent is not kept once an import has ended. Send the file again.")


def _retry_export(run: Export, user: User) -> None:
    transfer_policy.check(user, "export")
    transfer_policy.check(user, "end", run)


def _retry_prediction(run: InferenceRun, user: User) -> None:
    if run.face_ids is None:
        model_policy.check(user, "predict_all")
    model_policy.check(user, "cancel", run)
    check_reads_pictures(run.version)


def _retry_prior(run: PriorRun, user: User) -> None:
    model_policy.check(user, "ask_prior")
    if PriorRun.objects.active().exists():
        raise PriorReading("The prior is reading the faces already.")


def _retry_explanation(run: Explanation, user: User) -> None:
    house_policy.check(user, "retry_own", run)
    model_policy.check(user, "explain", run.face)
    check_reads_pictures(run.version)


def _drift_checks(user: User) -> Runs:
    checks = DriftCheck.objects.all()
    return checks if may_read_figures(user) else checks.none()


def _retry_bulk(run: BulkRun, user: User) -> None:
    bulk_policy.check(user, "apply")
    bulk_policy.check(user, "undo", run.action)
    if not run.undoes:
        check_may_go_on(run.action)


def _whose(run: AgreementReport) -> str:
    who = f"{len(run.coders)} coders" if run.coders else "all people"
    return f"{who}, blind only" if run.blind_only else who


KINDS = (
    Kind(
        "import", "Import", Import, imports_for, cancel_transfer, _retry_import,
        scope="upload",
        columns=("name", "file"),
        page=lambda run: reverse("data"),
        about=lambda run: run.name,
    ),
    Kind(
        "export", "Export", Export, lambda user: Export.objects.asked_by(user), cancel_transfer,
        _retry_export,
        scope="upload",
        columns=("format",),
        page=lambda run: reverse("data"),
        about=lambda run: run.get_format_display(),
    ),
    Kind(
        "training", "Training", TrainingRun, visible_runs, cancel_training,
        lambda run, user: training_policy.check(user, "start"),
        columns=("overall",),
        page=lambda run: reverse("training-run", args=[run.pk]),
    ),
    Kind(
        "prediction", "Prediction", InferenceRun, own(InferenceRun), cancel_inference,
        _retry_prediction,
        columns=("version__name",),
        joined=("version",),
        page=lambda run: reverse("model", args=[run.version_id]),
        about=lambda run: run.version.name,
    ),
    Kind(
        "comparison", "Comparison", Comparison,
        lambda user: visible_comparisons(user).prefetch_related(None), cancel_comparison,
        lambda run, user: comparison_policy.check(user, "start"),
        page=lambda run: reverse("comparison", args=[run.pk]),
    ),
    Kind(
        "drift-check", "Drift check", DriftCheck,
        _drift_checks, cancel_drift_check,
        lambda run, user: training_policy.check(user, "check_drift"),
        columns=("version__name",),
        joined=("version",),
        page=lambda run: reverse("drift", args=[run.version_id]),
        about=lambda run: run.version.name,
    ),
    Kind(
        "agreement", "Agreement", AgreementReport, visible_reports, cancel_report,
        lambda run, user: agreement_policy.check(user, "see"),
        scope="label",
        columns=("coders", "blind_only"),
        page=lambda run: f"{reverse('agreement')}?{question_of(run).query}",
        about=_whose,
    ),
    Kind(
        "bulk", "Bulk action", BulkRun, own(BulkRun), cancel_bulk_run, _retry_bulk,
        scope="label",
        columns=("undoes", "action"),
        joined=("action",),
        page=lambda run: reverse("bulk"),
        about=lambda run: f"{'undoing ' if run.undoes else ''}{str(run.action).lower()}",
    ),
    Kind(
        "queue", "Queue", QueueMaking, visible_makings, cancel_making,
        lambda run, user: queue_policy.check(user, "make"),
        scope="label",
        columns=("plan", "made"),
        page=lambda run: reverse("queue", args=[run.made_id]) if run.made_id else reverse("queues"),
        about=lambda run: run.name,
    ),
    Kind(
        "explanation", "Explanation", Explanation, _explanations, _end_explanation,
        _retry_explanation,
        columns=("face", "version__name", "target"),
        joined=("version",),
        page=lambda run: reverse("face", args=[run.face_id]),
        about=lambda run: run.label,
    ),
    Kind(
        "prior", "Prior’s readings", PriorRun, of_the_house(PriorRun), cancel_prior_run,
        _retry_prior,
        page=lambda run: reverse("models"),
    ),
    Kind(
        "cleaning", "Picture cleaning", PictureCleaning, of_the_house(PictureCleaning), _end,
        lambda run, user: house_policy.check(user, "retry", run),
    ),
    Kind(
        "withdrawal", "Withdrawal", Withdrawal, of_the_house(Withdrawal), _end,
        lambda run, user: subject_policy.check(user, "withdraw", run),
    ),
)  # fmt: skip
BY_NAME = {kind.name: kind for kind in KINDS}
#: For forms and the API.
CHOICES = [(kind.name, kind.label) for kind in KINDS]
