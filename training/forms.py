from collections.abc import Iterable
from typing import Any, cast

from django import forms

from training.dots import ORDERS

TEST_SHARE = 0.2


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


class TrainingForm(forms.Form):
    """Settings of a training; what is left out takes its default."""

    judged = forms.ChoiceField(
        label="Evaluated by",
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

    fine_tune = forms.BooleanField(
        label="Fine-tune VGG16’s last block too (half an hour for 560 faces)", required=False
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("fine_tune") and given.get("recipe") == "published":
            raise forms.ValidationError("The published recipe has nothing to fine-tune.")
        return given

    def config(self) -> dict[str, Any]:
        """Return the settings of a valid form that differ from training/ml/config.py."""
        chosen: dict[str, Any] = {}
        if self.cleaned_data["judged"] == "test":
            chosen["test_share"] = TEST_SHARE
        if self.cleaned_data["recipe"]:
            chosen["recipe"] = self.cleaned_data["recipe"]
        if self.cleaned_data["fine_tune"]:
            chosen["fine_tune"] = "block5"
        return chosen
