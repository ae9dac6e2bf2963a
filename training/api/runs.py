"""Training runs over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from facsweb.problems import Missing
from facsweb.rest.error_schema import errors
from facsweb.rest.idempotency import answered_once
from facsweb.rest.parameters import IDEMPOTENCY_KEY
from facsweb.rest.requests import ApiRequest
from facsweb.rest.viewsets import ReadOnlyViewSet
from training.api.balance_serializers import BalanceSerializer
from training.api.group_serializers import FairnessSerializer
from training.api.run_actions import RunFiles, RunNotes
from training.api.serializers import (
    MetricsSerializer,
    ProbabilityCurvesSerializer,
    RunFilterSerializer,
    TrainingRequestSerializer,
    TrainingRunInListSerializer,
    TrainingRunSerializer,
)
from training.api.withheld import Withheld
from training.cards.api import DataSheet
from training.ml.imbalance import ckplus_together
from training.ml.imbalance_flags import RULES
from training.models import FairnessReport, TrainingRun
from training.permissions import training_policy
from training.runs.archive import archived_runs, listed_runs
from training.runs.services import cancel_training, request_training
from training.selectors import run_to_show, visible_runs


class MetricsView(Withheld):
    @extend_schema(responses={200: MetricsSerializer, **errors(404)})
    def get(self, request: ApiRequest) -> Response:
        """Return the champion's figures on held-out subjects, or the latest training's."""
        run = run_to_show(request.user)
        if run is None:
            raise Missing("No training has figures yet.")
        return Response(MetricsSerializer(run).data)


@extend_schema_view(
    list=extend_schema(
        parameters=[RunFilterSerializer],
        responses={200: TrainingRunInListSerializer(many=True), **errors(400, 404)},
    ),
    retrieve=extend_schema(responses={200: TrainingRunSerializer, **errors(404)}),
)
class TrainingRunViewSet(Withheld, DataSheet, RunNotes, RunFiles, ReadOnlyViewSet):
    queryset = TrainingRun.objects.none()

    scopes = {
        "create": "train", "cancel": "train", "datasheet_notes": "train", "notes": "train",
        "archive": "train", "unarchive": "train",
    }  # fmt: skip
    for_whom = {"create": (training_policy, "start")}
    readable_actions = frozenset({"predictions"})

    def get_queryset(self) -> QuerySet[TrainingRun]:
        user = self.request.user
        if self.action != "list":
            return (
                visible_runs(user).select_related("archived_by").prefetch_related("notes__author")
            )
        self.asked = RunFilterSerializer(data=self.request.query_params)
        self.asked.is_valid(raise_exception=True)
        archived = self.asked.validated_data["archived"]
        return archived_runs(user) if archived else listed_runs(user)

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return TrainingRunInListSerializer if self.action == "list" else TrainingRunSerializer

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=TrainingRequestSerializer,
        responses={201: TrainingRunSerializer, **errors(400, 409, 415, 422)},
    )
    def create(self, request: ApiRequest, *args: Any, **kwargs: Any) -> Response:
        """Train a model on all ground truth; one training at a time. Admins only."""
        given = TrainingRequestSerializer(data=request.data)
        given.is_valid(raise_exception=True)

        def work() -> Response:
            run = request_training(request.user, config=given.validated_data["config"])
            return Response(self.get_serializer(run).data, status=201)

        return answered_once(request, work)

    @extend_schema(responses={200: BalanceSerializer, **errors(404)})
    @action(detail=True, methods=["get"])
    def balance(self, request: ApiRequest, pk: str) -> Response:
        """Return how evenly the labels are spread that a run learnt from."""
        run = self.get_object()
        if not run.balance:
            raise Missing(f"The balance of {run}’s labels was not measured.")
        told = {
            "training_run": run.pk,
            "balance": run.balance,
            "ckplus": ckplus_together().to_json(),
            "rules": [{"rule": name} | asdict(rule) for name, rule in RULES.items()],
        }
        return Response(BalanceSerializer(told).data)

    @extend_schema(responses={200: ProbabilityCurvesSerializer, **errors(404)})
    @action(detail=True, methods=["get"])
    def curves(self, request: ApiRequest, pk: str) -> Response:
        """Return a run's precision-recall, ROC and reliability curves, and counts by threshold."""
        run = self.get_object()
        if run.probability_curves is None:
            raise Missing(
                f"{run} has no curves. `manage.py measure_curves {run.pk}` on the server measures "
                "those of a run that ended before they were kept."
            )
        return Response(ProbabilityCurvesSerializer(run).data)

    @extend_schema(request=None, responses={200: TrainingRunSerializer, **errors(403, 404)})
    @action(detail=True, methods=["post"])
    def cancel(self, request: ApiRequest, pk: str) -> Response:
        """Cancel the run; a queued one ends at once, a running one within seconds. Admins only."""
        run = self.get_object()
        cancel_training(run, request.user)
        return Response(self.get_serializer(run).data)

    @extend_schema(responses={200: FairnessSerializer, **errors(404)})
    @action(detail=True)
    def groups(self, request: ApiRequest, pk: str) -> Response:
        """Return the figures by group, gaps and differences; to reviewers, also those of coders."""
        report = FairnessReport.objects.filter(run=self.get_object()).first()
        if report is None:
            raise Missing("This run has no figures of groups: train again, and they are measured.")
        return Response(FairnessSerializer(report, context=self.get_serializer_context()).data)
