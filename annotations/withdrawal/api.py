"""Consent and withdrawals over HTTP."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from annotations.consent import Agreed, record_consent
from annotations.models import Consent, Subject
from annotations.withdrawal.certificate import certificate_of
from annotations.withdrawal.example_bodies import with_examples
from annotations.withdrawal.models import Withdrawal
from annotations.withdrawal.permissions import subject_policy
from annotations.withdrawal.services import go_on, request_withdrawal
from facsweb.jobs.serializers import RUN_FIELDS, RunSerializer
from facsweb.rest.error_schema import errors
from facsweb.rest.requests import ApiRequest
from facsweb.rest.viewsets import ReadOnlyViewSet


@with_examples
class ConsentSerializer(serializers.Serializer[Any]):
    answer = serializers.ChoiceField(choices=Consent.Answer.choices)
    until = serializers.DateField(
        allow_null=True, default=None, help_text="The last day of a yes; null: without an end."
    )
    labelling = serializers.BooleanField(default=True, help_text="Of a yes: what it is for.")
    training = serializers.BooleanField(default=True)
    export = serializers.BooleanField(default=True)
    note = serializers.CharField(default="", allow_blank=True, max_length=2000)


@with_examples
class ConfirmationSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(
        max_length=32, help_text="The subject's code once more, to confirm."
    )


class WithdrawalSerializer(RunSerializer):
    certificate = serializers.SerializerMethodField(
        help_text="What was removed, when, by whom; it doesn't say whose it was."
    )

    class Meta:
        model = Withdrawal
        fields = [*RUN_FIELDS, "removed_at", "certificate"]
        read_only_fields = fields

    def get_certificate(self, run: Withdrawal) -> dict[str, Any]:
        return certificate_of(run)


class SubjectRights:
    """Actions of the subjects' viewset for those who may record consent and remove a subject."""

    @extend_schema(methods=["get"], responses={200: ConsentSerializer, **errors(403, 404)})
    @extend_schema(
        methods=["put"],
        request=ConsentSerializer,
        responses={200: ConsentSerializer, **errors(400, 403, 404, 413, 415)},
    )
    @action(detail=True, methods=["get", "put"])
    def consent(self, request: ApiRequest, code: str) -> Response:
        """Tell what a subject agreed to, to admins and auditors; record it, by admins."""
        subject: Subject = self.get_object()  # type: ignore[attr-defined]  # a viewset's
        writes = request.method == "PUT"
        subject_policy.check(request.user, "consent" if writes else "see", subject)
        if writes:
            given = ConsentSerializer(data=request.data)
            given.is_valid(raise_exception=True)
            record_consent(subject, Agreed(**given.validated_data), request.user)
        known = Consent.objects.filter(subject=subject).first() or Consent(subject=subject)
        return Response(ConsentSerializer(known).data)

    @extend_schema(
        request=ConfirmationSerializer,
        responses={202: WithdrawalSerializer, **errors(400, 403, 404, 413, 415)},
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: ApiRequest, code: str) -> Response:
        """Have a subject removed for good, with all that is theirs. Admins only."""
        subject: Subject = self.get_object()  # type: ignore[attr-defined]  # as above
        subject_policy.check(request.user, "withdraw", subject)
        given = ConfirmationSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        run = request_withdrawal(subject, request.user, confirmation=given.validated_data["code"])
        return Response(WithdrawalSerializer(run).data, status=202)


@extend_schema_view(
    list=extend_schema(responses={200: WithdrawalSerializer(many=True), **errors(400, 404)}),
    retrieve=extend_schema(responses={200: WithdrawalSerializer, **errors(404)}),
)
class WithdrawalViewSet(ReadOnlyViewSet):
    """Removals of subjects, with their certificates. For admins and auditors."""

    queryset = Withdrawal.objects.none()
    serializer_class = WithdrawalSerializer
    scopes = {"go_on": "admin"}

    def get_queryset(self) -> QuerySet[Withdrawal]:
        if not subject_policy.allows(self.request.user, "see"):
            return Withdrawal.objects.none()
        return Withdrawal.objects.select_related("requested_by")

    @extend_schema(request=None, responses={200: WithdrawalSerializer, **errors(403, 404, 409)})
    @action(detail=True, methods=["post"], url_path="go-on")
    def go_on(self, request: ApiRequest, pk: str) -> Response:
        """Go on with a removal that ended before all was gone. Admins only."""
        run = get_object_or_404(self.get_queryset(), pk=pk)
        go_on(run, request.user)
        return Response(self.get_serializer(run).data)
