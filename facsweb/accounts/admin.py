"""The admin site's pages of people and roles, on which nobody reaches above their own rights.

Staff who may change users could else make themselves superuser, or take a superuser's account by
giving it a password: the shape of CVE-2026-23526. annotations/admin.py registers them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from facsweb.accounts.deletion import why_not_deleted
from facsweb.accounts.permissions import is_above, rights_of, role_rights
from facsweb.accounts.types import user_of
from facsweb.problems import Problem
from facsweb.rest.ids import read_id

if TYPE_CHECKING:
    _List = admin.ModelAdmin[Any]
    _UserAdmin = UserAdmin[User]
else:  # Django's own classes take no type while they run
    _List, _UserAdmin = object, UserAdmin

_View = Callable[..., Any]


def _refusals_told(view: _View) -> _View:
    """Show a refusal of the rules as a message on the same page."""

    @wraps(view)
    def told(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return view(self, request, *args, **kwargs)
        except Problem as refused:
            messages.error(request, refused.detail)
            return redirect(request.get_full_path())

    return told


class ListOfIds(_List):
    """A list that reports an impossible id, where SQLite's driver would raise OverflowError."""

    @_refusals_told
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        try:
            if all(map(read_id, chosen)):
                # An action changes all that were chosen, or none.
                with transaction.atomic() if request.method == "POST" else nullcontext():
                    return super().changelist_view(request, extra_context)
        except OverflowError:
            pass
        messages.error(request, "There is no row of such an id.")
        return redirect(request.path)


class RoleAdmin(ListOfIds, GroupAdmin):
    """Groups, among them the roles: only superusers change what a group may do."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return user_of(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return user_of(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return user_of(request).is_superuser

    changeform_view = _refusals_told(GroupAdmin.changeform_view)
    delete_view = _refusals_told(GroupAdmin.delete_view)


class PersonAdmin(ListOfIds, _UserAdmin):
    """Django's own, within the rights of whoever uses it; who worked here is never deleted."""

    actions = ["deactivate", "delete_selected"]

    def changed(self, request: HttpRequest, person: User) -> None:
        """Warn of what the change of somebody means; subclasses know."""

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._reaches(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._reaches(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Let only superusers give powers, and nobody else change their own rights."""
        fields = list(super().get_readonly_fields(request, obj))
        user = user_of(request)
        if not user.is_superuser:
            fields += ["is_superuser", "is_staff", "user_permissions"]
            if obj is not None and obj.pk == user.pk:
                fields += ["groups", "is_active"]
        return fields

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Give the choice of groups that grant no more than whoever chooses has."""
        user = user_of(request)
        if db_field.name == "groups" and not user.is_superuser:
            mine = rights_of(user)
            within = [group.pk for group in Group.objects.all() if _rights_by(group) <= mine]
            kwargs["queryset"] = Group.objects.filter(pk__in=within)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @_refusals_told
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().changeform_view(request, *args, **kwargs)

    @_refusals_told
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
        self._check(request, chosen)
        reasons = [why for person in chosen if (why := why_not_deleted(person))]
        if not reasons:
            return delete_selected(self, request, chosen)
        for why in reasons:
            messages.error(request, why)
        return None

    @admin.action(description="Deactivate selected users", permissions=["change"])
    def deactivate(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        self._check(request, chosen)
        people = list(chosen)
        for person in people:
            person.is_active = False
            person.save(update_fields=["is_active"])
        names = ", ".join(person.get_username() for person in people)
        messages.success(request, f"Deactivated: {names}. What they said stays.")
        for person in people:
            self.changed(request, person)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self.changed(request, form.instance)

    def _reaches(self, request: HttpRequest, person: User | None) -> bool:
        return person is None or not is_above(person, user_of(request))

    def _check(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Refuse if somebody who was chosen may do more than whoever chooses."""
        above = [person for person in chosen if not self._reaches(request, person)]
        if above:
            names = ", ".join(person.get_username() for person in above)
            raise Problem(f"Nothing is changed: {names} may do more than you.")


def _rights_by(group: Group) -> frozenset[str]:
    """Return the rights that a group gives."""
    rows = group.permissions.values_list("content_type__app_label", "codename")
    return role_rights(group.name) | {f"{app}.{name}" for app, name in rows}
