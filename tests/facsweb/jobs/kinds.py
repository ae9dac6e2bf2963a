"""One run of each kind of job."""

from __future__ import annotations

import itertools

from annotations.models import BulkAction, BulkRun, QueueMaking
from annotations.queues.plans import QueuePlan
from annotations.transfers.models import Export, Import
from facsweb.jobs.models import Run, kinds_of_run
from inference.models import Explanation, InferenceRun
from tests.cast import make_user
from tests.factories import make_face, make_version
from training.models import DriftCheck

KINDS = kinds_of_run()
_numbers = itertools.count(1)


def make_job(model: type[Run], **fields) -> Run:
    """A queued run of a kind, with whatever that kind needs."""
    if model is Import:
        fields = {"name": "a.zip", "size": 1, "sha256": "a" * 64, **fields}
    elif model is Export:
        fields = {"format": Export.Format.BUNDLE, **fields}
    elif model in (InferenceRun, DriftCheck, Explanation):
        fields = {"version": make_version(f"VGG16-{next(_numbers)}"), **fields}
    if model is QueueMaking:
        fields = {"plan": QueuePlan(f"Queue {next(_numbers)}", "random").to_json(), **fields}
    if model is BulkRun:
        fields = {"action": _action(), **fields}
    if model is Explanation:
        fields = {"face": make_face(), "target": "au:12", **fields}
    return model.objects.create(**fields)


def _action() -> BulkAction:
    user = make_user(f"reviewer-{next(_numbers)}", "reviewer")
    kind = BulkAction.Kind.ACCEPT_MODEL
    return BulkAction.objects.create(kind=kind, parameters={}, created_by=user)
