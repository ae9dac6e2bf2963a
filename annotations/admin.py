"""Admin pages to look things up and to tag subjects.

Codings and reviews are history: nobody edits them here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest

from annotations.models import ActionUnitScore, Coder, Coding, Face, Review, Subject
from annotations.models.face_querysets import FaceQuerySet
from annotations.models.querysets import CodingQuerySet, ReviewQuerySet
from annotations.queues.handing_over import in_need_of
from annotations.visibility import (
    hides_anything,
    look_at,
    readable,
    veiled_subjects,
    visible_codings,
    visible_reviews,
)
from facsweb.accounts.admin import ListOfIds, PersonAdmin, RoleAdmin
from facsweb.accounts.permissions import may_administer
from facsweb.accounts.types import user_of

if TYPE_CHECKING:
    _Options = BaseModelAdmin[Any]
    _ModelAdmin = admin.ModelAdmin[Any]
    _TabularInline = admin.TabularInline[ActionUnitScore, Coding]
else:  # Django's own classes take no type while they run
    _Options = object
    _ModelAdmin, _TabularInline = admin.ModelAdmin, admin.TabularInline

_Row = TypeVar("_Row", Coding | None, Review | None)


class ReadOnly(_Options):
    """Rows that only the domain's services write, shown to those who may administer."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_administer(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, ListOfIds, _ModelAdmin):
    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_administer(request.user)


class UnblindedAdmin(ReadOnlyAdmin):
    """Rows that tell what is said of faces: nothing for whoever has yet to code some blind.

    Lists, counts and filters of the admin site tell more than a page that veils single faces.
    """

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request) and not hides_anything(user_of(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


@admin.register(Subject)
class SubjectAdmin(ReadOnlyAdmin):
    """Demographics are tags that the data's source recorded; here they can be corrected."""

    list_display = ["code", "gender", "age_group", "ethnicity"]
    list_filter = ["gender", "age_group", "ethnicity"]
    search_fields = ["code"]
    readonly_fields = ["code"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subject]:
        """Leave out subjects whose tags are hidden while their faces are coded blind."""
        return super().get_queryset(request).exclude(pk__in=veiled_subjects(user_of(request)))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_administer(request.user)


@admin.register(Face)
class FaceAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "subject", "width", "height", "colour_mode", "created_at"]
    list_filter = ["colour_mode"]
    list_select_related = ["subject"]
    search_fields = ["subject__code", "sequence", "sha256"]
    # The files are served by their own views only; a file's name may tell the emotion.
    exclude = ["file", "source_name"]

    def get_queryset(self, request: HttpRequest) -> FaceQuerySet:
        faces = cast(FaceQuerySet, super().get_queryset(request))
        return readable(faces, user_of(request))


@admin.register(Coder)
class CoderAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "is_default"]
    list_filter = ["kind"]
    search_fields = ["name"]


class ScoreInline(ReadOnly, _TabularInline):
    model = ActionUnitScore
    extra = 0


@admin.register(Coding)
class CodingAdmin(UnblindedAdmin):
    list_display = ["face", "coder", "emotion", "is_accepted", "created_at"]
    list_filter = ["coder_kind", "is_accepted", "emotion"]
    list_select_related = ["face__subject", "coder"]
    raw_id_fields = ["face", "based_on"]
    search_fields = ["face__subject__code", "coder__name"]
    inlines = [ScoreInline]

    def get_queryset(self, request: HttpRequest) -> CodingQuerySet:
        codings = cast(CodingQuerySet, super().get_queryset(request))
        return visible_codings(user_of(request), codings)

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        return _looked_at(super().get_changelist_instance(request), user_of(request))

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Coding | None:
        row: Coding | None = super().get_object(request, object_id, from_field)
        return _looked_at_one(row, user_of(request))


@admin.register(Review)
class ReviewAdmin(UnblindedAdmin):
    list_display = ["face", "reviewer", "decision", "created_at"]
    list_filter = ["decision"]
    list_select_related = ["face__subject", "reviewer"]
    search_fields = ["face__subject__code", "reviewer__username", "comment"]

    def get_queryset(self, request: HttpRequest) -> ReviewQuerySet:
        reviews = cast(ReviewQuerySet, super().get_queryset(request))
        return visible_reviews(user_of(request), reviews)

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        return _looked_at(super().get_changelist_instance(request), user_of(request))

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Review | None:
        row: Review | None = super().get_object(request, object_id, from_field)
        return _looked_at_one(row, user_of(request))


def _looked_at(changelist: ChangeList, user: User) -> ChangeList:
    """Record that `user` sees a page of rows that tell what is said of faces."""
    look_at(user, [row.face_id for row in changelist.result_list])
    return changelist


def _looked_at_one(row: _Row, user: User) -> _Row:
    if row is not None:
        look_at(user, [row.face_id])
    return row


admin.site.unregister([get_user_model(), Group])
admin.site.register(Group, RoleAdmin)


@admin.register(get_user_model())
class WorkerAdmin(PersonAdmin):
    """People, with a warning of the queues that count on whom is changed."""

    def changed(self, request: HttpRequest, person: User) -> None:
        if waiting := in_need_of(person):
            messages.warning(request, waiting)
