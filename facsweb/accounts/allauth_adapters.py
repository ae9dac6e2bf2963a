"""Answers to what django-allauth asks of us, where a second factor or single sign-on is on.

Loaded only then: see facsweb/sign_in_settings.py.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from facsweb.accounts.tries import TooManyTries
from facsweb.rest.addresses import client_address


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up by themselves, and wrong passwords are counted at our door."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Tell whether the password is right. Raises ValidationError where it must wait."""
        try:
            return bool(super().reauthenticate(user, password))
        except TooManyTries as refused:
            raise ValidationError(refused.detail) from None

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Answer whoever proved to be somebody whose account is deactivated."""
        messages.error(request, "This account is deactivated. Ask an admin.")
        return redirect("login")

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """Leave out greetings; say what was done and what is wrong."""
        if "logged_" not in str(kwargs.get("message_template", args[:1])):
            super().add_message(request, level, *args, **kwargs)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keeps secrets encrypted: a copy of the database alone makes no code."""

    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _fernet().decrypt(encrypted_text.encode()).decode()


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Lets in only who has joined their account with the provider before, signed in here."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def on_authentication_error(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        messages.error(request, f"{settings.OIDC_NAME} didn't let you in. Try again.")


def _fernet() -> Fernet:
    key = hashlib.sha256(b"facsweb.accounts.second_factor" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
