"""The API of all jobs: what waits, goes on and has ended, whatever its kind."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from facsweb.accounts.models import ApiToken
from facsweb.accounts.permissions import InsufficientScope, may_read_figures
from facsweb.joblist.forms import STATES
from facsweb.joblist.kinds import CHOICES
from facsweb.joblist.listing import Filters, Job, Place, list_jobs, one_job
from facsweb.joblist.services import cancel_job, retry_job
from facsweb.jobs.models import Run
from facsweb.problems import Missing
from facsweb.rest.error_schema import errors
from facsweb.rest.ids import ID_DIGITS, read_id
from facsweb.rest.limits import LimitedBody
from facsweb.rest.paging import MOST_A_PAGE, ListParameters
from facsweb.rest.parsers import PARSERS
from facsweb.rest.requests import ApiRequest

_A_PAGE = 50
_ENTRY = {
    "type": "object",
    "required": ["at", "text"],
    "properties": {"at": {"type": "string", "format": "date-time"}, "text": {"type": "string"}},
}


class JobSerializer(serializers.Serializer[Any]):
    """One job; `key` names it among jobs of all kinds, `id` among those of its kind."""

    key = serializers.CharField()
    kind = serializers.ChoiceField(CHOICES, source="kind.name")
    id = serializers.IntegerField(source="run.pk")
    about = serializers.CharField(help_text="What it is about; may be blank.")
    status = serializers.ChoiceField(Run.Status.choices, source="run.status")
    cancel_requested = serializers.BooleanField(source="run.cancel_requested")
    stage = serializers.CharField(source="run.stage")
    percent = serializers.IntegerField(source="run.percent")
    eta_seconds = serializers.FloatField(source="run.eta_seconds", allow_null=True)
    error = serializers.CharField(source="run.error")
    requested_by = serializers.CharField(
        source="run.requested_by.username", default=None, allow_null=True
    )
    attempts = serializers.IntegerField(source="run.attempts")
    created_at = serializers.DateTimeField(source="run.created_at")
    started_at = serializers.DateTimeField(source="run.started_at", allow_null=True)
    heartbeat_at = serializers.DateTimeField(source="run.heartbeat_at", allow_null=True)
    finished_at = serializers.DateTimeField(source="run.finished_at", allow_null=True)


class JobWithLogSerializer(JobSerializer):
    log = serializers.SerializerMethodField()

    @extend_schema_field({"type": "array", "items": _ENTRY})
    def get_log(self, job: Job) -> Any:
        return job.run.log


@extend_schema_serializer(many=False)  # a list's answer is an array, if nobody says otherwise
class JobPageSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True, help_text="The next page's; null on the last.")
    results = JobSerializer(many=True)


class JobFilterSerializer(ListParameters):
    kind = serializers.ChoiceField(CHOICES, required=False, default="")
    status = serializers.ChoiceField([name for name, _ in STATES], required=False, default="")
    mine = serializers.BooleanField(required=False, default=False)


_FILTERS = [
    OpenApiParameter("kind", str, enum=[name for name, _ in CHOICES]),
    OpenApiParameter("status", str, enum=[str(name) for name, _ in STATES]),
    OpenApiParameter("mine", bool, description="Only what you asked for."),
    OpenApiParameter("page_size", int),
    OpenApiParameter("cursor", str, description="Of a page's `next`."),
]
_KEY = OpenApiParameter("id", OpenApiTypes.STR, OpenApiParameter.PATH, description="Its `key`.")


class JobViewSet(LimitedBody, viewsets.ViewSet):
    parser_classes = PARSERS
    lookup_value_regex = r"[a-z-]{1,20}-" + ID_DIGITS
    #: What changes a job needs the scope of its kind, which `_find` asks for.
    scopes = {"cancel": None, "retry": None}

    @extend_schema(parameters=_FILTERS, responses={200: JobPageSerializer, **errors(400)})
    def list(self, request: ApiRequest) -> Response:
        """List the newest jobs first: an admin all, anybody else what their role may see."""
        given = JobFilterSerializer(data=request.query_params)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        filters = Filters(asked["kind"], asked["status"], asked["mine"])
        after = Place.from_text(asked["cursor"]) if asked.get("cursor") else None
        most = min(asked.get("page_size", _A_PAGE), MOST_A_PAGE)
        found, more = (
            list_jobs(request.user, filters, most=most, after=after)
            if may_read_figures(request.user)
            else ([], None)
        )
        return Response(
            {
                "next": self._next(request, more),
                "results": JobSerializer(found, many=True).data,
            }
        )

    @extend_schema(parameters=[_KEY], responses={200: JobWithLogSerializer, **errors(404)})
    def retrieve(self, request: ApiRequest, pk: str) -> Response:
        """Return one job with its log."""
        return Response(JobWithLogSerializer(self._find(request, pk)).data)

    @extend_schema(
        parameters=[_KEY], request=None, responses={200: JobWithLogSerializer, **errors(404, 409)}
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: ApiRequest, pk: str) -> Response:
        """Cancel a job that waits or goes on, as its own kind's `cancel` does."""
        job = self._find(request, pk, to_change=True)
        cancel_job(job, request.user)
        return self.retrieve(request, pk)

    @extend_schema(
        parameters=[_KEY], request=None, responses={200: JobWithLogSerializer, **errors(404, 409)}
    )
    @action(detail=True, methods=["post"])
    def retry(self, request: ApiRequest, pk: str) -> Response:
        """Queue a job again that failed or was cancelled. What it did so far stays."""
        job = self._find(request, pk, to_change=True)
        retry_job(job, request.user)
        return self.retrieve(request, pk)

    def _find(self, request: ApiRequest, key: str, *, to_change: bool = False) -> Job:
        kind, _, digits = key.rpartition("-")
        pk = read_id(digits)
        if pk is None or not may_read_figures(request.user):
            raise Missing("There is no such job.")
        job = one_job(request.user, kind, pk)
        scope = job.kind.scope
        if to_change and isinstance(request.auth, ApiToken) and scope not in request.auth.scopes:
            raise InsufficientScope(f"This token's scopes don't include “{scope}”.")
        return job

    def _next(self, request: ApiRequest, more: Place | None) -> str | None:
        if more is None:
            return None
        query = request.query_params.copy()
        query["cursor"] = more.to_text()
        return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


ROUTES = {"jobs": (JobViewSet, "api-job")}
