"""Codings over HTTP: read, correct, accept; with ETags, so that nobody overwrites unseen."""

from __future__ import annotations

import hashlib

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from annotations.api.batches import BatchLabels
from annotations.api.filters import CodingFilterSerializer
from annotations.api.rows import CODING_FIELDS, coding_as_json, codings_as_json
from annotations.api.serializers_in import (
    CommentSerializer,
    CorrectionSerializer,
    LabelOfFaceSerializer,
)
from annotations.api.serializers_out import CodingInListSerializer, CodingSerializer
from annotations.codings.reading import Reading, reading_of
from annotations.faces.looks import record_listed, record_seen
from annotations.faces.services import lock_face
from annotations.models import Coder, Coding, Review
from annotations.models.querysets import CodingQuerySet
from annotations.problems import InvalidCoding
from annotations.queues.assignments import own_assignment
from annotations.review.context import ReviewContext, Statement
from annotations.review.decisions import accept_prediction, accept_truth, adjudicate
from annotations.review.labels import Label, label_face, label_of
from annotations.visibility import is_blind_to, look_at_codings, visible_codings, visible_faces
from facsweb.problems import Missing
from facsweb.rest.error_schema import errors
from facsweb.rest.idempotency import answered_once
from facsweb.rest.ids import ID_DIGITS
from facsweb.rest.limits import LimitedBody
from facsweb.rest.paging import NewestFirst
from facsweb.rest.parameters import IDEMPOTENCY_KEY, IF_MATCH
from facsweb.rest.parsers import PARSERS
from facsweb.rest.preconditions import PreconditionFailed, PreconditionRequired
from facsweb.rest.requests import ApiRequest


class CodingViewSet(LimitedBody, BatchLabels, viewsets.GenericViewSet[Coding]):
    queryset = Coding.objects.none()
    serializer_class = CodingSerializer
    pagination_class = NewestFirst
    parser_classes = PARSERS
    lookup_value_regex = ID_DIGITS
    scopes = {
        "create": "label", "batch": "label", "partial_update": "label", "accept": "label",
    }  # fmt: skip

    def get_queryset(self) -> CodingQuerySet:
        return visible_codings(self.request.user)

    def ordering_asked(self) -> str:
        return self.asked.validated_data.get("ordering", "") if self.action == "list" else ""

    @extend_schema(
        parameters=[CodingFilterSerializer],
        responses={200: CodingInListSerializer(many=True), **errors(400, 404)},
    )
    def list(self, request: ApiRequest) -> Response:
        """List the codings of every face that you may see, latest first."""
        self.asked = CodingFilterSerializer(data=request.query_params)
        self.asked.is_valid(raise_exception=True)
        page = self.paginate_queryset(self.asked.narrow(self.get_queryset())) or []
        look_at_codings(request.user, page)
        record_listed(request.user, "coding.listed", [coding.pk for coding in page])
        fields = self.asked.validated_data.get("fields", CODING_FIELDS)
        shown = codings_as_json((coding.pk for coding in page), fields=fields)
        return self.get_paginated_response(shown)

    @extend_schema(responses={200: CodingSerializer, **errors(404)})
    def retrieve(self, request: ApiRequest, pk: str) -> Response:
        """Return one coding. Its ETag changes with the ground truth of its face."""
        coding = get_object_or_404(self.get_queryset().select_related("coder", "face"), pk=pk)
        etag = etag_of(coding)
        if etag in _named(request.headers.get("If-None-Match", "")):
            return Response(status=304, headers={"ETag": etag})
        record_seen(request.user, [coding.face_id])
        return self._answer(coding)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=LabelOfFaceSerializer,
        responses={201: CodingSerializer, 200: CodingSerializer, **errors(400, 404, 409, 415, 422)},
    )
    def create(self, request: ApiRequest) -> Response:
        """Label a face, as by a POST to `faces/{id}/codings/`."""
        given = LabelOfFaceSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        faces = visible_faces(request.user)
        face = faces.filter(pk=given.validated_data["face"]).first()
        if face is None:
            raise Missing(f"There is no face {given.validated_data['face']}.")

        def work() -> Response:
            label = label_of(given.validated_data)
            task = own_assignment(request.user, face, given.validated_data["assignment"])
            coding, created = label_face(face, request.user, label, assignment=task)
            return self._answer(coding, 201 if created else 200)

        return answered_once(request, work)

    @extend_schema(
        parameters=[IF_MATCH],
        request=CorrectionSerializer,
        responses={200: CodingSerializer, **errors(400, 404, 409, 412, 415, 428)},
    )
    def partial_update(self, request: ApiRequest, pk: str) -> Response:
        """Correct a coding: the answer is a new coding; the old one stays as history.

        A reviewer's correction becomes the ground truth, and what it doesn't name stays as it was.
        A coder's correction is a proposal: it revises the coder's own coding, but takes nothing
        over from anybody else's, so it holds just what it names.
        """
        given = CorrectionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        with transaction.atomic():
            coding, truth = self._matched(pk)
            label = Label(
                emotion=values.get("emotion"),
                scores=values.get("action_units", {}),
                seen=truth.pk if truth else None,
                comment=values["comment"],
                corrects=coding,
            )
            corrected, _ = label_face(coding.face, request.user, label)
            return self._answer(corrected)

    @extend_schema(
        parameters=[IF_MATCH],
        request=CommentSerializer,
        responses={200: CodingSerializer, **errors(400, 404, 409, 412, 415, 428)},
    )
    @action(detail=True, methods=["post"])
    def accept(self, request: ApiRequest, pk: str) -> Response:
        """Make the coding's reading the ground truth, or keep it there. For reviewers.

        A prediction or a proposal becomes a coding of the reviewer's own, and keeps what the
        ground truth says beyond it; a proposal needs a `comment` that says why.
        """
        given = CommentSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        with transaction.atomic():
            coding, truth = self._matched(pk)
            context = ReviewContext(
                coding.face,
                request.user,
                seen=truth.pk if truth else None,
                comment=given.validated_data["comment"],
                origin="API",
            )
            accepted = _accept(context, coding, truth).result
            assert accepted is not None  # no decision of these is without one
            return self._answer(accepted)

    def _matched(self, pk: str) -> tuple[Coding, Coding | None]:
        """Return the coding that `If-Match` names, with its face locked, and the face's truth.

        The truth is None for a user who codes the face blind, and so hasn't seen it.
        """
        coding = get_object_or_404(self.get_queryset().select_related("face"), pk=pk)
        named = _named(self.request.headers.get("If-Match", ""))
        if not named:
            raise PreconditionRequired(
                "Send If-Match with the coding's ETag, so that nothing is overwritten unseen."
            )
        lock_face(coding.face)
        coding.refresh_from_db()
        if "*" not in named and etag_of(coding) not in named:
            raise PreconditionFailed("This face was decided on since you read it. Read it again.")
        truth = coding.face.codings.accepted().first()
        blind = is_blind_to(self.request.user, coding.face)
        return coding, None if blind else truth

    def _answer(self, coding: Coding, status: int = 200) -> Response:
        look_at_codings(self.request.user, [coding])
        shown = coding_as_json(coding)
        return Response(shown, status=status, headers={"ETag": etag_of(coding)})


def etag_of(coding: Coding) -> str:
    """Return a strong ETag of the coding's state and of the ground truth of its face."""
    state = Coding.objects.filter(pk=coding.pk).values_list("is_accepted", "is_withdrawn").get()
    truth = Coding.objects.accepted().filter(face=coding.face_id).values_list("pk", flat=True)
    text = f"{coding.pk} {state} {truth.first()}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'


def _named(header: str) -> set[str]:
    return {part.strip().removeprefix("W/") for part in header.split(",") if part.strip()}


def _accept(context: ReviewContext, coding: Coding, truth: Coding | None) -> Review:
    if coding.is_withdrawn:
        raise InvalidCoding("Its coder has taken this coding back.")
    if coding.is_accepted:
        return accept_truth(context)
    if coding.coder_kind == Coder.Kind.MODEL:
        return accept_prediction(context, coding)
    return adjudicate(context, Statement(_to_accept(coding, truth)))


def _to_accept(coding: Coding, truth: Coding | None) -> Reading:
    """Return what the truth would be; an emotion that the coding leaves uncoded stays as it was."""
    reading = reading_of(coding)
    if reading.emotion or truth is None:
        return reading
    return Reading(truth.emotion, reading.scores, truth.basic_emotion)
