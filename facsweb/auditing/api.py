"""The audit over HTTP, for auditors and admins."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from facsweb.accounts.permissions import may_audit
from facsweb.audit.models import AuditEntry
from facsweb.audit.query import Asked
from facsweb.audit.selectors import entries
from facsweb.rest.error_schema import errors
from facsweb.rest.id_field import IdField
from facsweb.rest.paging import ListParameters
from facsweb.rest.viewsets import ReadOnlyViewSet


class AuditFilterSerializer(ListParameters):
    who = serializers.CharField(required=False, max_length=150, help_text="A user's name of then.")
    action = serializers.CharField(
        required=False, max_length=64, help_text="Such as `export.downloaded`."
    )
    about = serializers.CharField(
        required=False, max_length=64, help_text="The kind of thing, such as `face`."
    )
    about_id = IdField(required=False, help_text="Its id.")
    since = serializers.DateField(required=False, help_text="The first day, in UTC.")
    until = serializers.DateField(required=False, help_text="The last day, in UTC.")

    @property
    def asked(self) -> Asked:
        names = ("who", "action", "about", "about_id", "since", "until")
        given = self.validated_data
        return Asked(**{name: given[name] for name in names if name in given})


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    who = serializers.CharField(source="actor_name", help_text="Blank where nobody is known.")
    who_id = serializers.IntegerField(source="actor", allow_null=True)
    details = serializers.SerializerMethodField()

    class Meta:
        model = AuditEntry
        fields = [
            "number", "at", "who", "who_id", "action", "about", "about_id", "address", "details",
            "previous", "digest",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_details(self, entry: AuditEntry) -> dict[str, Any]:
        return entry.told


@extend_schema_view(
    list=extend_schema(
        parameters=[AuditFilterSerializer],
        responses={200: AuditEntrySerializer(many=True), **errors(400, 404)},
    ),
    retrieve=extend_schema(responses={200: AuditEntrySerializer, **errors(404)}),
)
class AuditViewSet(ReadOnlyViewSet):
    """Entries on who did what, when and from where, newest first. Auditors and admins only.

    `digest` is the SHA-256 of the entry, which covers `previous`, that of the entry before.
    """

    queryset = AuditEntry.objects.none()
    serializer_class = AuditEntrySerializer

    def get_queryset(self) -> QuerySet[AuditEntry]:
        if not may_audit(self.request.user):
            return AuditEntry.objects.none()
        if self.action != "list":
            return entries()
        self.asked = AuditFilterSerializer(data=self.request.query_params)
        self.asked.is_valid(raise_exception=True)
        return self.asked.asked.entries()
