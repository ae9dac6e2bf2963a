"""Accounts over HTTP, for admins: what the page People does."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from annotations.api.example_bodies import with_examples
from annotations.queues.handing_over import hand_over
from facsweb.accounts import people
from facsweb.accounts.permissions import QUEUE_CODER, ROLES, holders_of, person_policy
from facsweb.problems import Problem
from facsweb.rest.error_schema import errors
from facsweb.rest.paging import OldestFirst
from facsweb.rest.requests import ApiRequest
from facsweb.rest.viewsets import ReadOnlyViewSet

_ROLES = [("", "none"), *((role, role) for role in ROLES)]


class PersonSerializer(serializers.ModelSerializer[User]):
    state = serializers.SerializerMethodField(help_text="active, invited or deactivated")
    role = serializers.SerializerMethodField(help_text="Empty where there is none.")
    auditor = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["id", "username", "state", "role", "auditor", "is_superuser", "last_login"]
        read_only_fields = fields

    def get_state(self, person: User) -> str:
        return people.state_of(person)

    def get_role(self, person: User) -> str:
        return people.role_of(person)

    def get_auditor(self, person: User) -> bool:
        return people.audits(person)


@with_examples
class RoleSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=_ROLES, default="", help_text="Empty: none.")
    auditor = serializers.BooleanField(default=False)


@with_examples
class InvitationSerializer(RoleSerializer):
    username = serializers.CharField(max_length=people.LONGEST_NAME)


class LinkSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    link = serializers.CharField(help_text="Shown this once: whoever opens it chooses a password.")


@with_examples
class HandOverSerializer(serializers.Serializer[Any]):
    to = serializers.CharField(max_length=people.LONGEST_NAME, help_text="A user name.")


class HandedOverSerializer(serializers.Serializer[Any]):
    faces = serializers.IntegerField(help_text="Changed hands.")
    freed = serializers.IntegerField(help_text="Went back to all, as the other had had them.")
    queues = serializers.ListField(child=serializers.CharField())


@extend_schema_view(
    list=extend_schema(responses={200: PersonSerializer(many=True), **errors(400, 404)}),
    retrieve=extend_schema(responses={200: PersonSerializer, **errors(404)}),
)
class PersonViewSet(ReadOnlyViewSet):
    """Accounts, for admins."""

    queryset = User.objects.none()
    serializer_class = PersonSerializer
    pagination_class = OldestFirst
    for_whom = {"create": (person_policy, "invite")}

    def get_queryset(self) -> QuerySet[User]:
        if not person_policy.allows(self.request.user, "see"):
            return User.objects.none()
        return people.everybody().order_by("pk")

    @extend_schema(
        request=InvitationSerializer, responses={201: LinkSerializer, **errors(400, 403, 413, 415)}
    )
    def create(self, request: ApiRequest) -> Response:
        """Make an account, and the link by which whoever is invited chooses a password."""
        given = _given(InvitationSerializer, request)
        person, code = people.invite(request.user, **given)
        return self._link(person, code, 201)

    @extend_schema(
        request=RoleSerializer,
        responses={200: PersonSerializer, **errors(400, 403, 404, 409, 413, 415)},
    )
    @action(detail=True, methods=["post"])
    def role(self, request: ApiRequest, pk: str) -> Response:
        """Give somebody a role, and take greater ones. A lesser role ends their sessions."""
        person = self._person(pk)
        people.give_role(request.user, person, **_given(RoleSerializer, request))
        return Response(PersonSerializer(self._person(pk)).data)

    @extend_schema(request=None, responses={201: LinkSerializer, **errors(403, 404, 409)})
    @action(detail=True, methods=["post"], url_path="password-link")
    def password_link(self, request: ApiRequest, pk: str) -> Response:
        """Make the link by which somebody who lost the password chooses another."""
        person = self._person(pk)
        return self._link(person, people.new_link(request.user, person), 201)

    @extend_schema(request=None, responses={204: None, **errors(403, 404, 409)})
    @action(detail=True, methods=["delete"], url_path="second-factor")
    def second_factor(self, request: ApiRequest, pk: str) -> Response:
        """Remove the second factor of somebody who lost it."""
        people.remove_second_factor(request.user, self._person(pk))
        return Response(status=204)

    @extend_schema(request=None, responses={200: PersonSerializer, **errors(403, 404, 409)})
    @action(detail=True, methods=["post"])
    def deactivate(self, request: ApiRequest, pk: str) -> Response:
        """End somebody's access at once. What they said stays."""
        people.deactivate(request.user, self._person(pk))
        return Response(PersonSerializer(self._person(pk)).data)

    @extend_schema(request=None, responses={200: PersonSerializer, **errors(403, 404)})
    @action(detail=True, methods=["post"])
    def reactivate(self, request: ApiRequest, pk: str) -> Response:
        """Let somebody sign in again; their old tokens stay revoked."""
        people.reactivate(request.user, self._person(pk))
        return Response(PersonSerializer(self._person(pk)).data)

    @extend_schema(
        request=HandOverSerializer,
        responses={200: HandedOverSerializer, **errors(400, 403, 404, 409, 413, 415)},
    )
    @action(detail=True, methods=["post"], url_path="hand-over")
    def hand_over(self, request: ApiRequest, pk: str) -> Response:
        """Give the faces that somebody holds, and their places in queues, to another person."""
        person = self._person(pk)
        name = _given(HandOverSerializer, request)["to"]
        to = holders_of(QUEUE_CODER).filter(username=name).first()
        if to is None:
            message = "There is nobody active of that name who may code."
            raise Problem(message, {"to": [message]})
        return Response(HandedOverSerializer(hand_over(request.user, person, to)).data)

    def _person(self, pk: str) -> User:
        return get_object_or_404(self.get_queryset(), pk=pk)

    def _link(self, person: User, code: str, status: int) -> Response:
        link = self.request._request.build_absolute_uri(f"{reverse('welcome')}#{code}")
        answer = Response({"id": person.pk, "link": link}, status=status)
        answer["Cache-Control"] = "no-store"
        return answer


def _given(kind: type[serializers.Serializer[Any]], request: ApiRequest) -> dict[str, Any]:
    asked = kind(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)
