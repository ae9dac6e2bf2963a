"""All codings of a face side by side, for who decides which of them is true."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db import transaction

from annotations import facs
from annotations.exceptions import InvalidCoding, NotAllowed
from annotations.models import Assignment, Coder, Coding, Face, Review, Stage
from annotations.permissions import may_decide
from annotations.queues import stages
from annotations.reviewing import announce_review
from annotations.services import Reading, Score, lock_face, reading_of


@dataclass(frozen=True)
class Row:
    """One action unit over all codings; None where a coder didn't code it."""

    unit: facs.ActionUnit
    cells: tuple[Score | None, ...]
    #: What most people say, which the editor starts with.
    checked: bool
    intensity: str
    #: What is true so far; the page marks what the decision would change.
    preset: Score

    @property
    def differs(self) -> bool:
        return len({cell.present for cell in self.cells if cell is not None}) > 1

    @property
    def intensities_differ(self) -> bool:
        given = {cell.intensity for cell in self.cells if cell and cell.present and cell.intensity}
        return len(given) > 1


@dataclass(frozen=True)
class SideBySide:
    codings: tuple[Coding, ...]
    emotions: tuple[str, ...]
    emotion: str
    preset: str
    rows: tuple[Row, ...]

    @property
    def emotion_differs(self) -> bool:
        return len({emotion for emotion in self.emotions if emotion}) > 1

    @property
    def differences(self) -> int:
        return int(self.emotion_differs) + sum(row.differs for row in self.rows)


def side_by_side(face: Face, user, model: Coder | None) -> SideBySide:
    """Current codings: the truth, people, imports, and one model."""
    codings = (
        Coding.objects.visible_to(user)
        .current()
        .filter(face=face)
        .select_related("coder")
        .prefetch_related("scores")
        .order_by("pk")
    )
    shown = [
        coding
        for coding in codings
        if coding.coder_kind != Coder.Kind.MODEL or (model and coding.coder_id == model.pk)
    ]
    shown.sort(key=lambda coding: (not coding.is_accepted, coding.coder_kind == Coder.Kind.MODEL))
    by_unit = [{score.au: score for score in coding.scores.all()} for coding in shown]
    voters = [n for n, coding in enumerate(shown) if coding.coder_kind == Coder.Kind.HUMAN]
    voters = voters or [n for n, coding in enumerate(shown) if coding.is_accepted]
    accepted = next((coding for coding in shown if coding.is_accepted), None)
    truth = reading_of(accepted) if accepted else Reading()
    return SideBySide(
        codings=tuple(shown),
        emotions=tuple(coding.emotion for coding in shown),
        emotion=_most([shown[n].emotion for n in voters if shown[n].emotion]) or "",
        preset=truth.emotion,
        rows=tuple(_row(au, by_unit, voters, truth) for au in facs.MODEL_ACTION_UNITS),
    )


def pass_on(assignment: Assignment, user, comment: str, origin: str) -> Review:
    """The validator finds the codings sound; somebody else accepts one of them."""
    if assignment.stage != Stage.VALIDATION:
        raise InvalidCoding("Only the validation stage passes codings on.")
    return _move(assignment, user, Review.Decision.PASS_ON, comment, origin)


def send_back(assignment: Assignment, user, comment: str, origin: str) -> Review:
    """The coders are to look again; the comment says at what."""
    if assignment.stage == Stage.CODING:
        raise InvalidCoding("Only a reviewer sends codings back.")
    if not comment.strip():
        raise InvalidCoding(
            "Tell the coders what to look at: the comment reaches them.",
            {"comment": ["A comment is needed."]},
        )
    return _move(assignment, user, Review.Decision.SEND_BACK, comment, origin)


def _move(assignment: Assignment, user, decision: str, comment: str, origin: str) -> Review:
    if not may_decide(user) or assignment.user_id != user.pk:
        raise NotAllowed("This face is in somebody else's hands.")
    face = assignment.item.face
    with transaction.atomic():
        lock_face(face)
        if decision == Review.Decision.PASS_ON:
            stages.complete(assignment)
        else:
            stages.send_back(assignment, comment.strip())
        review = Review.objects.create(
            face=face,
            reviewer=user,
            decision=decision,
            comment=comment.strip(),
            origin=origin,
            assignment=assignment,
        )
        announce_review(review)
        return review


def _row(au: int, by_unit, voters: list[int], truth: Reading) -> Row:
    scores = [units.get(au) for units in by_unit]
    votes = [scores[n] for n in voters if scores[n] is not None]
    checked = bool(_most([score.present for score in votes]))
    return Row(
        unit=facs.ACTION_UNITS[au],
        cells=tuple(
            Score(score.present, score.intensity, score.probability) if score else None
            for score in scores
        ),
        checked=checked,
        intensity=_most([s.intensity for s in votes if s.intensity]) or "" if checked else "",
        preset=truth.scores.get(au, Score(False)),
    )


def _most(values: list):
    """The most frequent; of several, the first."""
    return Counter(values).most_common(1)[0][0] if values else None
