"""Notes, archive and files of a training over HTTP: actions of the training runs."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from facsweb.accounts.permissions import may_see_faces
from facsweb.problems import Missing, Problem
from facsweb.rest.error_schema import errors
from facsweb.rest.idempotency import answered_once
from facsweb.rest.negotiation import AnyAccepted
from facsweb.rest.parameters import IDEMPOTENCY_KEY
from facsweb.rest.requests import ApiRequest
from training.api.serializers import (
    NewRunNoteSerializer,
    RunNoteSerializer,
    TrainingRunSerializer,
)
from training.api.settings_serializers import SettingsSerializer
from training.ml.config import TrainingConfig, names_of
from training.ml.recipes import RECIPES
from training.ml.settings import SETTINGS
from training.permissions import training_policy
from training.runs.archive import archive, unarchive
from training.runs.downloads import TABLES, metrics_file, model_file, predictions_file
from training.runs.notes import add_note


class UnknownTable(Problem):
    code = "unknown_table"


def _kind(kinds: tuple[str, ...]) -> OpenApiParameter:
    return OpenApiParameter("kind", str, enum=list(kinds), default=kinds[0])


def _chosen(request: ApiRequest, kinds: tuple[str, ...]) -> str:
    kind = request.query_params.get("kind", kinds[0])
    if kind not in kinds:
        known = " or ".join(kinds)
        raise UnknownTable(f"kind is {known}.", {"kind": [f"Choose {known}."]})
    return kind


_METRICS, _PREDICTIONS = ("json", "csv"), tuple(TABLES)


class RunNotes:
    """Notes on a training, and its place in lists."""

    get_object: Any

    @extend_schema(
        operation_id="training_runs_notes_create",
        parameters=[IDEMPOTENCY_KEY],
        request=NewRunNoteSerializer,
        responses={201: RunNoteSerializer, **errors(400, 403, 404, 409, 413, 415, 422)},
    )
    @action(detail=True, methods=["post"])
    def notes(self, request: ApiRequest, pk: str) -> Response:
        """Write a note on a training. Reviewers and admins only; it is never changed."""
        run = self.get_object()
        training_policy.check(request.user, "note")
        given = NewRunNoteSerializer(data=request.data)
        given.is_valid(raise_exception=True)

        def work() -> Response:
            note = add_note(run, request.user, given.validated_data["text"])
            return Response(RunNoteSerializer(note).data, status=201)

        return answered_once(request, work)

    @extend_schema(request=None, responses={200: TrainingRunSerializer, **errors(403, 404, 409)})
    @action(detail=True, methods=["post"])
    def archive(self, request: ApiRequest, pk: str) -> Response:
        """Leave a training out of lists. Admins only; not an active one, nor the champion's."""
        return Response(TrainingRunSerializer(archive(self.get_object(), request.user)).data)

    @extend_schema(request=None, responses={200: TrainingRunSerializer, **errors(403, 404)})
    @action(detail=True, methods=["post"])
    def unarchive(self, request: ApiRequest, pk: str) -> Response:
        """List an archived training again. Admins only."""
        return Response(TrainingRunSerializer(unarchive(self.get_object(), request.user)).data)


class RunFiles:
    """Files that can be taken from a training, and the settings that one can have."""

    get_object: Any

    @extend_schema(
        parameters=[_kind(_METRICS)],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/csv"): OpenApiTypes.STR,
            **errors(400, 404),
        },
    )
    @action(detail=True, methods=["get"], content_negotiation_class=AnyAccepted)
    def metrics(self, request: ApiRequest, pk: str) -> HttpResponseBase:
        """Return the run's figures as a file: JSON, or CSV with a figure in each row."""
        return metrics_file(self.get_object(), _chosen(request, _METRICS))

    @extend_schema(
        parameters=[_kind(_PREDICTIONS)],
        responses={
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/vnd.apache.parquet"): OpenApiTypes.BINARY,
            **errors(400, 404),
        },
    )
    @action(detail=True, methods=["get"], content_negotiation_class=AnyAccepted)
    def predictions(self, request: ApiRequest, pk: str) -> HttpResponseBase:
        """Stream what the run's model says of each face, beside the truth it was judged by.

        Faces that you have yet to code blind are left out.
        """
        run = self.get_object()
        return predictions_file(run, request.user, _chosen(request, _PREDICTIONS))

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY, **errors(403, 404)})
    @action(detail=True, methods=["get"], content_negotiation_class=AnyAccepted)
    def model(self, request: ApiRequest, pk: str) -> HttpResponseBase:
        """Stream the artefact of the run's model as a zip. Reviewers and admins only."""
        return model_file(self.get_object(), request.user)

    @extend_schema(responses={200: SettingsSerializer, **errors(404)})
    @action(detail=False, methods=["get"], url_path="settings", url_name="settings")
    def recipe_settings(self, request: ApiRequest) -> Response:
        """Return what can be set of a training, with explanations, ranges and recipes' values."""
        if not may_see_faces(request.user):
            raise Missing("There is nothing to train.")
        told = [
            {
                "name": name,
                "group": setting.group,
                "label": setting.label,
                "help": setting.help,
                "low": setting.low,
                "high": setting.high,
                "names": names_of(name),
            }
            for name, setting in SETTINGS.items()
        ]
        recipes = {name: TrainingConfig.from_json({"recipe": name}).to_json() for name in RECIPES}
        return Response({"settings": told, "recipes": recipes})
