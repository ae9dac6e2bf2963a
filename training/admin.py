from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from annotations.admin import ReadOnlyAdmin, UnblindedAdmin
from facsweb.accounts.permissions import may_administer
from facsweb.accounts.types import user_of
from facsweb.problems import Problem
from training.models import MlflowDelivery, TrainingRun
from training.runs.services import request_training


@admin.register(TrainingRun)
class TrainingRunAdmin(UnblindedAdmin):
    list_display = ["__str__", "status", "version", "requested_by", "created_at"]
    list_filter = ["status"]
    list_select_related = ["version", "requested_by"]
    actions = ["retrain"]

    def has_retrain_permission(self, request: HttpRequest) -> bool:
        return may_administer(request.user)

    @admin.action(description="Retrain with this run's settings", permissions=["retrain"])
    def retrain(self, request: HttpRequest, chosen: QuerySet[TrainingRun]) -> None:
        """Train anew on today's ground truth, with the settings of the one chosen run."""
        if chosen.count() != 1:
            self.message_user(request, "Choose one run to take the settings of.", messages.ERROR)
            return
        try:
            run = request_training(user_of(request), config=chosen.get().config)
        except Problem as error:
            self.message_user(request, error.detail, messages.ERROR)
        else:
            self.message_user(request, f"{run} is queued.", messages.SUCCESS)


@admin.register(MlflowDelivery)
class MlflowDeliveryAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "status", "attempts", "next_attempt_at", "error"]
    list_filter = ["status"]
    list_select_related = ["run"]
