"""Whose agreement is asked for."""

from __future__ import annotations

from django import forms
from django.db.models import Exists, OuterRef

from annotations.ids import RowField
from annotations.models import Coder, Coding


class AgreementForm(forms.Form):
    """Two coders, or everybody. A value that makes no sense is named in `errors`, and left out."""

    first = RowField(
        label="Coder",
        required=False,
        queryset=Coder.objects.none(),
        empty_label="Everybody",
        error_messages={"invalid_choice": "There is no such coder; everybody is shown."},
    )
    second = RowField(
        label="and",
        required=False,
        queryset=Coder.objects.none(),
        empty_label="Everybody",
        error_messages={"invalid_choice": "There is no such coder; everybody is shown."},
    )
    blind = forms.BooleanField(label="People's blind codings only", required=False)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        codings = Coding.objects.filter(coder=OuterRef("pk"), is_withdrawn=False)
        self.coders = Coder.objects.filter(Exists(codings)).order_by("kind", "name")
        self.fields["first"].queryset = self.fields["second"].queryset = self.coders
        self.is_valid()

    @property
    def problems(self) -> list[str]:
        found = [text for texts in self.errors.values() for text in texts]
        if self.is_same:
            found.append("Choose two different coders: everybody agrees with themselves.")
        first, second = self.cleaned_data.get("first"), self.cleaned_data.get("second")
        if not self.errors and (first is None) is not (second is None):
            found.append("Choose two coders, or leave both at everybody: everybody is shown.")
        return list(dict.fromkeys(found))

    @property
    def is_same(self) -> bool:
        first = self.cleaned_data.get("first")
        return first is not None and first == self.cleaned_data.get("second")

    def chosen(self) -> list[Coder]:
        """Two coders, or, unless both are named, all of them."""
        first, second = self.cleaned_data.get("first"), self.cleaned_data.get("second")
        if first is None or second is None or first == second:
            return list(self.coders)
        return [first, second]
