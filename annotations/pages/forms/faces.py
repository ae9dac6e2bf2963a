"""The gallery's filter."""

from __future__ import annotations

from functools import cached_property
from typing import Any, cast
from urllib.parse import urlencode

from django import forms

from annotations import facs
from annotations.codings.face_query import FaceQuery, groups_from, unit_probability_from
from annotations.codings.selectors import default_coder, model_coders
from annotations.measures.groups import DIMENSIONS
from annotations.models import EMOTION_CHOICES, Coder, Coding, Snapshot
from annotations.models.codings import QUALITY_CHOICES
from facsweb.rest.ids import RowField

ACTION_UNIT_CHOICES = [
    (au, f"{facs.ACTION_UNITS[au].code} {facs.ACTION_UNITS[au].name}")
    for au in facs.MODEL_ACTION_UNITS
]
AGREEMENT_CHOICES = [
    ("", "Any"),
    ("disagree", "They differ"),
    ("agree", "They agree"),
    ("unlabelled", "No truth yet"),
]


def _emotion_field(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[("", "Any"), *EMOTION_CHOICES],
        error_messages={"invalid_choice": "There is no emotion class called “%(value)s”."},
    )


def _unit_field(label: str, widget: type[forms.Widget] = forms.Select) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        required=False,
        widget=widget,
        coerce=int,
        empty_value=None,
        choices=[("", "Any"), *ACTION_UNIT_CHOICES],
        error_messages={"invalid_choice": "The model knows no action unit “%(value)s”."},
    )


def _tag_field() -> forms.CharField:
    return forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


def _probability_field() -> forms.FloatField:
    return forms.FloatField(required=False, min_value=0, max_value=1, widget=forms.HiddenInput)


class FaceFilter(forms.Form):
    """The gallery's filter. A value that makes no sense is named in `errors` and left out."""

    emotion = _emotion_field("Emotion (truth)")
    au = _unit_field("Action unit (truth)")
    emotion_model = _emotion_field("Emotion (model)")
    au_model = _unit_field("Action unit (model)")
    split = forms.ChoiceField(
        label="Split",
        required=False,
        choices=[("", "Any"), *Coding.Split.choices],
        error_messages={"invalid_choice": "There is no split called “%(value)s”."},
    )
    agreement = forms.ChoiceField(
        label="Truth and model",
        required=False,
        choices=AGREEMENT_CHOICES,
        error_messages={"invalid_choice": "Agreement can't be “%(value)s”."},
    )
    flagged = forms.BooleanField(label="Flagged only", required=False)
    unlike = forms.BooleanField(label="Unlike the training", required=False)
    model = RowField(
        label="Model",
        required=False,
        queryset=Coder.objects.none(),
        empty_label="The champion",
        error_messages={"invalid_choice": "There is no such model; the champion is shown."},
    )

    # Links from figures name these; nobody would choose them in a form.
    gender = _tag_field()
    age_group = _tag_field()
    ethnicity = _tag_field()
    au_also = _unit_field("truth also shows", forms.HiddenInput)
    au_absent = _unit_field("truth without", forms.HiddenInput)
    au_model_absent = _unit_field("model without", forms.HiddenInput)
    au_probability = _unit_field("probability of", forms.HiddenInput)
    probability_from = _probability_field()
    probability_below = _probability_field()
    unlearnt = forms.BooleanField(required=False, widget=forms.HiddenInput)
    quality = forms.ChoiceField(
        required=False,
        widget=forms.HiddenInput,
        choices=QUALITY_CHOICES,
        error_messages={"invalid_choice": "There is no quality called “%(value)s”."},
    )
    uploaded_from = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    uploaded_until = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    snapshot = RowField(
        required=False,
        queryset=Snapshot.objects.all(),
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": "There is no such snapshot of the ground truth."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "filter-%s"
        cast(RowField, self.fields["model"]).queryset = model_coders()
        self.is_valid()

    @property
    def problems(self) -> list[str]:
        return [str(message) for messages in self.errors.values() for message in messages]

    @cached_property
    def coder(self) -> Coder | None:
        """The model that is shown beside the truth."""
        return self.cleaned_data.get("model") or default_coder()

    @property
    def is_filtering(self) -> bool:
        return self.face_query.tells_of_readings

    @property
    def groups(self) -> dict[str, str]:
        """The tag asked for in each demographic dimension, by the dimension's name in words."""
        return {
            label: self.cleaned_data[name]
            for name, label in DIMENSIONS.items()
            if self.cleaned_data.get(name)
        }

    @property
    def is_narrowed(self) -> bool:
        """True if something is asked that the form doesn't show, so that the page must say it."""
        hidden = [name for name, field in self.fields.items() if field.widget.is_hidden]
        return any(self.cleaned_data.get(name) for name in hidden)

    @property
    def quality_in_words(self) -> str:
        """The fitness to be read of the pictures that are asked for, as the model found it."""
        return dict(QUALITY_CHOICES).get(self.cleaned_data.get("quality") or "", "")

    @property
    def also(self) -> int | None:
        """A second unit that the truth shows."""
        return self.cleaned_data.get("au_also")

    @property
    def without(self) -> dict[str, int]:
        """The unit that the truth, or the model, scores absent, by whose reading that is."""
        asked = {name: self.cleaned_data.get(name) for name in ("au_absent", "au_model_absent")}
        return {str(self.fields[name].label): au for name, au in asked.items() if au}

    @property
    def unit_probability(self) -> tuple[int, float, float] | None:
        """An action unit, the least probability of it and the one below which it must be."""
        return unit_probability_from(self.cleaned_data)

    @cached_property
    def query(self) -> str:
        """The filter as a query string, for links that keep it."""
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        for name in ("flagged", "unlearnt", "unlike"):
            if name in chosen:
                chosen[name] = "on"
        chosen |= {name: chosen[name].pk for name in ("model", "snapshot") if name in chosen}
        return urlencode(chosen)

    @cached_property
    def face_query(self) -> FaceQuery:
        chosen = self.cleaned_data
        agreement = chosen.get("agreement")
        return FaceQuery(
            model=self.coder,
            emotion=chosen.get("emotion") or "",
            units=tuple(chosen[name] for name in ("au", "au_also") if chosen.get(name)),
            model_emotion=chosen.get("emotion_model") or "",
            model_unit=chosen.get("au_model"),
            absent_units=(chosen["au_absent"],) if chosen.get("au_absent") else (),
            model_absent_unit=chosen.get("au_model_absent"),
            unit_probability=self.unit_probability,
            snapshot=chosen.get("snapshot"),
            groups=groups_from(chosen),
            split=chosen.get("split") or "",
            is_new_to_model=bool(chosen.get("unlearnt")),
            quality=chosen.get("quality") or "",
            is_unlike=bool(chosen.get("unlike")),
            uploaded=(chosen.get("uploaded_from"), chosen.get("uploaded_until")),
            is_flagged=bool(chosen.get("flagged")),
            is_unlabelled=agreement == "unlabelled",
            differs={"agree": False, "disagree": True}.get(agreement or ""),
        )
