"""The filter of the audit."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms

from facsweb.audit.query import Asked
from facsweb.audit.words import ACTIONS, KINDS
from facsweb.rest.ids import IdField

_THINGS = (
    "face", "subject", "neutralframe", "user", "coder", "queue", "export", "import", "modelversion",
    "trainingrun", "apitoken", "webhook",
)  # fmt: skip


class AuditFilter(forms.Form):
    who = forms.CharField(label="Who", required=False, max_length=150)
    action = forms.ChoiceField(label="What", required=False)
    about = forms.ChoiceField(
        label="About",
        required=False,
        choices=[("", "anything"), *((name, KINDS.get(name, name)) for name in _THINGS)],
    )
    about_id = IdField(label="Its number", required=False)
    since = forms.DateField(
        label="From", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label="To", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        action = self.fields["action"]
        assert isinstance(action, forms.ChoiceField)
        asked = self.data.get("action", "")
        # An act of which no words are known can be asked for all the same.
        other = [(asked, asked)] if asked and asked not in ACTIONS else []
        action.choices = [("", "anything"), *other, *ACTIONS.items()]

    @property
    def asked(self) -> Asked:
        """The filters that are asked for, without what makes no sense."""
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        return Asked(**given)

    @property
    def problems(self) -> list[str]:
        return [
            f"{self.fields[name].label}: {' '.join(map(str, texts))}"
            for name, texts in self.errors.items()
        ]

    @property
    def query(self) -> str:
        """The address's query for the same again."""
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        return urlencode(given)
