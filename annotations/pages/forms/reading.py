"""The editor's form: a reading as the page sends it, and a decision with it."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.http import QueryDict

from annotations import facs
from annotations.codings.held import Held, HeldReading
from annotations.codings.reading import Reading, Score
from annotations.models import EMOTION_CHOICES, INTENSITY_CHOICES, Review
from annotations.pages.forms.faces import ACTION_UNIT_CHOICES
from facsweb.rest.ids import IdField


class ReadingForm(forms.Form):
    """A reading as the editor holds it.

    `au` are the action units that are marked present, `absent` those that are marked absent. What
    is in neither is not coded, unless `no_unit` (no action unit is there) or `rest_absent` says
    that it is absent.
    """

    seen = IdField(required=False)
    emotion = forms.ChoiceField(required=False, choices=[("", "None"), *EMOTION_CHOICES])
    au = forms.TypedMultipleChoiceField(required=False, coerce=int, choices=ACTION_UNIT_CHOICES)
    absent = forms.TypedMultipleChoiceField(required=False, coerce=int, choices=ACTION_UNIT_CHOICES)
    no_unit = forms.BooleanField(required=False)
    rest_absent = forms.BooleanField(required=False)
    #: Whether `rest_absent` was on when the editor opened.
    rest_before = forms.BooleanField(required=False)
    comment = forms.CharField(required=False, max_length=2000)
    queue = IdField(required=False)
    and_next = forms.BooleanField(required=False)
    #: Made by the page's script: the same request sent again changes nothing.
    request_id = forms.UUIDField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for au in facs.MODEL_ACTION_UNITS:
            self.fields[f"intensity-{au}"] = forms.ChoiceField(
                label=f"Intensity of AU{au}",
                required=False,
                choices=[("", "–"), *INTENSITY_CHOICES],
            )

    def clean(self) -> dict[str, object]:
        """Refuse what contradicts itself, naming the action units."""
        given = super().clean() or self.cleaned_data
        present, absent = set(given.get("au", ())), set(given.get("absent", ()))
        both = sorted(present & absent)
        if both:
            said = f"{_codes(both)}: marked both present and absent. Choose one."
            self.add_error("absent", said)
        if given.get("no_unit") and present:
            said = f"“No action unit is there” is ticked, and {_codes(sorted(present))} present."
            self.add_error("no_unit", f"{said} Choose one.")
        graded = [au for au in facs.MODEL_ACTION_UNITS if given.get(f"intensity-{au}")]
        loose = [au for au in graded if au not in present]
        if loose and not both:
            said = f"{_codes(loose)}: an intensity is of a unit that is marked present."
            self.add_error("au", said)
        return given

    @property
    def problem(self) -> str:
        """All errors in one text."""
        return " ".join(str(text) for texts in self.errors.values() for text in texts)

    def said(self) -> Reading:
        """Return what was marked, without what `rest_absent` adds."""
        given = self.cleaned_data
        absent = facs.MODEL_ACTION_UNITS if given["no_unit"] else given["absent"]
        scores = {au: Score(False) for au in absent}
        scores |= {au: Score(True, given[f"intensity-{au}"]) for au in given["au"]}
        return Reading(given["emotion"], scores)

    def reading(self) -> Reading:
        said = self.said()
        if not self.cleaned_data["rest_absent"]:
            return said
        rest = {au: Score(False) for au in facs.MODEL_ACTION_UNITS}
        return Reading(said.emotion, {**rest, **said.scores})

    def held(self) -> HeldReading:
        """Return what a refused form held, as far as it makes sense."""
        given = cast(QueryDict, self.data)
        present, absent = _units(given.getlist("au")), _units(given.getlist("absent"))
        if no_unit := bool(given.get("no_unit")):
            absent |= set(facs.MODEL_ACTION_UNITS) - present
        units = {
            au: Held(au in present, au in absent, _intensity(given.get(f"intensity-{au}", "")))
            for au in facs.MODEL_ACTION_UNITS
            if au in present | absent or given.get(f"intensity-{au}")
        }
        rest = bool(given.get("rest_absent"))
        return HeldReading(given.get("emotion"), units, no_unit, rest, fills=rest)

    @property
    def rest_switched(self) -> bool:
        """Whether “the rest is absent” was switched on while the editor was open."""
        return self.cleaned_data["rest_absent"] and not self.cleaned_data["rest_before"]


class ReviewForm(ReadingForm):
    """A decision on one face, of those that its page offers."""

    decision = forms.ChoiceField(
        choices=[
            (decision.value, decision.label)
            for decision in (
                Review.Decision.ACCEPT_TRUTH,
                Review.Decision.ACCEPT_MODEL,
                Review.Decision.CORRECT,
                Review.Decision.PROPOSE,
                Review.Decision.AGREE,
            )
        ]
    )
    model = IdField(required=False)
    #: The editor was filled with the ground truth, for a decision on it.
    filled = forms.BooleanField(required=False)


def _codes(units: list[int]) -> str:
    return ", ".join(f"AU{au}" for au in units)


def _units(given: list[str]) -> set[int]:
    numbers = {int(au) for au in given if au.isascii() and au.isdigit() and len(au) < 3}
    return numbers & set(facs.MODEL_ACTION_UNITS)


def _intensity(given: str) -> str:
    return given if given in facs.INTENSITIES else ""
