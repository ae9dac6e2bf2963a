from django import forms

TEST_SHARE = 0.2


class SplitForm(forms.Form):
    """Which part of the data the dashboard's figures are of."""

    split = forms.ChoiceField(
        required=False,
        choices=[("test", "Test"), ("validation", "Out of fold"), ("all", "All")],
    )

    @property
    def chosen(self) -> str:
        return (self.cleaned_data.get("split") if self.is_valid() else "") or "test"


class TrainingForm(forms.Form):
    """How to train; whatever is left out is as the default has it."""

    judged = forms.ChoiceField(
        label="Judged by",
        required=False,
        initial="cross",
        widget=forms.RadioSelect,
        choices=[
            ("cross", "Cross-validation: each face is read by parts that never saw its subject, "
             "and the final model learns from all"),
            ("test", "A fifth of the subjects, kept out of everything"),
        ],
    )  # fmt: skip
    recipe = forms.ChoiceField(
        label="Recipe",
        required=False,
        initial="default",
        choices=[
            ("default", "Default: dense heads and linear experts, calibrated"),
            ("published", "Published: one plain network, to compare with"),
        ],
    )

    def config(self) -> dict:
        """Of a valid form: what differs from training/ml/config.py."""
        chosen = {}
        if self.cleaned_data["judged"] == "test":
            chosen["test_share"] = TEST_SHARE
        if self.cleaned_data["recipe"]:
            chosen["recipe"] = self.cleaned_data["recipe"]
        return chosen
