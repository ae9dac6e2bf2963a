"""The form for the coders whose agreement is shown."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.http import QueryDict

from annotations.agreement.services import Question, coders_who_coded
from annotations.models import Coder

#: A kind of coder -> its heading on the page. Only people count unasked.
KINDS = {
    Coder.Kind.HUMAN: "People",
    Coder.Kind.IMPORT: "Imports",
    Coder.Kind.MODEL: "Models",
}


@dataclass(frozen=True)
class Group:
    """The coders of one kind, and for each whether they count."""

    label: str
    choices: tuple[tuple[Coder, bool], ...]


class AgreementForm(forms.Form):
    """Coders by their ids, or all people. A value that makes no sense is named in `errors`.

    The choices are held as texts, so that no number is too long for the database. `first` and
    `second`, of earlier links, are two values of `coder`.
    """

    coder = forms.MultipleChoiceField(
        required=False,
        error_messages={"invalid_choice": "There is no such coder; all people are shown."},
    )
    blind = forms.BooleanField(
        label="Blind only: each person’s first coding of a face, if it was blind", required=False
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(_with_coders(data), label_suffix="")
        self.coders = coders_who_coded()
        field = self.fields["coder"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(str(coder.pk), coder.name) for coder in self.coders]
        self.is_valid()

    @property
    def named(self) -> list[str]:
        named: list[str] = self.cleaned_data.get("coder", [])
        return named

    @property
    def problems(self) -> list[str]:
        found = [str(text) for texts in self.errors.values() for text in texts]
        if len(self.named) > 1 and len(set(self.named)) == 1:
            found.append("Choose two different coders: everybody agrees with themselves.")
        elif len(self.named) == 1:
            found.append("Choose two coders or more, or none: then all people are shown.")
        return list(dict.fromkeys(found))

    @property
    def is_by_name(self) -> bool:
        """Whether two coders or more are named; else all people count."""
        return len(set(self.named)) > 1

    @property
    def question(self) -> Question:
        """The question: the coders whose agreement is asked for, and how."""
        named = sorted({int(pk) for pk in self.named}) if self.is_by_name else []
        return Question(tuple(named), bool(self.cleaned_data.get("blind")))

    def chosen(self) -> list[Coder]:
        if self.is_by_name:
            return [coder for coder in self.coders if str(coder.pk) in self.named]
        return [coder for coder in self.coders if coder.kind == Coder.Kind.HUMAN]

    def groups(self) -> list[Group]:
        chosen = set(self.chosen())
        groups = []
        for kind, label in KINDS.items():
            of_kind = [coder for coder in self.coders if coder.kind == kind]
            if of_kind:
                groups.append(Group(label, tuple((coder, coder in chosen) for coder in of_kind)))
        return groups


def _with_coders(data: QueryDict) -> QueryDict:
    """Turn `first` and `second` into values of `coder`."""
    if "coder" in data or not ("first" in data or "second" in data):
        return data
    asked = data.copy()
    asked.setlist("coder", [str(data[name]) for name in ("first", "second") if data.get(name)])
    return asked
