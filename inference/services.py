"""Requests for predictions and explanations by the web process, which loads no network."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from annotations.models import Face
from facsweb.jobs.models import Run
from facsweb.problems import Conflict, Problem
from inference.ml.predictions import TARGETS
from inference.models import Explanation, InferenceRun, ModelVersion
from inference.permissions import model_policy
from inference.registry import champion, check_reads_pictures


class NoModel(Conflict):
    code = "no_model"


class InvalidTarget(Problem):
    code = "invalid_target"


def request_inference(
    version: ModelVersion | None,
    user: User | None,
    face_ids: list[int] | None = None,
    splits: dict[int, str] | None = None,
) -> InferenceRun:
    """Ask a worker for predictions of `face_ids`, or of every face.

    Only reviewers and admins may ask for every face; people who may propose codings may ask for
    single faces that they upload. `user` None is the system itself, after a training.
    """
    if user is not None and face_ids is None:
        model_policy.check(user, "predict_all")
    version = version or champion()
    if version is None:
        raise NoModel("There is no trained model yet. An admin can start a training.")
    check_reads_pictures(version)
    run = InferenceRun.objects.create(
        version=version,
        requested_by=user,
        face_ids=face_ids,
        splits={str(pk): split for pk, split in (splits or {}).items()},
    )
    transaction.on_commit(run.enqueue)
    return run


def request_explanation(
    face: Face, target: str, user: User, version: ModelVersion | None = None
) -> Explanation:
    """Return the explanation of one answer for one face, queued unless it is there or under way.

    Raises Forbidden where the user codes the face blind, InvalidTarget where the model gives no
    such answer, NoModel where none is trained, and ModelOutdated where it can't read any more.
    """
    model_policy.check(user, "explain", face)
    if target not in TARGETS:
        raise InvalidTarget(
            f"“{target}” can't be explained. Choose an emotion or an action unit of the model's.",
            {"target": ["Choose another."]},
        )
    version = version or champion()
    if version is None:
        raise NoModel("There is no trained model yet. An admin can start a training.")
    check_reads_pictures(version)
    explanation, created = Explanation.objects.get_or_create(
        face=face, version=version, target=target, defaults={"requested_by": user}
    )
    ended_badly = [Run.Status.FAILED, Run.Status.CANCELLED]
    again = Explanation.objects.filter(pk=explanation.pk, status__in=ended_badly).update(
        status=Run.Status.QUEUED, cancel_requested=False, error="", deaths=0, finished_at=None
    )
    if created or again:
        explanation.refresh_from_db()
        transaction.on_commit(explanation.enqueue)
    return explanation


def cancel_inference(run: InferenceRun, user: User) -> None:
    model_policy.check(user, "cancel", run)
    run.request_cancel()
