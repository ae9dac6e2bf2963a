"""Those of django-allauth's pages that are wanted: its sign-in, sign-up and mail pages are not.

Included only where a second factor or single sign-on is on.
"""

from __future__ import annotations

from allauth.account.views import reauthenticate
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

_TO_SIGN_IN = login_not_required(RedirectView.as_view(pattern_name="login"))

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", _TO_SIGN_IN, name="account_login"),
    path("sign-up/", _TO_SIGN_IN, name="account_signup"),
    path("cancel/", login_not_required(LogoutView.as_view()), name="account_logout"),
    path("reauthenticate/", reauthenticate, name="account_reauthenticate"),
]
if settings.SECOND_FACTOR:
    urlpatterns.append(path("second-factor/", include("allauth.mfa.urls")))
if settings.OIDC_ISSUER:
    urlpatterns += [
        path("", include("allauth.socialaccount.providers.openid_connect.urls")),
        path("joined/", include("allauth.socialaccount.urls")),
    ]
