"""All codings of a face side by side, for the reviewer who decides which of them is true."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from annotations import facs
from annotations.codings.comparison import emotions_differ, units_differ
from annotations.codings.held import Held, HeldReading, held_of
from annotations.codings.reading import Reading, Score, reading_of
from annotations.faces.services import lock_face
from annotations.models import Assignment, Coder, Coding, Face, Review, Stage
from annotations.problems import InvalidCoding, StaleCoding
from annotations.queues import stages
from annotations.review import ties
from annotations.review.decisions import announce_review
from annotations.review.permissions import review_policy
from annotations.visibility import visible_codings


@dataclass(frozen=True)
class Row:
    """One action unit across all codings; None where a coder didn't code it."""

    unit: facs.ActionUnit
    cells: tuple[Score | None, ...]
    #: What most of those who count say, where none of them coded it the truth; or what a refused
    #: form held.
    held: Held
    #: What is true so far; the page marks what the decision would change.
    preset: Score | None
    #: What those who count are tied about: presence, or the intensity if the unit is present.
    tie: str

    @property
    def differs(self) -> bool:
        return units_differ(*(None if cell is None else cell.present for cell in self.cells))

    @property
    def is_open(self) -> bool:
        """True if there is a tie that what the editor holds does not decide yet."""
        return not ties.is_decided(self.tie, self.held)


@dataclass(frozen=True)
class SideBySide:
    """All codings of a face, and what the editor starts from.

    Attributes
    ----------
    emotion
        The majority's, or the truth's where nobody coded one; None is a tie.
    preset
        The emotion that is true so far.
    voters
        The codings that count: people's independent ones, or the ground truth if there are none.
    """

    codings: tuple[Coding, ...]
    emotions: tuple[str, ...]
    emotion: str | None
    emotion_is_tied: bool
    preset: str
    rows: tuple[Row, ...]
    voters: tuple[Coding, ...]

    @property
    def emotion_differs(self) -> bool:
        return emotions_differ(*self.emotions)

    @property
    def differences(self) -> int:
        return int(self.emotion_differs) + sum(row.differs for row in self.rows)

    @property
    def open_ties(self) -> list[str]:
        """The names of the ties that nobody has decided yet."""
        named = ["the emotion"] if self.emotion_is_tied and self.emotion is None else []
        return named + [_name_of(row) for row in self.rows if row.is_open]

    @property
    def first_tie(self) -> str:
        """The id of the control that decides the first open tie; blank where there is none."""
        if self.emotion_is_tied and self.emotion is None:
            return f"emotion-{facs.EMOTIONS[0]}"
        row = next((row for row in self.rows if row.is_open), None)
        if row is None:
            return ""
        return f"{'intensity' if row.held.present else 'au'}-{row.unit.number}"

    @property
    def who_counts(self) -> str:
        names = ", ".join(coding.coder.name for coding in self.voters)
        if not self.voters:
            told = "Nobody's coding counts here, so nothing is preset."
        elif _is_a_vote(self.voters[0]):
            told = f"Preset by the majority of: {names}."
            if any(coding.is_accepted for coding in self.codings):
                told += " What none of them coded stays as the ground truth has it."
        else:
            told = f"Nobody has coded this face independently: preset by the truth ({names})."
        others = [coding.coder.name for coding in self.codings if coding not in self.voters]
        if len(others) == 1:
            return f"{told} {others[0]} is shown, and doesn't count."
        if others:
            return f"{told} {', '.join(others[:-1])} and {others[-1]} are shown, and don't count."
        return told

    @property
    def votes(self) -> str:
        """The codings that count, as the form sends them back."""
        return ".".join(str(coding.pk) for coding in self.voters)


def side_by_side(
    face: Face, user: User, model: Coder | None, kept: HeldReading | None = None
) -> SideBySide:
    """Set a face's current codings side by side: the truth, people, imports, and one model.

    `kept` is what a refused form held; the editor then holds that again.
    """
    codings = (
        visible_codings(user)
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
    accepted = next((coding for coding in shown if coding.is_accepted), None)
    voters = [coding for coding in shown if _is_a_vote(coding)]
    voters = voters or ([accepted] if accepted else [])
    truth = reading_of(accepted) if accepted else Reading()
    votes = [reading_of(coding) for coding in voters]
    emotion = ties.most([vote.emotion for vote in votes if vote.emotion])
    preset = None if emotion.is_tie else emotion.value or truth.emotion
    readings = [reading_of(coding) for coding in shown]
    return SideBySide(
        codings=tuple(shown),
        emotions=tuple(coding.emotion for coding in shown),
        emotion=preset if kept is None else kept.emotion,
        emotion_is_tied=emotion.is_tie,
        preset=truth.emotion,
        rows=tuple(_row(au, readings, votes, truth, kept) for au in facs.MODEL_ACTION_UNITS),
        voters=tuple(voters),
    )


def check_decided(sides: SideBySide, votes: str) -> None:
    """Refuse a decision where a tie is open, or where the page counted other codings.

    `votes` are those of the page that was looked at; if blank, they are not checked.

    Raises
    ------
    InvalidCoding
        Ties are open; the message names them.
    StaleCoding
        Somebody has coded the face since.
    """
    if votes and votes != sides.votes:
        raise StaleCoding("Somebody has coded this face meanwhile. Look at it, then decide again.")
    if sides.open_ties:
        named = ", ".join(sides.open_ties)
        raise InvalidCoding(
            f"The coders are tied, and you haven't decided yet: {named}. Choose, then save again."
        )


def pass_on(assignment: Assignment, user: User, comment: str, origin: str) -> Review:
    """Pass on codings that the validator finds sound; somebody else accepts one of them."""
    if assignment.stage != Stage.VALIDATION:
        raise InvalidCoding("Only the validation stage passes codings on.")
    return _move(assignment, user, Review.Decision.PASS_ON, comment, origin)


def send_back(assignment: Assignment, user: User, comment: str, origin: str) -> Review:
    """Send codings back to their coders; the comment says what to look at again."""
    if assignment.stage == Stage.CODING:
        raise InvalidCoding("Only a reviewer sends codings back.")
    if not comment.strip():
        raise InvalidCoding(
            "Tell the coders what to look at: the comment reaches them.",
            {"comment": ["A comment is needed."]},
        )
    return _move(assignment, user, Review.Decision.SEND_BACK, comment, origin)


def _move(assignment: Assignment, user: User, decision: str, comment: str, origin: str) -> Review:
    review_policy.check(user, "judge", assignment)
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


def _row(
    au: int, readings: list[Reading], votes: list[Reading], truth: Reading, kept: HeldReading | None
) -> Row:
    vote = ties.vote_on([reading.scores[au] for reading in votes if au in reading.scores])
    cells = tuple(reading.scores.get(au) for reading in readings)
    is_voted_on = any(au in reading.scores for reading in votes)
    preset = vote.held if is_voted_on else held_of(truth).of(au)
    held = preset if kept is None else kept.of(au)
    return Row(facs.ACTION_UNITS[au], cells, held, truth.scores.get(au), vote.tie)


def _is_a_vote(coding: Coding) -> bool:
    """Tell whether a coding is a person's own reading.

    A decision repeats what others said, and imports aren't people.
    """
    return coding.coder_kind == Coder.Kind.HUMAN and coding.is_independent


def _name_of(row: Row) -> str:
    if row.held.present:
        return f"the intensity of {row.unit.code}"
    return row.unit.code
