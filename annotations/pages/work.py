"""The task that brought somebody to a face: what it is, where it is done, and the one after it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from annotations.models import Assignment, Face, Stage
from annotations.queues.assignments import open_assignment, reason_for, take_next
from annotations.queues.progress import Progress, progress_of
from facsweb.accounts.types import SignedInRequest


@dataclass(frozen=True)
class Work:
    """The task that brought the user here."""

    assignment: Assignment
    progress: Progress
    #: Why this face is in the queue; empty where that would tell a blind coder something.
    reason: str


def work_of(face: Face, user: User, queue_id: int | None) -> Work | None:
    assignment = open_assignment(user, face, queue_id)
    if assignment is None:
        return None
    progress = progress_of(assignment.item.queue, assignment.stage, user)
    return Work(assignment, progress, reason_for(user, assignment))


def origin_of(assignment: Assignment | None) -> str:
    """Name the place that a decision came from, for the history."""
    if assignment is None:
        return "face page"
    return f"queue “{assignment.item.queue}”, {assignment.stage}"


def work_url(assignment: Assignment) -> str:
    """Return the address where the work is done: the face's page, or its codings side by side."""
    name = "face"
    if assignment.stage != Stage.CODING and assignment.item.queue.first_stage == Stage.CODING:
        name = "adjudicate"
    face, queue = assignment.item.face_id, assignment.item.queue_id
    return f"{reverse(name, args=[face])}?queue={queue}"


def next_of_queue(request: SignedInRequest, assignment: Assignment) -> HttpResponse:
    """Go on to the next face of the same queue and stage."""
    following = take_next(
        assignment.item.queue,
        request.user,
        assignment.stage,
        besides=[assignment.item.face_id] if assignment.skipped_at else [],
    )
    if following is None:
        messages.success(request, "Nothing is left for you in this queue. Thank you.")
        return redirect("queue", pk=assignment.item.queue_id)
    return redirect(work_url(following))
