from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from facsweb.api import DocsView, SchemaView

urlpatterns = [
    path("", include("annotations.urls")),
    path("", include("training.urls")),
    path(
        "login/",
        LoginView.as_view(template_name="facsweb/login.html", redirect_authenticated_user=True),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("facsweb.api")),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", DocsView.as_view(), name="api-docs"),
]
