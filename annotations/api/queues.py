"""Queues over HTTP: make one, be handed the next face, see how far it is."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.response import Response

from annotations.api.queue_serializers import (
    AssignmentSerializer,
    NextAnswerSerializer,
    NextSerializer,
    QueueEditSerializer,
    QueueMakingSerializer,
    QueuePlanSerializer,
    QueueSerializer,
)
from annotations.codings.face_query import FaceQuery
from annotations.models import Queue, QueueMaking
from annotations.queues.assignments import take_next
from annotations.queues.editing import edit_queue
from annotations.queues.making import request_queue
from annotations.queues.permissions import queue_policy
from annotations.visibility import hear_of, visible_queues
from facsweb.rest.error_schema import errors
from facsweb.rest.idempotency import answered_once
from facsweb.rest.parameters import IDEMPOTENCY_KEY
from facsweb.rest.requests import ApiRequest
from facsweb.rest.viewsets import ReadOnlyViewSet


@extend_schema_view(
    list=extend_schema(responses={200: QueueSerializer(many=True), **errors(400, 404)}),
    retrieve=extend_schema(responses={200: QueueSerializer, **errors(404)}),
)
class QueueViewSet(ReadOnlyViewSet):
    queryset = Queue.objects.none()
    serializer_class = QueueSerializer
    scopes = {"create": "label", "next": "label", "partial_update": "label"}
    for_whom = {"create": (queue_policy, "make"), "partial_update": (queue_policy, "change")}

    def get_queryset(self) -> QuerySet[Queue]:
        return visible_queues(self.request.user).select_related("model")

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=QueuePlanSerializer,
        responses={201: QueueSerializer, 202: QueueMakingSerializer, **errors(400, 415, 422)},
    )
    def create(self, request: ApiRequest) -> Response:
        """Make a queue of the faces that its order gives. For reviewers and admins.

        Of more than 10,000 faces a worker makes it: the answer is 202 and names the job.
        """
        given = QueuePlanSerializer(data=request.data)
        given.is_valid(raise_exception=True)

        def work() -> Response:
            made = request_queue(request.user, given.plan(), FaceQuery())
            if isinstance(made, QueueMaking):
                return Response(QueueMakingSerializer(made).data, status=202)
            return Response(self.get_serializer(made).data, status=201)

        return answered_once(request, work)

    @extend_schema(
        request=QueueEditSerializer,
        responses={200: QueueSerializer, **errors(400, 403, 404, 409, 415)},
    )
    def partial_update(self, request: ApiRequest, pk: str) -> Response:
        """Rename a queue, name its people by stage, close it or open it again. For reviewers.

        A face in the hands of somebody who is taken off the queue goes back to the others.
        """
        queue = self.get_object()
        given = QueueEditSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        edit_queue(request.user, queue, **given.validated_data)
        return Response(self.get_serializer(queue).data)

    @extend_schema(
        request=NextSerializer, responses={200: NextAnswerSerializer, **errors(400, 404, 415)}
    )
    @action(detail=True, methods=["post"])
    def next(self, request: ApiRequest, pk: str) -> Response:
        """Get your next face of the queue, or the one that is in your hands already.

        Label it by `faces/{id}/codings/` with this assignment's id.
        """
        queue = self.get_object()
        given = NextSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        stage = given.validated_data.get("stage", queue.first_stage)
        assignment = take_next(queue, request.user, stage)
        if assignment is None:
            return Response({"assignment": None})
        if assignment.note:
            hear_of(request.user, assignment.item.face)
        shown = AssignmentSerializer(assignment, context=self.get_serializer_context())
        return Response({"assignment": shown.data})
