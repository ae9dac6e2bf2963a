"""What the face page shows: a comparison, an editor beside it, and the way on."""

from __future__ import annotations

from dataclasses import dataclass

from annotations import facs
from annotations.blinding import is_blind_to
from annotations.forms import FaceFilter, ReadingForm
from annotations.history import Event, history_of
from annotations.models import Assignment, Coding, Face, Flag, Stage, State
from annotations.permissions import may_decide
from annotations.picture import Picture, picture_of
from annotations.queues.handing_out import open_assignment
from annotations.queues.progress import Progress, progress_of
from annotations.selectors import (
    ActionUnitComparison,
    Comparison,
    Neighbours,
    comparison_of,
    neighbours,
)
from annotations.services import Score, reading_of


@dataclass(frozen=True)
class EditorRow:
    """One action unit: what truth and model say, and what the editor holds."""

    comparison: ActionUnitComparison
    checked: bool
    intensity: str
    preset: Score

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
class Work:
    """The task that brought the user here."""

    assignment: Assignment
    progress: Progress
    #: Why this face is in the queue; empty where that would tell a blind coder something.
    reason: str


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
    #: The user's reading may become the truth at once; else it is one coding among others.
    decides: bool


def face_page(
    face: Face, faces, user, chosen: FaceFilter, queue_id: int | None, form, go_on: bool
) -> FacePage:
    """`face` came through with_comparison; `form` holds input to keep, if any."""
    comparison = comparison_of(face)
    work = work_of(face, user, queue_id)
    is_blind = is_blind_to(user, face)
    decides = may_decide(user) and not is_blind and not _is_coding(work)
    own = None if decides or (is_blind and not _is_returned(work)) else _own_coding(face, user)
    preset = own or comparison.truth or comparison.model
    emotion, units = _held(preset)
    kept_emotion, kept_units, comment = _kept_input(form, emotion, units)
    return FacePage(
        face=face,
        comparison=comparison,
        emotions=_emotions(comparison, emotion, kept_emotion),
        rows=[_row(row, units, kept_units) for row in comparison.action_units],
        other_units=_other_units(comparison.truth),
        history=history_of(face, user),
        place=None if work else neighbours(chosen.narrow(faces, user), face.pk),
        work=work,
        picture=picture_of(face),
        flags=[] if is_blind else list(face.flags.filter(resolved_at=None).select_related("user")),
        comment=comment,
        and_next=(go_on or work is not None) if form is None else "and_next" in form.data,
        is_blind=is_blind,
        decides=decides,
    )


def work_of(face: Face, user, queue_id: int | None) -> Work | None:
    assignment = open_assignment(user, face, queue_id)
    if assignment is None:
        return None
    queue = assignment.item.queue
    reason = "" if queue.is_blind else assignment.item.reason
    return Work(assignment, progress_of(queue, assignment.stage, user), reason)


def _is_coding(work: Work | None) -> bool:
    return work is not None and work.assignment.stage == Stage.CODING


def _is_returned(work: Work | None) -> bool:
    """Sent back by a reviewer: then even a blind coder goes on from their own coding."""
    return work is not None and work.assignment.state == State.REJECTED


def _own_coding(face: Face, user) -> Coding | None:
    own = Coding.objects.current().filter(face=face, coder__user=user)
    return own.prefetch_related("scores").first()


def _held(coding: Coding | None) -> tuple[str, dict[int, Score]]:
    if coding is None:
        return "", {}
    reading = reading_of(coding)
    return reading.emotion, {au: score for au, score in reading.scores.items() if score.present}


def _kept_input(form: ReadingForm | None, emotion: str, units: dict[int, Score]):
    if form is None:
        return emotion, units, ""
    named = form.data.getlist("au")
    ticked = {au for au in facs.MODEL_ACTION_UNITS if str(au) in named}
    kept = {}
    for au in ticked:
        given = form.data.get(f"intensity-{au}", "")
        kept[au] = Score(True, given if given in facs.INTENSITIES else "")
    return form.data.get("emotion", ""), kept, form.data.get("comment", "")


def _row(row: ActionUnitComparison, preset: dict[int, Score], kept: dict[int, Score]) -> EditorRow:
    au = row.unit.number
    held = kept.get(au, Score(False))
    return EditorRow(row, held.present, held.intensity, preset.get(au, Score(False)))


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
