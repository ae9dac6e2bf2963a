"""The form in which an admin adds a webhook."""

from __future__ import annotations

from typing import Any

from django import forms

from facsweb.webhooks.models import Webhook


class WebhookForm(forms.Form):
    url = forms.CharField(
        label="URL",
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://example.org/facsweb"}),
    )
    events = forms.MultipleChoiceField(
        label="Events",
        choices=Webhook.Event.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one event."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
