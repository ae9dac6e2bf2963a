"""The forms in which a reviewer makes or changes a queue."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from annotations.codings.selectors import default_coder, model_coders
from annotations.models import Coder, Queue, Stage
from annotations.queues.orders import TARGETS, Order
from annotations.queues.people import DOING, stages_of, team_of, whoever_may
from annotations.queues.plans import QueuePlan
from facsweb.problems import Problem
from facsweb.rest.ids import RowField, RowsField

BEGINNINGS = [
    (Stage.ACCEPTANCE, "Review: one reviewer decides on each face"),
    (Stage.CODING, "Coding: coders code, a reviewer validates, another accepts"),
]


_PEOPLE = {
    Stage.CODING: "Who codes",
    Stage.VALIDATION: "Who validates",
    Stage.ACCEPTANCE: "Who accepts",
}


def _people_field(stage: Stage) -> RowsField:
    only = "" if stage == Stage.ACCEPTANCE else " Only in a queue that begins with coding."
    return RowsField(
        label=_PEOPLE[stage],
        required=False,
        queryset=get_user_model().objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=f"If you tick nobody: everyone with the right role.{only}",
        error_messages={"invalid_choice": f"There is nobody “%(value)s” who may {DOING[stage]}."},
    )


class _TeamForm(forms.Form):
    """A form with people for each stage, which shows problems beside what they are about."""

    def members(self) -> dict[str, list[Any]]:
        return {stage: list(self.cleaned_data[stage]) for stage in _PEOPLE if stage in self.fields}

    def show(self, error: Problem) -> None:
        """Show a refusal beside the fields that it is about."""
        for name, texts in error.fields.items():
            field = name.removeprefix("members.")
            if field in self.fields:
                self.add_error(field, texts)


class QueueForm(_TeamForm):
    name = forms.CharField(max_length=80)
    order = forms.ChoiceField(label="Faces and their order", choices=Order.choices)
    target = forms.ChoiceField(label="Ranked by", required=False, choices=TARGETS)
    model = RowField(
        label="Model", required=False, queryset=Coder.objects.none(), empty_label="The champion"
    )
    limit = forms.IntegerField(
        label="Maximum number of faces", required=False, min_value=1, max_value=1_000_000
    )
    seed = forms.IntegerField(label="Random seed", initial=1, min_value=0, max_value=2**31 - 1)
    first_stage = forms.ChoiceField(
        label="Work", choices=BEGINNINGS, initial=Stage.ACCEPTANCE, widget=forms.RadioSelect
    )
    coding = _people_field(Stage.CODING)
    validation = _people_field(Stage.VALIDATION)
    acceptance = _people_field(Stage.ACCEPTANCE)
    coders_per_face = forms.IntegerField(
        label="Coders per face", initial=1, min_value=1, max_value=20
    )
    gold_faces = forms.IntegerField(
        label="Number of gold faces",
        required=False,
        min_value=0,
        max_value=1000,
        help_text="Faces whose truth is known but hidden: they show how well each coder does.",
    )
    is_blind = forms.BooleanField(
        label="Blind: hide all other readings of a face until the coder has saved", required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        cast(RowField, self.fields["model"]).queryset = model_coders()
        for stage in _PEOPLE:
            cast(RowsField, self.fields[stage]).queryset = whoever_may(stage)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
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
            members=self.members(),
            coders_per_face=given["coders_per_face"],
            is_blind=given["is_blind"],
            gold_faces=given["gold_faces"] or 0,
            limit=given["limit"],
        )


class QueueEditForm(_TeamForm):
    """Changes to a queue under way: to its name and people, not to its order or its faces."""

    name = forms.CharField(max_length=80)
    coding = _people_field(Stage.CODING)
    validation = _people_field(Stage.VALIDATION)
    acceptance = _people_field(Stage.ACCEPTANCE)

    def __init__(self, *args: Any, queue: Queue, **kwargs: Any) -> None:
        team = team_of(queue)
        initial = {"name": queue.name} | {stage: team[stage] for stage in stages_of(queue)}
        super().__init__(*args, **kwargs | {"initial": initial})
        self.label_suffix = ""
        self.queue = queue
        for stage in _PEOPLE:
            if stage not in team:
                del self.fields[stage]
                continue
            # Who is named stays in the list, even if they can't work at present.
            shown = [*(user.pk for user in team[stage]), *_ids(whoever_may(stage))]
            people = get_user_model().objects.filter(pk__in=shown).order_by("username")
            cast(RowsField, self.fields[stage]).queryset = people
            self.fields[stage].help_text = "If you tick nobody: everyone with the right role."

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if Queue.objects.filter(name=name).exclude(pk=self.queue.pk).exists():
            raise forms.ValidationError("There is a queue of this name already.")
        return name


def _ids(users: Iterable[User]) -> list[int]:
    return [user.pk for user in users]
