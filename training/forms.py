from django import forms


class SplitForm(forms.Form):
    """Which part of the data the dashboard's figures are of."""

    split = forms.ChoiceField(
        required=False,
        choices=[
            ("test", "Test"),
            ("validation", "Validation"),
            ("train", "Train"),
            ("all", "All"),
        ],
    )

    @property
    def chosen(self) -> str:
        return (self.cleaned_data.get("split") if self.is_valid() else "") or "test"
