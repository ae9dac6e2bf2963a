"""The editor of a face: what it starts from, and what it means to save it unchanged.

Nobody's form starts from the model's reading, and a coder's never from the truth: otherwise what
is saved untouched would be stored as a reading that nobody gave.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User

from annotations import facs
from annotations.codings.reading import Reading, Score
from annotations.codings.services import human_coder
from annotations.models import Assignment, Coder, Coding, Face, Review, State
from annotations.problems import InvalidCoding
from annotations.review.context import decides
from annotations.review.effects import NOTHING_CODED

Decision = Review.Decision


@dataclass(frozen=True)
class Start:
    """The contents of the editor when it opens.

    Attributes
    ----------
    own
        The user's own standing reading, which they go on from.
    truth
        The ground truth as far as the user may see it.
    decides
        Whether the user's reading becomes the truth at once.
    """

    own: Coding | None
    truth: Coding | None
    decides: bool

    @property
    def reading(self) -> Reading:
        """Emotion and scores of the editor's action units; empty with nothing to go on from."""
        return _in_editor(self.truth if self.decides else self.own)

    @property
    def is_empty(self) -> bool:
        return not self.reading.emotion and not self.reading.scores

    @property
    def untouched(self) -> str | None:
        """The decision that saving it unchanged stands for; None if that is refused."""
        if self.decides:
            return Decision.ACCEPT_TRUTH if self.truth else None
        return Decision.AGREE if self.own or self.truth else None

    @property
    def said_of_untouched(self) -> str:
        """The same in words, for the page."""
        if self.untouched is None:
            return NOTHING_CODED
        if self.decides:
            return "Nothing changed: saving keeps the ground truth."
        if self.own:
            return "Nothing changed: your coding stands."
        return "Nothing coded: saving says that you agree with the ground truth."


def start_of(
    face: Face,
    user: User,
    truth: Coding | None,
    *,
    is_blind: bool,
    assignment: Assignment | None,
    proposes: bool = False,
) -> Start:
    """Return what the editor of `face`, whose ground truth is `truth`, opens with for `user`.

    A blind user starts from nothing, unless a reviewer has sent their own coding back. `proposes`
    says that they give an opinion even where they might decide.
    """
    rules = decides(user, is_blind, assignment) and not proposes
    is_returned = assignment is not None and assignment.state == State.REJECTED
    goes_on = not rules and (not is_blind or is_returned)
    own = _own_reading(face, user) if goes_on else None
    return Start(own, None if is_blind else truth, rules)


def meant_by(decision: str, said: Reading, start: Start, *, rest_switched: bool) -> str:
    """Return the decision that a submitted editor stands for.

    Parameters
    ----------
    said
        The marks made in it, without what "the rest is absent" adds.
    rest_switched
        "The rest is absent" was switched on since the editor opened. On an empty form that
        codes nothing, just as when it is remembered from before.

    Raises
    ------
    InvalidCoding
        Nothing is coded, and there is nothing to agree with.
    """
    if decision not in {Decision.CORRECT, Decision.PROPOSE, Decision.AGREE}:
        return decision
    if said != start.reading or (rest_switched and not start.is_empty):
        return Decision.PROPOSE if decision == Decision.AGREE else decision
    if start.untouched is None:
        raise InvalidCoding(NOTHING_CODED)
    return start.untouched


def says_rest_is_absent(user: User) -> bool:
    """Tell whether this person's editor stores what they don't touch as absent."""
    return Coder.objects.filter(user=user.pk, rest_is_absent=True).exists()


def remember_rest(user: User, is_absent: bool) -> None:
    """Remember how to open this person's editor from now on: whether the rest is absent."""
    if says_rest_is_absent(user) != is_absent:
        Coder.objects.filter(pk=human_coder(user).pk).update(rest_is_absent=is_absent)


def _own_reading(face: Face, user: User) -> Coding | None:
    """Return the user's standing coding, unless it is a decision, which holds what others said."""
    own = Coding.objects.current().filter(face=face, coder__user=user)
    coding = own.prefetch_related("scores").first()
    return coding if coding is not None and coding.is_independent else None


def _in_editor(coding: Coding | None) -> Reading:
    if coding is None:
        return Reading()
    scores = {
        score.au: Score(score.present, score.intensity)
        for score in coding.scores.all()
        if score.au in facs.MODEL_ACTION_UNITS
    }
    return Reading(coding.emotion, scores)
