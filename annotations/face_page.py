"""What the face page shows: a comparison, an editor beside it, and the way on."""

from __future__ import annotations

from dataclasses import dataclass

from annotations import facs
from annotations.forms import FaceFilter, ReviewForm
from annotations.history import Event, history_of
from annotations.models import Coding, Detection, Face
from annotations.selectors import (
    ActionUnitComparison,
    Comparison,
    Neighbours,
    comparison_of,
    neighbours,
)


@dataclass(frozen=True)
class EditorRow:
    """One action unit: what truth and model say, and what the editor holds."""

    comparison: ActionUnitComparison
    checked: bool
    preset: bool

    @property
    def percent(self) -> int | None:
        chance = self.comparison.probability
        return None if chance is None else round(100 * chance)


@dataclass(frozen=True)
class EmotionChoice:
    value: str
    label: str
    percent: int | None
    checked: bool
    preset: bool


@dataclass(frozen=True)
class FacePage:
    face: Face
    comparison: Comparison
    emotions: list[EmotionChoice]
    rows: list[EditorRow]
    other_units: list[str]
    history: list[Event]
    place: Neighbours
    comment: str
    and_next: bool
    has_detection: bool


def face_page(face: Face, faces, chosen: FaceFilter, form: ReviewForm | None, go_on: bool):
    """`face` came through with_comparison; `form` holds input to keep, if any."""
    comparison = comparison_of(face)
    preset = comparison.truth or comparison.model
    emotion, units = _held(preset)
    kept_emotion, kept_units, comment = _kept_input(form, emotion, units)
    return FacePage(
        face=face,
        comparison=comparison,
        emotions=_emotions(comparison, emotion, kept_emotion),
        rows=[
            EditorRow(row, row.unit.number in kept_units, row.unit.number in units)
            for row in comparison.action_units
        ],
        other_units=_other_units(comparison.truth),
        history=history_of(face),
        place=neighbours(chosen.narrow(faces), face.pk),
        comment=comment,
        and_next=go_on if form is None else "and_next" in form.data,
        has_detection=Detection.objects.filter(face=face).exists(),
    )


def _held(coding: Coding | None) -> tuple[str, set[int]]:
    if coding is None:
        return "", set()
    return coding.emotion, {score.au for score in coding.scores.all() if score.present}


def _kept_input(form: ReviewForm | None, emotion: str, units: set[int]):
    if form is None:
        return emotion, units, ""
    ticked = {int(au) for au in form.data.getlist("au") if au.isascii() and au.isdigit()}
    return form.data.get("emotion", ""), ticked, form.data.get("comment", "")


def _emotions(comparison: Comparison, preset: str, kept: str) -> list[EmotionChoice]:
    choices = [
        EmotionChoice(
            name,
            name.capitalize(),
            None if chance is None else round(100 * chance),
            name == kept,
            name == preset,
        )
        for name, chance in comparison.emotion.probabilities
    ]
    return [*choices, EmotionChoice("", "None of these", None, not kept, not preset)]


def _other_units(truth: Coding | None) -> list[str]:
    """Action units of the truth that the model doesn't answer for; a correction keeps them."""
    if truth is None:
        return []
    return [
        f"AU{score.au} {facs.ACTION_UNITS[score.au].name.lower()}"
        for score in truth.scores.all()
        if score.present and score.au not in facs.MODEL_ACTION_UNITS
    ]
