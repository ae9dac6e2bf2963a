"""Tokens and sessions over HTTP. A token is made by name and password; its text is shown once."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import logout
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.authtoken.serializers import AuthTokenSerializer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from facsweb.accounts.example_bodies import with_examples
from facsweb.accounts.let_in import has_second_factor
from facsweb.accounts.models import ApiToken, BrowserSession
from facsweb.accounts.permissions import AUDITOR, SCOPES, is_auditor, roles_of
from facsweb.accounts.sessions import end_sessions, sessions_of
from facsweb.accounts.tokens import DEFAULT_DAYS, MOST_DAYS, issue_token, revoke
from facsweb.problems import Forbidden
from facsweb.rest.error_schema import errors
from facsweb.rest.ids import ID_DIGITS
from facsweb.rest.limits import LimitedBody
from facsweb.rest.paging import NewestFirst
from facsweb.rest.parsers import PARSERS
from facsweb.rest.requests import ApiRequest
from facsweb.rest.throttling import SignInsPerMinute

_SCOPES = [(name, name) for name in SCOPES]


class ScopesField(serializers.ListField):
    child = serializers.ChoiceField(choices=_SCOPES)


@with_examples
class CredentialsSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=4096, trim_whitespace=False)
    name = serializers.CharField(max_length=80, required=False, default="signed in by password")
    scopes = ScopesField(
        required=False, allow_empty=False, help_text="Left out: all that your role grants."
    )
    expires_in_days = serializers.IntegerField(
        required=False, default=DEFAULT_DAYS, min_value=1, max_value=MOST_DAYS
    )


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    scopes = ScopesField(read_only=True)

    class Meta:
        model = ApiToken
        fields = ["id", "name", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at"]
        read_only_fields = fields


class NewTokenSerializer(TokenSerializer):
    token = serializers.CharField(read_only=True, help_text="Shown this once.")

    class Meta(TokenSerializer.Meta):
        fields = ["token", *TokenSerializer.Meta.fields]
        read_only_fields = fields


class MeSerializer(serializers.Serializer[Any]):
    username = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    token = TokenSerializer(allow_null=True, help_text="Null in a browser's session.")


class SessionSerializer(serializers.ModelSerializer[BrowserSession]):
    is_this_one = serializers.SerializerMethodField()

    class Meta:
        model = BrowserSession
        fields = ["id", "browser", "address", "started_at", "seen_at", "is_this_one"]
        read_only_fields = fields

    def get_is_this_one(self, session: BrowserSession) -> bool:
        request: Request = self.context["request"]
        return session.session_id == request._request.session.session_key


class SignInView(LimitedBody, APIView):
    authentication_classes = ()
    permission_classes = ()
    parser_classes = PARSERS
    throttle_classes = (SignInsPerMinute,)

    @extend_schema(
        request=CredentialsSerializer,
        responses={201: NewTokenSerializer, **errors(400, 403, 413, 415)},
        auth=[],
    )
    def post(self, request: ApiRequest) -> Response:
        """Make a token, for the header `Authorization: Token <token>`. Nobody can read it again."""
        asked = CredentialsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        given = AuthTokenSerializer(data=values, context={"request": request})
        given.is_valid(raise_exception=True)
        user = given.validated_data["user"]
        if has_second_factor(user):
            raise Forbidden(
                "This account asks for a second factor: make the token in a browser, at /tokens/."
            )
        token, text = issue_token(
            user,
            values["name"],
            values.get("scopes"),
            values["expires_in_days"],
        )
        token.token = text
        answer = Response(NewTokenSerializer(token).data, status=201)
        answer["Cache-Control"] = "no-store"
        return answer


class MeView(APIView):
    scopes = {"get": None}  # every token may ask what it is

    @extend_schema(responses={200: MeSerializer, **errors()})
    def get(self, request: ApiRequest) -> Response:
        """Tell whose token this is, and what it may do."""
        token = TokenSerializer(request.auth).data if request.auth else None
        roles = sorted(roles_of(request.user) | ({AUDITOR} if is_auditor(request.user) else set()))
        return Response({"username": request.user.get_username(), "roles": roles, "token": token})


class SessionViewSet(LimitedBody, mixins.ListModelMixin, viewsets.GenericViewSet[BrowserSession]):
    """Your own browsers that are signed in."""

    queryset = BrowserSession.objects.none()
    serializer_class = SessionSerializer
    pagination_class = NewestFirst
    parser_classes = PARSERS
    lookup_value_regex = ID_DIGITS

    def get_queryset(self) -> QuerySet[BrowserSession]:
        return sessions_of(self.request.user)

    @extend_schema(responses={200: SessionSerializer(many=True), **errors(400, 404)})
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the browsers in which you are signed in."""
        return super().list(request)

    @extend_schema(responses={204: None, **errors(404)})
    def destroy(self, request: ApiRequest, pk: str) -> Response:
        """End one of your sessions at once."""
        mine = get_object_or_404(self.get_queryset(), pk=pk)
        if mine.session_id == request._request.session.session_key:
            logout(request._request)
        else:
            end_sessions(request.user, self.get_queryset().filter(pk=mine.pk))
        return Response(status=204)


class TokenViewSet(LimitedBody, mixins.ListModelMixin, viewsets.GenericViewSet[ApiToken]):
    """Your own tokens."""

    queryset = ApiToken.objects.none()
    serializer_class = TokenSerializer
    pagination_class = NewestFirst
    parser_classes = PARSERS
    lookup_value_regex = ID_DIGITS
    #: Any token may give itself up; see `destroy`.
    scopes = {"destroy": None}

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.of(self.request.user)

    @extend_schema(responses={200: TokenSerializer(many=True), **errors(400, 404)})
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List your tokens' names, scopes and dates; never the tokens themselves."""
        return super().list(request)

    @extend_schema(responses={204: None, **errors(404)})
    def destroy(self, request: ApiRequest, pk: str) -> Response:
        """Revoke a token at once. A token revokes itself or, with the scope `admin`, others."""
        token = get_object_or_404(self.get_queryset(), pk=pk)
        revoke(token, request.user, request.auth)
        return Response(status=204)
