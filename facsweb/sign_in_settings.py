"""Settings of what may be added to the password: a second factor, and OpenID Connect.

Both are off unless the environment turns them on, and then need requirements-sign-in.txt: while
they are off, nothing of django-allauth is loaded and its tables aren't there.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from facsweb.env import env_bool, env_secret, env_str, env_url

SECOND_FACTOR = env_bool("SECOND_FACTOR", False)
OIDC_ISSUER = env_url("OIDC_ISSUER", {"https", "http"})
OIDC_NAME = env_str("OIDC_NAME", "single sign-on")

#: What settings.py takes over; empty while both are off.
ALLAUTH: dict[str, Any] = {}
ALLAUTH_APPS: list[str] = []
ALLAUTH_MIDDLEWARE: list[str] = []
#: Beside our own address: a form leads there.
SIGN_IN_ORIGINS: list[str] = []

if SECOND_FACTOR or OIDC_ISSUER:
    if find_spec("allauth") is None:
        raise ImproperlyConfigured(
            "SECOND_FACTOR and OIDC_ISSUER need django-allauth: "
            "pip install -r requirements-sign-in.txt."
        )
    ALLAUTH_APPS += ["allauth", "allauth.account"]
    ALLAUTH_MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"]
    ALLAUTH |= {
        "ACCOUNT_ADAPTER": "facsweb.accounts.allauth_adapters.AccountAdapter",
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        # A browser left alone joins no account with another identity, and changes no factor.
        "ACCOUNT_REAUTHENTICATION_REQUIRED": True,
        "ACCOUNT_LOGIN_METHODS": {"username"},
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*"],
    }
if SECOND_FACTOR:
    ALLAUTH_APPS += ["allauth.mfa"]
    ALLAUTH |= {
        "MFA_ADAPTER": "facsweb.accounts.allauth_adapters.SecondFactorAdapter",
        "MFA_SUPPORTED_TYPES": ["totp", "recovery_codes"],
        "MFA_TOTP_ISSUER": "facsweb",
    }
if OIDC_ISSUER:
    ALLAUTH_APPS += ["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"]
    _parts = urlsplit(OIDC_ISSUER)
    SIGN_IN_ORIGINS += [f"{_parts.scheme}://{_parts.netloc}"]
    ALLAUTH |= {
        "SOCIALACCOUNT_ADAPTER": "facsweb.accounts.allauth_adapters.SingleSignOnAdapter",
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION": False,
        "SOCIALACCOUNT_STORE_TOKENS": False,
        "SOCIALACCOUNT_PROVIDERS": {
            "openid_connect": {
                "OAUTH_PKCE_ENABLED": True,
                "SCOPE": ["openid"],
                "APPS": [
                    {
                        "provider_id": "sso",
                        "name": OIDC_NAME,
                        "client_id": env_str("OIDC_CLIENT_ID"),
                        "secret": env_secret("OIDC_CLIENT_SECRET", least=16),
                        "settings": {"server_url": OIDC_ISSUER},
                    }
                ],
            }
        },
    }
