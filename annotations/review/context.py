"""The context of a review: who decides or gives an opinion on which face, and what they say."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.contrib.auth.models import User

from annotations.codings.reading import Reading
from annotations.codings.services import human_coder
from annotations.faces.services import lock_face
from annotations.models import Assignment, Coder, Coding, Face, Stage
from annotations.visibility import is_blind_to
from facsweb.accounts.permissions import may_decide


@dataclass(frozen=True)
class ReviewContext:
    """One person before one face: all that a decision needs besides what it says.

    Attributes
    ----------
    seen
        Id of the ground truth that the page showed, or None where there was none. A blind user
        saw none, so theirs is not checked.
    comment
        The reason, kept with the review.
    origin
        The place that it comes from, in words for the history.
    assignment
        The user's open assignment that this completes.
    request_id
        Sent again, it is answered with the same review and changes nothing.
    """

    face: Face
    user: User
    seen: int | None
    comment: str = ""
    origin: str = ""
    assignment: Assignment | None = None
    request_id: UUID | None = None

    @cached_property
    def is_blind(self) -> bool:
        """True if others' readings were hidden when this began; the database is asked once."""
        return is_blind_to(self.user, self.face)

    @cached_property
    def coder(self) -> Coder:
        """The user's coder, created when first needed."""
        return human_coder(self.user)

    @cached_property
    def truth(self) -> Coding | None:
        """The face's ground truth, whether or not the user sees it.

        Who asks first takes the face's lock, within a transaction; so it stays the truth in there.
        """
        lock_face(self.face)
        return self.face.codings.accepted().select_related("coder").first()

    @property
    def decides(self) -> bool:
        return decides(self.user, self.is_blind, self.assignment)


@dataclass(frozen=True)
class Statement:
    """One person's statement about a face.

    Attributes
    ----------
    about
        Action units that `reading` is about: those of them that it doesn't score are not coded.
        For others, a decision keeps what the truth says, and an opinion what `revises` says.
    revises
        The coding that this goes on from. An opinion goes on from the coder's own independent
        reading only; anything else is left out of it.
    """

    reading: Reading | None
    about: Collection[int] = ()
    revises: Coding | None = None


def decides(user: User, is_blind: bool, assignment: Assignment | None) -> bool:
    """Tell whether the user's reading becomes the truth at once, not one opinion among others.

    At a queue's coding stage even a reviewer gives an opinion.
    """
    codes = assignment is not None and assignment.stage == Stage.CODING
    return may_decide(user) and not is_blind and not codes
