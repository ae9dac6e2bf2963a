"""Admin pages to look things up and to tag subjects.

Codings and reviews are history: nobody edits them here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from annotations.models import ActionUnitScore, Coder, Coding, Face, QueueMember, Review, Subject
from annotations.models.querysets import CodingQuerySet, FaceQuerySet, ReviewQuerySet
from annotations.queues.people import may_do
from annotations.visibility import (
    look_at,
    readable,
    veiled_subjects,
    visible_codings,
    visible_reviews,
)
from facsweb.accounts.deletion import why_not_deleted
from facsweb.accounts.permissions import may_administer
from facsweb.accounts.types import user_of
from facsweb.rest.ids import read_id

if TYPE_CHECKING:
    _Options = BaseModelAdmin[Any]
    _List = admin.ModelAdmin[Any]
    _ModelAdmin = admin.ModelAdmin[Any]
    _TabularInline = admin.TabularInline[ActionUnitScore, Coding]
    _UserAdmin = UserAdmin[User]
else:  # Django's own classes take no type while they run
    _Options = _List = object
    _ModelAdmin, _TabularInline, _UserAdmin = admin.ModelAdmin, admin.TabularInline, UserAdmin

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


class ListOfIds(_List):
    """A list that reports an impossible id, where SQLite's driver would raise OverflowError."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        try:
            if all(map(read_id, chosen)):
                return super().changelist_view(request, extra_context)
        except OverflowError:
            pass
        messages.error(request, "There is no row of such an id.")
        return redirect(request.path)


class ReadOnlyAdmin(ReadOnly, ListOfIds, _ModelAdmin):
    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_administer(request.user)


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
    exclude = ["file", "thumbnail", "source_name"]

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
class CodingAdmin(ReadOnlyAdmin):
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
class ReviewAdmin(ReadOnlyAdmin):
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


@admin.register(Group)
class RoleAdmin(ListOfIds, GroupAdmin):
    """Django's own admin of groups: roles are groups."""


@admin.register(get_user_model())
class PersonAdmin(ListOfIds, _UserAdmin):
    """Django's own, except that people who have worked here are deactivated, never deleted."""

    actions = ["deactivate", "delete_selected"]

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        person = self.get_object(request, object_id)
        if person is not None and (why := why_not_deleted(person)):
            messages.error(request, why)
            return redirect("admin:auth_user_change", person.pk)
        return super().delete_view(request, object_id, extra_context)

    @admin.action(description="Delete selected users", permissions=["delete"])
    def delete_selected(self, request: HttpRequest, chosen: QuerySet[User]) -> HttpResponse | None:
        reasons = [why for person in chosen if (why := why_not_deleted(person))]
        if not reasons:
            return delete_selected(self, request, chosen)
        for why in reasons:
            messages.error(request, why)
        return None

    @admin.action(description="Deactivate selected users", permissions=["change"])
    def deactivate(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        people = list(chosen)
        chosen.update(is_active=False)
        names = ", ".join(person.get_username() for person in people)
        messages.success(request, f"Deactivated: {names}. What they said stays.")
        for person in people:
            _tell_of_queues(request, person)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        _tell_of_queues(request, form.instance)


def _tell_of_queues(request: HttpRequest, person: User) -> None:
    """Warn of the queues that count on somebody who can't work there any more."""
    now = get_user_model().objects.get(pk=person.pk)  # without the roles that it remembers
    named = QueueMember.objects.filter(user=now, queue__is_open=True).select_related("queue")
    waiting = sorted({member.queue.name for member in named if not may_do(now, member.stage)})
    if waiting:
        messages.warning(
            request,
            f"{now.get_username()} is named in {', '.join(f'“{name}”' for name in waiting)}: edit "
            "there who works on it.",
        )
