"""The filters above the list of jobs."""

from __future__ import annotations

from django import forms

from facsweb.joblist.kinds import CHOICES
from facsweb.joblist.listing import Filters
from facsweb.jobs.models import Run

STATES = [("active", "waiting or running"), *Run.Status.choices]


class FilterForm(forms.Form):
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "all"), *CHOICES])
    status = forms.ChoiceField(
        label="State",
        required=False,
        choices=[("", "any"), *((value, str(label).lower()) for value, label in STATES)],
    )
    mine = forms.BooleanField(label="Only mine", required=False)

    def filters(self) -> Filters:
        """Return what is asked for; nothing in particular where that can't be read."""
        if not self.is_valid():
            return Filters()
        return Filters(**self.cleaned_data)
