from collections.abc import Iterable
from typing import cast

from django import forms

from training.figures.dots import ORDERS


class SplitForm(forms.Form):
    """The choice of the split whose figures a page shows, and in which order."""

    split = forms.ChoiceField(
        required=False,
        choices=[("test", "Test"), ("validation", "Out of fold"), ("all", "All")],
    )
    sort = forms.ChoiceField(required=False, choices=list(ORDERS.items()))

    @property
    def splits(self) -> list[tuple[str, str]]:
        field = self.fields["split"]
        assert isinstance(field, forms.ChoiceField)
        return [(name, label) for name, label in cast(Iterable[tuple[str, str]], field.choices)]

    @property
    def chosen(self) -> str:
        self.is_valid()  # what makes no sense is left out
        return self.cleaned_data.get("split") or "test"

    @property
    def order(self) -> str:
        self.is_valid()
        return self.cleaned_data.get("sort") or ""
