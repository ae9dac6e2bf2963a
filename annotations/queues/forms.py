"""What a reviewer says when making a queue."""

from __future__ import annotations

from django import forms
from django.contrib.auth import get_user_model

from annotations import facs
from annotations.ids import RowField, RowsField
from annotations.models import Coder, Queue, Stage
from annotations.permissions import ROLES
from annotations.queues.making import QueuePlan
from annotations.queues.orders import Order
from annotations.selectors import default_coder, model_coders

TARGETS = [
    ("", "Emotion or any action unit"),
    ("emotion", "Emotion"),
    *[
        (f"au:{au}", f"AU{au} {facs.ACTION_UNITS[au].name.lower()}")
        for au in facs.MODEL_ACTION_UNITS
    ],
]
BEGINNINGS = [
    (Stage.ACCEPTANCE, "Review: one reviewer decides on each face"),
    (Stage.CODING, "Coding: coders code, a reviewer validates, another accepts"),
]


class QueueForm(forms.Form):
    name = forms.CharField(max_length=80)
    order = forms.ChoiceField(label="Which faces, in which order", choices=Order.choices)
    target = forms.ChoiceField(label="Judged by", required=False, choices=TARGETS)
    model = RowField(
        label="Model", required=False, queryset=Coder.objects.none(), empty_label="The champion"
    )
    limit = forms.IntegerField(
        label="At most so many faces", required=False, min_value=1, max_value=1_000_000
    )
    seed = forms.IntegerField(label="Seed of the draw", initial=1, min_value=0, max_value=2**31 - 1)
    first_stage = forms.ChoiceField(
        label="Work", choices=BEGINNINGS, initial=Stage.ACCEPTANCE, widget=forms.RadioSelect
    )
    people = RowsField(
        label="People",
        required=False,
        queryset=get_user_model().objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text="Nobody ticked: whoever may.",
    )
    coders_per_face = forms.IntegerField(
        label="Coders a face", initial=1, min_value=1, max_value=20
    )
    gold_faces = forms.IntegerField(
        label="Gold faces mixed in",
        required=False,
        min_value=0,
        max_value=1000,
        help_text="Their truth is known and hidden; reviewers see how well each coder does.",
    )
    is_blind = forms.BooleanField(
        label="Blind: no model, no truth, nobody else's coding before saving", required=False
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["model"].queryset = model_coders()
        people = get_user_model().objects.filter(is_active=True)
        able = people.filter(groups__name__in=ROLES) | people.filter(is_superuser=True)
        self.fields["people"].queryset = able.distinct().order_by("username")

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if Queue.objects.filter(name=name).exists():
            raise forms.ValidationError("There is a queue of this name already.")
        return name

    def plan(self) -> QueuePlan:
        given = self.cleaned_data
        return QueuePlan(
            name=given["name"],
            order=given["order"],
            target=given["target"],
            seed=given["seed"],
            model=given["model"] or default_coder(),
            first_stage=given["first_stage"],
            people=list(given["people"]),
            coders_per_face=given["coders_per_face"],
            is_blind=given["is_blind"],
            gold_faces=given["gold_faces"] or 0,
            limit=given["limit"],
        )
