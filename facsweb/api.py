"""/api/v1/: every app's endpoints, signing in, and the schema's pages."""

from __future__ import annotations

from django.contrib.auth.views import redirect_to_login
from django.urls import path, re_path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.authtoken.models import Token
from rest_framework.authtoken.serializers import AuthTokenSerializer
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from annotations.api import errors
from annotations.api_urls import ROUTES as ANNOTATIONS
from annotations.parsers import PARSERS
from annotations.permissions import roles_of
from inference.api_urls import ROUTES as INFERENCE
from training.api_urls import ROUTES as TRAINING


class CredentialsSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=4096, trim_whitespace=False)


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField()


class MeSerializer(serializers.Serializer):
    username = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())


class TokenView(APIView):
    authentication_classes = ()
    permission_classes = ()
    parser_classes = PARSERS
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "login"

    @extend_schema(
        request=CredentialsSerializer,
        responses={200: TokenSerializer, 400: errors()[401], 429: errors()[401]},
        auth=[],
    )
    def post(self, request) -> Response:
        """The user's token, for the header `Authorization: Token <token>`."""
        limits = CredentialsSerializer(data=request.data)
        limits.is_valid(raise_exception=True)
        given = AuthTokenSerializer(data=limits.validated_data, context={"request": request})
        given.is_valid(raise_exception=True)
        token, _ = Token.objects.get_or_create(user=given.validated_data["user"])
        return Response({"token": token.key})


class MeView(APIView):
    @extend_schema(responses={200: MeSerializer, **errors()})
    def get(self, request) -> Response:
        """Who the token is for."""
        roles = sorted(roles_of(request.user))
        return Response({"username": request.user.get_username(), "roles": roles})


class NothingHere(APIView):
    """Any other address below /api/v1/: its 404 has the API's shape too."""

    schema = None

    def initial(self, request, *args, **kwargs) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound("There is no such address in the API.")


class SchemaView(SpectacularAPIView):
    permission_classes = (IsAuthenticated,)


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files; who isn't signed in gets the sign-in page."""

    permission_classes = (IsAuthenticated,)
    template_name = "facsweb/api_docs.html"
    url_name = "schema"

    def handle_exception(self, exc):
        if isinstance(exc, NotAuthenticated):
            return redirect_to_login(self.request.get_full_path())
        return super().handle_exception(exc)


router = SimpleRouter()
for prefix, (viewset, name) in (ANNOTATIONS | INFERENCE | TRAINING).items():
    router.register(prefix, viewset, basename=name)

urlpatterns = [
    path("token/", TokenView.as_view(), name="api-token"),
    path("me/", MeView.as_view(), name="api-me"),
    *router.urls,
    re_path(r"", NothingHere.as_view()),
]
