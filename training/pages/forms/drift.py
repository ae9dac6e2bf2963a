"""The form that asks for a drift check."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from training.drift.services import MOST_LAST


class DriftForm(forms.Form):
    """The new faces that are to be compared; nothing chosen means all."""

    since = forms.DateField(
        label="Uploaded on or after",
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label="Uploaded on or before",
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    last = forms.IntegerField(
        label="Only the last … faces", required=False, min_value=1, max_value=MOST_LAST
    )

    def asked(self) -> dict[str, Any]:
        """Return what `request_drift_check` takes: whole days, first moment to last."""
        chosen = self.cleaned_data

        def moment(name: str, end: datetime) -> datetime | None:
            day = chosen.get(name)
            return day and timezone.make_aware(datetime.combine(day, end.time()))

        return {
            "uploaded_from": moment("since", datetime.min),
            "uploaded_until": moment("until", datetime.max),
            "last": chosen.get("last"),
        }
