"""The forms of comparisons: which coders, which faces that moved, and promotion by one."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.auth.models import User

from annotations.models import Coder
from facsweb.rest.ids import RowField, RowsField
from inference.registry import LONGEST_REASON
from training.comparisons.services import comparable_coders

#: What is asked for -> its name in `training.ml.compared.Moves`.
MOVES = {
    "emotion_better": "right on the emotion, where the first is wrong",
    "emotion_worse": "wrong on the emotion, where the first is right",
    "units_better": "fewer action units unlike the truth",
    "units_worse": "more action units unlike the truth",
}


class ComparisonForm(forms.Form):
    """The first coder, and one to four others to compare with it."""

    first = RowField(
        label="Compare with",
        queryset=Coder.objects.none(),
        empty_label=None,
        error_messages={
            "required": "Choose whom the others are compared with.",
            "invalid_choice": "There is no such coder to compare with.",
        },
    )
    others = RowsField(
        label="These (one to four)",
        queryset=Coder.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose at least one other coder.",
            "invalid_choice": "There is no coder %(value)s to compare.",
        },
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        coders = comparable_coders(user).order_by("-is_default", "kind", "-pk")
        cast(RowField, self.fields["first"]).queryset = coders
        cast(RowsField, self.fields["others"]).queryset = coders

    @property
    def chosen(self) -> list[Coder]:
        return [self.cleaned_data["first"], *self.cleaned_data["others"]]


class MovedForm(forms.Form):
    """The choice of faces that moved: whose, and how; unasked, the second coder's worse ones."""

    coder = forms.TypedChoiceField(coerce=int, required=False)
    moved = forms.ChoiceField(choices=list(MOVES.items()), required=False)

    def __init__(self, coders: list[Coder], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["coder"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(coder.pk), coder.name) for coder in coders]
        self._usual = coders[0].pk

    def clean_coder(self) -> int:
        return self.cleaned_data["coder"] or self._usual

    def clean_moved(self) -> str:
        return self.cleaned_data["moved"] or "emotion_worse"


class PromotionForm(forms.Form):
    reason = forms.CharField(
        label="Why?",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why: the history keeps it."},
    )
    #: Asked only where a guarded figure falls.
    accept_falls = forms.BooleanField(required=False)
    #: Asked only where a version that learnt from drawn faces is to read photographs.
    accept_drawn = forms.BooleanField(required=False)
