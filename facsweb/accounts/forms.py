"""The form in which somebody describes a token that they want."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User

from facsweb.accounts.permissions import grantable_scopes
from facsweb.accounts.tokens import MOST_DAYS

_MEANINGS = {
    "read": "read: faces, codings, figures, exports",
    "label": "label: code faces, decide, work on queues",
    "upload": "upload: pictures, predictions, imports",
    "train": "train: predictions and trainings",
    "admin": "admin: promote models",
}


class TokenForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=80, widget=forms.TextInput(attrs={"placeholder": "lab server"})
    )
    scopes = forms.MultipleChoiceField(
        label="Scopes",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    days = forms.IntegerField(
        label="Expires in (days)", min_value=1, max_value=MOST_DAYS, initial=90
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        scopes = grantable_scopes(user)
        field = self.fields["scopes"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(scope, _MEANINGS[scope]) for scope in scopes]
        field.initial = ["read"]
