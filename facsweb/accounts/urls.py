from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from facsweb.accounts import account, links_pages, views
from facsweb.accounts.signing_in import SignIn

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", SignIn.as_view(), name="login"),
    path("first/", links_pages.first_admin, name="first-admin"),
    path("welcome/", links_pages.welcome, name="welcome"),
    path("account/", account.account, name="account"),
    path("account/sessions/<id:pk>/end/", account.end_session, name="session-end"),
    path("account/sessions/end/", account.end_others, name="sessions-end"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/<id:pk>/revoke/", views.revoke_token, name="token-revoke"),
]
if settings.SECOND_FACTOR or settings.OIDC_ISSUER:
    urlpatterns.append(path("account/", include("facsweb.accounts.allauth_urls")))
