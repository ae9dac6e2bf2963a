from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from facsweb.api import DocsView, SchemaView
from facsweb.monitoring.views import healthz, metrics, readyz

ICON = lazy(static, str)("facsweb/icon.svg")  # its hashed name is known after collectstatic

handler500 = "facsweb.outages.answer_error"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("", include("annotations.pages.urls")),
    path("", include("facsweb.accounts.urls")),
    path("audit/", include("facsweb.auditing.urls")),
    path("jobs/", include("facsweb.joblist.urls")),
    path("webhooks/", include("facsweb.webhooks.urls")),
    path("", include("inference.urls")),
    path("", include("training.urls")),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("favicon.ico", login_not_required(RedirectView.as_view(url=ICON))),
    path("api/v1/", include("facsweb.api")),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", DocsView.as_view(), name="api-docs"),
]
