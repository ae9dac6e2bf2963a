"""The content of the face page: a comparison, an editor beside it, and the way on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from annotations import facs
from annotations.codings.face_lists import Neighbours, faces_of, neighbours
from annotations.codings.face_query import FaceQuery
from annotations.codings.held import Held, held_of
from annotations.codings.reading import Score
from annotations.codings.selectors import (
    ActionUnitComparison,
    Comparison,
    comparison_of,
)
from annotations.faces.overlays import Picture, picture_of
from annotations.models import Coding, Face, Flag
from annotations.models.face_querysets import FaceQuerySet
from annotations.pages.forms.faces import FaceFilter
from annotations.pages.forms.reading import ReviewForm
from annotations.pages.work import Work, work_of
from annotations.review.editing import Start, says_rest_is_absent, start_of
from annotations.review.history import Event, history_of
from annotations.visibility import first_look, hear_of, look_at, veil


@dataclass(frozen=True)
class EditorRow:
    """One action unit: what the truth and the model say, and what the editor holds."""

    comparison: ActionUnitComparison
    held: Held
    #: What the editor started from; the page marks what differs.
    preset: Score | None

    @property
    def checked(self) -> bool:
        return self.held.present

    @property
    def unit(self) -> facs.ActionUnit:
        return self.comparison.unit

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
    place: Neighbours | None
    work: Work | None
    picture: Picture
    flags: list[Flag]
    comment: str
    and_next: bool
    is_blind: bool
    #: When the user, though blind now, was shown another's reading of it before, if ever.
    seen_before: datetime | None
    #: Where the editor started, which says what saving it untouched means.
    start: Start
    no_unit: bool
    rest_is_absent: bool
    #: Whether it was so when the editor opened.
    rest_before: bool

    @property
    def decides(self) -> bool:
        """Whether the user's reading becomes the truth at once; else it is a coding like others."""
        return self.start.decides


@dataclass(frozen=True)
class Opening:
    """The way by which somebody comes to a face.

    Attributes
    ----------
    chosen
        The filter of the list that they go through.
    queue_id
        The queue whose task this is, if any.
    go_on
        Whether saving goes on to the next face.
    form
        A refused form, whose input is kept.
    """

    chosen: FaceFilter
    queue_id: int | None
    go_on: bool
    form: ReviewForm | None = None


def face_page(face: Face, faces: FaceQuerySet, user: User, opening: Opening) -> FacePage:
    """Return the content of the page of a face that came through `with_comparison`.

    `faces` are those among which the next one is looked for.
    """
    form, go_on = opening.form, opening.go_on
    comparison = comparison_of(face)
    work = work_of(face, user, opening.queue_id)
    veil([face], user)
    is_blind = face.is_veiled
    look_at(user, [face.pk])
    if work is not None and work.assignment.note:
        hear_of(user, face)
    start = start_of(
        face,
        user,
        comparison.truth,
        is_blind=is_blind,
        assignment=work.assignment if work else None,
    )
    rest = says_rest_is_absent(user)
    held = held_of(start.reading, rest) if form is None else form.held()
    return FacePage(
        face=face,
        comparison=comparison,
        emotions=_emotions(comparison, start.reading.emotion, held.emotion),
        rows=[
            EditorRow(row, held.of(row.unit.number), start.reading.scores.get(row.unit.number))
            for row in comparison.action_units
        ],
        other_units=_other_units(start.own or comparison.truth),
        history=history_of(face, user),
        place=None if work else _place(face, faces, user, opening.chosen.face_query),
        work=work,
        picture=picture_of(face),
        flags=[] if is_blind else list(face.flags.filter(resolved_at=None).select_related("user")),
        comment="" if form is None else form.data.get("comment", ""),
        and_next=(go_on or work is not None) if form is None else "and_next" in form.data,
        is_blind=is_blind,
        seen_before=first_look(user, face) if is_blind else None,
        start=start,
        no_unit=held.no_unit,
        rest_is_absent=held.rest_is_absent,
        rest_before=rest if form is None else bool(form.data.get("rest_before")),
    )


def _place(face: Face, faces: FaceQuerySet, user: User, query: FaceQuery) -> Neighbours:
    return neighbours(faces_of(query, faces, user), face.pk)


def _emotions(comparison: Comparison, preset: str, kept: str | None) -> list[EmotionChoice]:
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


def _other_units(coding: Coding | None) -> list[str]:
    """List the present action units that the editor doesn't ask for."""
    if coding is None:
        return []
    return [
        f"AU{score.au} {facs.ACTION_UNITS[score.au].name.lower()}"
        for score in coding.scores.all()
        if score.present and score.au not in facs.MODEL_ACTION_UNITS
    ]
