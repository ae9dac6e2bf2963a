"""Pages on why a model answered as it did: asking, waiting, and the picture."""

from __future__ import annotations

from functools import partial

from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from annotations.faces.looks import record_picture
from annotations.visibility import look_at, veil, visible_faces
from facsweb.accounts.decorators import role_required
from facsweb.accounts.types import SignedInRequest
from facsweb.jobs.heartbeat import worker_state
from facsweb.jobs.models import Run
from facsweb.problems import Problem
from facsweb.rest.pages import problem_as_json, wants_json
from facsweb.rest.statuses import status_of
from facsweb.rest.stored_files import private_file
from inference.models import Explanation, ModelVersion
from inference.permissions import model_policy
from inference.services import request_explanation


@require_POST
@role_required
def ask(request: SignedInRequest, pk: int) -> HttpResponse:
    face = get_object_or_404(visible_faces(request.user), pk=pk)
    try:
        explanation = request_explanation(
            face, request.POST.get("target", ""), request.user, _version(request)
        )
    except Problem as error:
        if wants_json(request):
            return problem_as_json(error)
        veil([face], request.user)
        context = {"face": face, "problem": error.detail}
        return render(request, "inference/explanation.html", context, status=status_of(error))
    if wants_json(request):
        return JsonResponse(_told(explanation, request))
    answer = redirect("explanation", pk=explanation.pk)
    answer.status_code = 303
    return answer


@require_safe
@role_required
def explanation(request: SignedInRequest, pk: int) -> HttpResponse:
    shown = _visible(request, pk)
    if wants_json(request):
        return JsonResponse(_told(shown, request))
    context = {"explanation": shown, "face": shown.face, "caption": caption(shown)}
    return render(request, "inference/explanation.html", context)


@require_safe
@role_required
def explanation_image(request: SignedInRequest, pk: int) -> HttpResponseBase:
    shown = _visible(request, pk)
    if not shown.image:
        raise Http404("This explanation isn't ready.")
    tag = f"{shown.pk}-{shown.attempts}"
    if request.method != "HEAD":
        record_picture(request.user, shown.face)
    return private_file(request, partial(shown.image.open, "rb"), "image/png", tag)


def caption(explanation: Explanation) -> list[str]:
    """Say in sentences what the map shows and what it doesn't."""
    facts, label = explanation.facts, explanation.label
    if explanation.status != Run.Status.SUCCEEDED:
        return []
    sure = round(100 * facts["probability"])
    told = [f"Coloured: where this picture speaks for {label}, as {explanation.version} reads it "
            f"({sure} %). Redder and denser means more."]  # fmt: skip
    if facts["empty"]:
        told = [f"The map is empty: nothing that it could show speaks for {label}, which "
                f"{explanation.version} gives {sure} %."]  # fmt: skip
    told.append(
        "It shows what moved the answer, not why, nor which muscle moved; it proves nothing."
    )
    if facts["found_face"]:
        weight = round(100 * (facts["landmark_weight"] or 0))
        alone = f"; {weight} % of the mixture reads nothing else" if weight else ""
        told.append(f"The model reads landmarks too, which the map leaves out{alone}.")
    if facts.get("prior_weight"):
        share = round(100 * facts["prior_weight"])
        told.append(f"The expression prior has {share} % of the say, and isn’t in the map.")
    if facts["seen_in_training"]:
        told.append("The final model, explained here, has learned from this picture; the reading "
                    "beside it is by parts that never saw this subject.")  # fmt: skip
    if not facts["found_face"]:
        told.append("No face was found: the model read the middle of the picture.")
    return told


def _version(request: SignedInRequest) -> ModelVersion | None:
    """Return the model whose reading the page shows; None, for the champion, if it names none."""
    name = request.POST.get("model", "")
    return ModelVersion.objects.filter(name=name).first()


def _visible(request: SignedInRequest, pk: int) -> Explanation:
    """Return an explanation that the user may see.

    Raises Http404 also where they code the face blind: the map is the model's opinion.
    """
    faces = visible_faces(request.user)
    explanations = Explanation.objects.select_related("face__subject", "version")
    shown = get_object_or_404(explanations.filter(face__in=faces), pk=pk)
    model_policy.check_page(request.user, "explain", shown.face)
    look_at(request.user, [shown.face_id])
    return shown


def _told(explanation: Explanation, request: SignedInRequest) -> dict[str, object]:
    ready = explanation.status == Run.Status.SUCCEEDED
    return {
        "url": reverse("explanation", args=[explanation.pk]),
        "status": explanation.status,
        "label": explanation.label,
        "image": reverse("explanation-image", args=[explanation.pk]) if ready else "",
        "caption": caption(explanation),
        "error": explanation.error,
        "worker": ready or "inference" in worker_state().queues,
    }
