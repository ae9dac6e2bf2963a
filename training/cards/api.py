"""Cards and data sheets over HTTP: actions of the resources that they are about."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from facsweb.problems import Missing
from facsweb.rest.error_schema import errors
from facsweb.rest.idempotency import answered_once
from facsweb.rest.parameters import IDEMPOTENCY_KEY
from facsweb.rest.requests import ApiRequest
from inference.models import ModelVersion
from training.cards.as_json import json_of, note_json
from training.cards.gather import card_of, sheet_of, sheets
from training.cards.notes import add_note, as_value
from training.cards.permissions import note_policy
from training.cards.serializers import CardNoteSerializer, CardSerializer, NewNoteSerializer
from training.models import TrainingRun

_NOTE_ERRORS = errors(400, 403, 404, 409, 413, 415, 422)


def _add(request: ApiRequest, about: ModelVersion | TrainingRun) -> Response:
    note_policy.check(request.user, "add")
    given = NewNoteSerializer(data=request.data)
    given.is_valid(raise_exception=True)

    def work() -> Response:
        note = add_note(about, request.user, given.validated_data["text"])
        return Response(note_json(as_value(note)), status=201)

    return answered_once(request, work)


class ModelCard:
    """The card of a model, for the viewset of models."""

    get_object: Any

    @extend_schema(responses={200: CardSerializer, **errors(404)})
    @action(detail=True, methods=["get"])
    def card(self, request: ApiRequest, pk: str) -> Response:
        """Return the model's card (Mitchell et al. 2019), made from records."""
        return Response(json_of(card_of(self.get_object(), request.user)))

    @extend_schema(
        operation_id="models_card_notes_create",
        parameters=[IDEMPOTENCY_KEY],
        request=NewNoteSerializer,
        responses={201: CardNoteSerializer, **_NOTE_ERRORS},
    )
    @action(detail=True, methods=["post"], url_path="card/notes", url_name="card-notes")
    def card_notes(self, request: ApiRequest, pk: str) -> Response:
        """Add a note to the model's card. Reviewers and admins only."""
        return _add(request, self.get_object())


class DataSheet:
    """The data sheet of a training, for the viewset of training runs."""

    get_object: Any

    @extend_schema(responses={200: CardSerializer, **errors(404)})
    @action(detail=True, methods=["get"])
    def datasheet(self, request: ApiRequest, pk: str) -> Response:
        """Return the sheet of the data that it learnt from (Gebru et al. 2021)."""
        return Response(json_of(sheet_of(self._finished(), request.user)))

    @extend_schema(
        operation_id="training_runs_datasheet_notes_create",
        parameters=[IDEMPOTENCY_KEY],
        request=NewNoteSerializer,
        responses={201: CardNoteSerializer, **_NOTE_ERRORS},
    )
    @action(detail=True, methods=["post"], url_path="datasheet/notes", url_name="datasheet-notes")
    def datasheet_notes(self, request: ApiRequest, pk: str) -> Response:
        """Add a note to the sheet of its data. Reviewers and admins only."""
        return _add(request, self._finished())

    def _finished(self) -> TrainingRun:
        run = sheets().filter(pk=self.get_object().pk).first()
        if run is None:
            raise Missing("A training that has not succeeded has no data sheet.")
        return run
