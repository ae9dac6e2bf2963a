"""Forms of a subject's page."""

from __future__ import annotations

from typing import Any

from django import forms

from annotations.consent import Agreed
from annotations.models import Consent


class ConsentForm(forms.Form):
    answer = forms.ChoiceField(
        label="May their pictures be used?",
        choices=[("yes", "yes"), ("no", "no"), ("unknown", "nobody knows")],
        widget=forms.RadioSelect,
    )
    until = forms.DateField(
        label="Until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    labelling = forms.BooleanField(label="labelling", required=False)
    training = forms.BooleanField(label="training", required=False)
    export = forms.BooleanField(label="export", required=False)
    note = forms.CharField(
        label="Note", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, consent: Consent | None = None, **kwargs: Any) -> None:
        known = consent or Consent()
        names = ("answer", "until", "labelling", "training", "export", "note")
        kwargs.setdefault("initial", {name: getattr(known, name) for name in names})
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def agreed(self) -> Agreed:
        """Return what was filled in."""
        return Agreed(**self.cleaned_data)


class WithdrawForm(forms.Form):
    code = forms.CharField(label="Type the code to confirm", max_length=32, strip=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["code"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
