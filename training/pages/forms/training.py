"""The form that starts a training: every setting, with its explanation and default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from training.ml.config import ConfigError, TrainingConfig, names_of
from training.ml.recipes import RECIPES
from training.ml.settings import SETTINGS, Setting
from training.runs.differences import said

#: Groups that are open from the start: what people change most.
_OPEN = ("Data split", "Features")
#: What a name is called where it doesn't speak for itself.
_CALLED = {"": "none", "block5": "block 5", "block4": "blocks 4 and 5"}


@dataclass(frozen=True)
class Group:
    """Settings that stand under one heading.

    Attributes
    ----------
    name
        The heading.
    fields
        Bound fields.
    is_open
        Whether it is to be seen at once: it is one of the first, or something in it is wrong or
        isn't the default.
    """

    name: str
    fields: list[Any]
    is_open: bool


class TrainingForm(forms.Form):
    """Settings of a training; what is left blank takes the recipe's value."""

    recipe = forms.ChoiceField(
        required=False, choices=[(name, name) for name in RECIPES], widget=forms.HiddenInput
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, start: str = "default", **initial: Any
    ):
        """Prepare the form.

        Parameters
        ----------
        data
            What was sent; None for a new form.
        start
            The recipe to begin with.
        initial
            Settings to begin with that are not the recipe's.
        """
        recipe = data.get("recipe") or start if data is not None else start
        self.preset = recipe if recipe in RECIPES else "default"
        self.defaults = TrainingConfig.from_json({"recipe": self.preset}).to_json()
        super().__init__(data, label_suffix="", initial=self.defaults | initial)
        for name, setting in SETTINGS.items():
            if name != "recipe":
                self.fields[name] = _field(name, setting, self.defaults[name])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        values = {name: value for name, value in given.items() if value not in (None, "")}
        for _ in SETTINGS:  # each is refused once at most
            try:
                TrainingConfig.from_json(values)
                break
            except ConfigError as error:
                text = str(error).removeprefix(f"{error.key} ")
                self.add_error(error.key or None, text[0].upper() + text[1:])
                values.pop(error.key, None)
        return given

    def config(self) -> dict[str, Any]:
        """Return the settings of a valid form that were given, by name."""
        given = self.cleaned_data
        return {name: value for name, value in given.items() if value not in (None, "")}

    def expected(self) -> TrainingConfig:
        """Return the configuration as the form stands; what is wrong in it is as in the recipe."""
        form = self
        if not self.is_bound:
            standing = {name: self[name].value() for name in self.fields}
            form = TrainingForm(standing | {"recipe": self.preset})
        form.is_valid()
        try:
            return TrainingConfig.from_json(form.config())
        except ConfigError:
            return TrainingConfig.from_json({"recipe": self.preset})

    def groups(self) -> Iterator[Group]:
        """Yield the settings, heading by heading."""
        names = dict.fromkeys(setting.group for setting in SETTINGS.values())
        for group in names:
            fields = [
                self[name]
                for name, setting in SETTINGS.items()
                if setting.group == group and name != "recipe"
            ]
            is_open = group in _OPEN or any(
                field.errors or str(field.value()) != str(self.defaults[field.name])
                for field in fields
            )
            yield Group(group, fields, is_open)


def _field(name: str, setting: Setting, default: Any) -> forms.Field:
    names = names_of(name)
    if names:
        choices = [(each, _CALLED.get(each, each)) for each in names]
        told = f"{setting.help} Default: {_CALLED.get(default, default)}."
        return forms.ChoiceField(
            required=False, label=setting.label, choices=choices, help_text=told
        )
    kind = forms.IntegerField if isinstance(default, int) else forms.FloatField
    told = f"{setting.help} {said(setting.low)} to {said(setting.high)}; default: {said(default)}."
    step = "1" if kind is forms.IntegerField else "any"
    widget = forms.NumberInput(attrs={"step": step, "inputmode": "decimal"})
    return kind(required=False, label=setting.label, help_text=told, widget=widget)
