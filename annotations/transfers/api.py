"""Imports and exports over HTTP: requested here, carried out by a worker, followed by polling."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.fields.files import FieldFile
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.reverse import reverse

from annotations.transfers.files import download_name, sent
from annotations.transfers.models import Export, Import
from annotations.transfers.options import ImportOptions
from annotations.transfers.permissions import transfer_policy
from annotations.transfers.serializers import ExportRequestSerializer, ImportRequestSerializer
from annotations.transfers.services import (
    cancel_transfer,
    discard_transfer,
    imports_for,
    request_export,
    request_import,
    stored_file,
    take_export,
    take_refused_rows,
)
from facsweb.jobs.models import RunQuerySet
from facsweb.jobs.serializers import RUN_FIELDS, RunSerializer
from facsweb.problems import Missing
from facsweb.rest.error_schema import errors
from facsweb.rest.idempotency import answered_once
from facsweb.rest.negotiation import AnyAccepted
from facsweb.rest.parameters import IDEMPOTENCY_KEY
from facsweb.rest.requests import ApiRequest
from facsweb.rest.viewsets import ReadOnlyViewSet

_REPORT = {
    "type": "object",
    "additionalProperties": True,
    "example": {
        "faces_created": 560,
        "codings_created": 560,
        "unchanged": 0,
        "refused": 2,
        "not_read": [{"what": "videos (.avi)", "count": 3}],
    },
}
_OPTIONS = {
    "type": "object",
    "additionalProperties": True,
    "example": ImportOptions().to_json(),
}


class _TransferSerializer(RunSerializer):
    report = serializers.SerializerMethodField(help_text="What it came to, in numbers.")

    @extend_schema_field(_REPORT)
    def get_report(self, run: Import | Export) -> Any:
        return run.outcome

    def url_of(self, name: str, run: Import | Export, file: FieldFile) -> str | None:
        if not file:
            return None
        return reverse(name, args=[run.pk], request=self.context["request"])


class ImportSerializer(_TransferSerializer):
    kind = serializers.ChoiceField(
        choices=[("", "not known yet"), *Import.Kind.choices], read_only=True
    )
    options = serializers.SerializerMethodField(help_text="How its rows are read.")
    refused_url = serializers.SerializerMethodField(
        help_text="CSV of the refused rows with reasons, to mend and send again."
    )

    class Meta:
        model = Import
        fields = [
            *RUN_FIELDS, "name", "size", "sha256", "kind", "coder_name", "options", "report",
            "refused_url",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(_OPTIONS)
    def get_options(self, run: Import) -> dict[str, Any]:
        return ImportOptions.from_json(run.options).to_json()

    def get_refused_url(self, run: Import) -> str | None:
        return self.url_of("api-import-refused", run, run.refused)


class ExportSerializer(_TransferSerializer):
    deidentify = serializers.ChoiceField(
        choices=[("", "not"), *Export.Deidentify.choices], read_only=True
    )
    file_url = serializers.SerializerMethodField(help_text="Null until it has succeeded.")

    class Meta:
        model = Export
        fields = [
            *RUN_FIELDS, "format", "images", "anonymous", "deidentify", "demographics", "size",
            "sha256", "report", "file_url",
        ]  # fmt: skip
        read_only_fields = fields

    def get_file_url(self, run: Export) -> str | None:
        return self.url_of("api-export-file", run, run.file)


class _TransferViewSet(ReadOnlyViewSet):
    def _cancel(self, request: ApiRequest) -> Response:
        run = self.get_object()
        cancel_transfer(run, request.user)
        return Response(self.get_serializer(run).data)

    def destroy(self, request: ApiRequest, pk: str) -> Response:
        """Delete an import or export with its files. What an import wrote stays."""
        discard_transfer(self.get_object(), request.user)
        return Response(status=204)


@extend_schema_view(
    list=extend_schema(responses={200: ImportSerializer(many=True), **errors(400, 404)}),
    retrieve=extend_schema(responses={200: ImportSerializer, **errors(404)}),
    destroy=extend_schema(responses={204: None, **errors(404, 409)}),
)
class ImportViewSet(_TransferViewSet):
    """Files that were sent for import. Admins see all of them."""

    queryset = Import.objects.none()
    serializer_class = ImportSerializer
    scopes = {"create": "upload", "cancel": "upload", "destroy": "upload"}
    for_whom = {"create": (transfer_policy, "import")}
    uploads = frozenset({"create"})

    def get_queryset(self) -> RunQuerySet[Import]:
        return imports_for(self.request.user)

    def most_bytes(self) -> int:
        whole = self.request.method == "POST" and self.action == "create"
        return settings.IMPORT_MAX_BYTES if whole else super().most_bytes()

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request={"multipart/form-data": ImportRequestSerializer},
        responses={201: ImportSerializer, **errors(400, 413, 415, 422)},
    )
    def create(self, request: ApiRequest) -> Response:
        """Send a file, which a worker imports. Admins only.

        Rows are imported one by one, so that a bad one doesn't keep the good ones out.
        """
        given = ImportRequestSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data

        with stored_file(values["file"]) as stored:

            def work() -> Response:
                run = request_import(
                    request.user,
                    stored,
                    coder_name=values["coder"],
                    options=ImportOptions.from_json(values),
                )
                return Response(self.get_serializer(run).data, status=201)

            return answered_once(request, work)

    @extend_schema(request=None, responses={200: ImportSerializer, **errors(404)})
    @action(detail=True, methods=["post"])
    def cancel(self, request: ApiRequest, pk: str) -> Response:
        """Cancel an import. It ends within seconds; what was imported stays."""
        return self._cancel(request)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR, **errors(404)})
    @action(detail=True, methods=["get"], content_negotiation_class=AnyAccepted)
    def refused(self, request: ApiRequest, pk: str) -> FileResponse:
        """Return the refused rows as they came, each with its reason."""
        run = self.get_object()
        take_refused_rows(run, request.user)
        return _sent(run.refused, f"refused-{pk}.csv", "text/csv; charset=utf-8")


@extend_schema_view(
    list=extend_schema(responses={200: ExportSerializer(many=True), **errors(400, 404)}),
    retrieve=extend_schema(responses={200: ExportSerializer, **errors(404)}),
    destroy=extend_schema(responses={204: None, **errors(404, 409)}),
)
class ExportViewSet(_TransferViewSet):
    """Files that were made for you. Admins see everybody's."""

    queryset = Export.objects.none()
    serializer_class = ExportSerializer
    scopes = {"create": "read", "cancel": "read", "destroy": "read"}
    for_whom = {"create": (transfer_policy, "see")}

    def get_queryset(self) -> QuerySet[Export]:
        return Export.objects.asked_by(self.request.user).select_related("requested_by")

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=ExportRequestSerializer,
        responses={201: ExportSerializer, **errors(400, 415, 422)},
    )
    def create(self, request: ApiRequest) -> Response:
        """Request a file of everything. For reviewers and admins, unless they code blind."""
        given = ExportRequestSerializer(data=request.data)
        given.is_valid(raise_exception=True)

        def work() -> Response:
            run = request_export(request.user, **given.validated_data)
            return Response(self.get_serializer(run).data, status=201)

        return answered_once(request, work)

    @extend_schema(request=None, responses={200: ExportSerializer, **errors(404)})
    @action(detail=True, methods=["post"])
    def cancel(self, request: ApiRequest, pk: str) -> Response:
        """Cancel an export. It ends within seconds, and leaves no file."""
        return self._cancel(request)

    @extend_schema(
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, **errors(404)}
    )
    @action(detail=True, methods=["get"], content_negotiation_class=AnyAccepted)
    def file(self, request: ApiRequest, pk: str) -> FileResponse:
        """Stream the exported file."""
        run = self.get_object()
        take_export(run, request.user)
        return _sent(run.file, download_name(run), "application/octet-stream")


def _sent(stored: FieldFile, name: str, content_type: str) -> FileResponse:
    answer = sent(stored, name, content_type)
    if answer is None:
        raise Missing("There is no such file (yet).")
    return answer
