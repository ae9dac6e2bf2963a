"""Forms in which somebody chooses a password: by a link, as the first admin, or a new one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from facsweb.accounts.tries import TooManyTries, begin_try

RULES = "At least 12 characters, not only digits, and none of the common ones."


class _Password(forms.CharField):
    def __init__(self, label: str, help_text: str = "") -> None:
        super().__init__(
            label=label,
            strip=False,
            max_length=4096,
            help_text=help_text,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        )


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    password = _Password("New password", RULES)
    again = _Password("The same again")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if "password" in self.cleaned_data and again != self.cleaned_data["password"]:
            raise ValidationError("The two passwords are not the same.")
        return again


class FirstAdminForm(CodeForm):
    username = forms.CharField(
        label="User name",
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    field_order = ["code", "username", "password", "again"]

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if get_user_model().objects.filter(username__iexact=name).exists():
            raise ValidationError("Somebody has this name already.")
        return name


class NewPasswordForm(PasswordChangeForm):
    """The old password, which is counted as a try to sign in, and a new one twice."""

    refused: TooManyTries | None = None

    def __init__(self, user: User, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.request = request
        self.label_suffix = ""
        self.fields["new_password1"].help_text = RULES
        self.fields["new_password2"].label = "The same again"
        self.fields["new_password2"].help_text = ""
        self.fields["old_password"].widget.attrs.pop("autofocus", None)  # the page has more

    def clean_old_password(self) -> str:
        try:
            this = begin_try(self.user.get_username(), self.request)
        except TooManyTries as refused:
            self.refused = refused
            raise ValidationError(refused.detail, code=refused.code) from None
        old: str = super().clean_old_password()
        this.was_right()
        return old
