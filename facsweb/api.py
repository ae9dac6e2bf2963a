"""/api/v1/: every app's endpoints, signing in, and the schema's pages."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponseBase
from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from annotations.api.routes import ROUTES as ANNOTATIONS
from facsweb.accounts.api import MeView, SignInView
from facsweb.auditing.api import AuditViewSet
from facsweb.joblist.api import ROUTES as JOBS
from inference.api_urls import ROUTES as INFERENCE
from training.api.routes import ROUTES as TRAINING
from training.api.runs import MetricsView


class NothingHere(APIView):
    """Any other address below /api/v1/: its 404 has the API's shape too."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound("There is no such address in the API.")


class SchemaView(SpectacularAPIView):
    permission_classes = (IsAuthenticated,)


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files; anybody not signed in gets the sign-in page."""

    permission_classes = (IsAuthenticated,)
    template_name = "facsweb/api_docs.html"
    url_name = "schema"

    def handle_exception(self, exc: Exception) -> HttpResponseBase:  # type: ignore[override]  # a page answers, not data
        if isinstance(exc, NotAuthenticated):
            return redirect_to_login(self.request.get_full_path())
        return super().handle_exception(exc)


router = SimpleRouter()
AUDIT = {"audit": (AuditViewSet, "api-audit")}

for prefix, (viewset, name) in (ANNOTATIONS | INFERENCE | TRAINING | AUDIT | JOBS).items():
    router.register(prefix, viewset, basename=name)

urlpatterns = [
    path("token/", SignInView.as_view(), name="api-sign-in"),
    path("me/", MeView.as_view(), name="api-me"),
    path("metrics/", MetricsView.as_view(), name="api-metrics"),
    *router.urls,
    re_path(r"", NothingHere.as_view()),
]
