from django.contrib import admin

from annotations.admin import ReadOnlyAdmin
from inference.models import AliasMove, InferenceRun, ModelAlias, ModelVersion, PriorRun


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = ["name", "created_at"]
    search_fields = ["name", "sha256"]


@admin.register(ModelAlias)
class ModelAliasAdmin(ReadOnlyAdmin):
    list_display = ["name", "version", "moved_at"]
    list_select_related = ["version"]


@admin.register(AliasMove)
class AliasMoveAdmin(ReadOnlyAdmin):
    list_display = ["alias", "previous", "version", "moved_by", "moved_at", "reason"]
    list_select_related = ["previous", "version", "moved_by"]


@admin.register(InferenceRun)
class InferenceRunAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "version", "status", "done", "total", "created_at"]
    list_filter = ["status"]
    list_select_related = ["version"]


@admin.register(PriorRun)
class PriorRunAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "status", "done", "total", "created_at"]
    list_filter = ["status"]
