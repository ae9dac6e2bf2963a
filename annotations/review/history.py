"""The history of a face, newest first: who, what, before and after, when, from where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from annotations import facs
from annotations.codings.reading import Reading, Score, reading_of
from annotations.models import ActionUnitScore, Coder, Coding, Face, Review
from annotations.visibility import is_blind_to, visible_codings

_DEEDS = {
    Review.Decision.ACCEPT_TRUTH: "kept the ground truth",
    Review.Decision.ACCEPT_MODEL: "took the model's reading as ground truth",
    Review.Decision.CORRECT: "corrected the ground truth",
    Review.Decision.PROPOSE: "coded the face",
    Review.Decision.AGREE: "agreed with the ground truth",
    Review.Decision.ADJUDICATE: "adjudicated",
    Review.Decision.PASS_ON: "found the codings sound and passed them on",
    Review.Decision.SEND_BACK: "sent the codings back to their coders",
    Review.Decision.UNDO: "undid",
}
_KINDS = {Coder.Kind.HUMAN: "person"}


@dataclass(frozen=True)
class Event:
    when: datetime
    who: str
    kind: str
    deed: str
    changes: tuple[str, ...] = ()
    comment: str = ""
    origin: str = ""
    is_truth: bool = False
    is_undone: bool = False
    is_blind: bool = False
    #: The import that brought it in that person's name; None of what was done here.
    brought_by: int | None = None
    #: The decision, where it can still be taken back.
    undo: int | None = None


def history_of(face: Face, user: User) -> list[Event]:
    """Return the events that `user` may see. A review and the coding it made are one event."""
    codings = (
        visible_codings(user).filter(face=face).select_related("coder").prefetch_related("scores")
    )
    by_id: dict[int | None, Coding] = {coding.pk: coding for coding in codings}
    reviews = list(
        face.reviews.select_related(
            "reviewer", "reviewed__coder", "undoes__reviewed__coder", "undone_by", "bulk"
        ).order_by("pk")
    )
    shown = [review for review in reviews if _may_see(review, by_id, user)]
    events = [_told(review, by_id, user) for review in shown]
    made = {
        review.result_id
        for review in reviews
        if review.decision in {*Review.CHANGING, Review.Decision.PROPOSE}
    }
    events += [_coded(coding) for coding in by_id.values() if coding.pk not in made]
    whole = len(shown) == len(reviews) and not is_blind_to(user, face)
    events += _flags(face, user, whole=whole)
    return sorted(events, key=lambda event: event.when, reverse=True)


def _may_see(review: Review, by_id: dict[int | None, Coding], user: User) -> bool:
    """Tell whether `user` may see a review: their own, or one whose codings they may see.

    A decision reveals what its codings say.
    """
    if review.reviewer_id == user.pk:
        return True
    about = {review.reviewed_id, review.result_id, review.replaced_id} - {None}
    return about <= by_id.keys()


def _told(review: Review, by_id: dict[int | None, Coding], user: User) -> Event:
    result = by_id.get(review.result_id)
    undone = getattr(review, "undone_by", None)
    deed = _deed(review)
    if review.undoes is not None:
        deed = f"undid: “{_deed(review.undoes)}”"
    return Event(
        when=review.created_at,
        who=review.reviewer.get_username(),
        kind="person",
        deed=deed,
        changes=_changes(review, result, by_id),
        comment=review.comment,
        origin=review.origin,
        is_truth=bool(result and result.is_accepted and review.decision in Review.CHANGING),
        is_undone=undone is not None,
        is_blind=bool(result and result.is_blind),
        brought_by=review.brought_by,
        undo=review.pk if _can_undo(review, result, undone, user) else None,
    )


def _deed(review: Review) -> str:
    if review.decision == Review.Decision.AGREE and stands_by_own(review):
        return "stood by their own coding"
    return _DEEDS[Review.Decision(review.decision)]


def stands_by_own(review: Review) -> bool:
    """Tell whether an agreement is with the reviewer's own reading, saved again as it was."""
    coding = review.reviewed
    if coding is None or coding.coder.user_id != review.reviewer_id:
        return False
    return coding.is_independent


def _can_undo(review: Review, result: Coding | None, undone: Review | None, user: User) -> bool:
    if review.reviewer_id != user.pk or review.bulk_id or undone is not None:
        return False
    if review.decision == Review.Decision.AGREE:
        return True
    if review.decision in Review.CHANGING:
        return bool(result and result.is_accepted)
    is_open = bool(result and not result.is_accepted and not result.is_withdrawn)
    return review.decision == Review.Decision.PROPOSE and is_open


def _changes(
    review: Review, result: Coding | None, by_id: dict[int | None, Coding]
) -> tuple[str, ...]:
    if result is None or review.decision in {
        Review.Decision.ACCEPT_TRUTH,
        Review.Decision.PASS_ON,
        Review.Decision.SEND_BACK,
    }:
        return ()
    before = by_id.get(review.replaced_id) or by_id.get(result.based_on_id)
    if before is not None and before.coder_kind == Coder.Kind.MODEL:
        before = None
    return changes_between(reading_of(before) if before else None, reading_of(result))


def _coded(coding: Coding) -> Event:
    """Return the event of a coding that no decision made, such as an import's or a model's."""
    is_model = coding.coder_kind == Coder.Kind.MODEL
    deed = {"model": "predicted", "import": "imported a label"}.get(coding.coder_kind, "coded")
    return Event(
        when=coding.created_at,
        who=coding.coder.name,
        kind=_KINDS.get(Coder.Kind(coding.coder_kind), coding.coder_kind),
        deed=deed,
        changes=(_in_words(reading_of(coding)),),
        origin="" if is_model else coding.source,
        is_truth=coding.is_accepted,
        brought_by=coding.brought_by,
    )


def _flags(face: Face, user: User, *, whole: bool) -> list[Event]:
    events = []
    flags = face.flags.select_related("user", "resolved_by")
    for flag in flags if whole else flags.filter(user=user):
        events.append(
            Event(flag.created_at, flag.user.get_username(), "person", "flagged this face",
                  comment=flag.comment)
        )  # fmt: skip
        if flag.resolved_at and flag.resolved_by:
            who = flag.resolved_by.get_username()
            events.append(Event(flag.resolved_at, who, "person", "resolved the flag"))
    return events


def changes_between(before: Reading | None, after: Reading) -> tuple[str, ...]:
    """Describe what `after` says differently from `before`, as short sentences."""
    if before is None:
        return (_in_words(after),)
    changes = []
    if before.emotion != after.emotion:
        changes.append(f"emotion {before.emotion or 'not coded'} → {after.emotion or 'not coded'}")
    for au in sorted(before.scores.keys() | after.scores.keys()):
        was, became = _state(before.scores.get(au)), _state(after.scores.get(au))
        if was != became:
            changes.append(f"AU{au} {was} → {became}")
    return tuple(changes) or ("no change",)


def _state(score: Score | None) -> str:
    if score is None:
        return "not coded"
    return f"present {score.intensity}{_side(score)}".strip() if score.present else "absent"


def _side(score: Score) -> str:
    return f" ({ActionUnitScore.Side(score.side).label})" if score.side else ""


def _in_words(reading: Reading) -> str:
    """Describe a reading, such as "positive; AU6, AU12B, absent: AU4".

    What isn't named was not coded.
    """
    scores = sorted(reading.scores.items())
    units = [
        f"{facs.ACTION_UNITS[au].code}{score.intensity}{_side(score)}"
        for au, score in scores
        if score.present
    ]
    absent = [facs.ACTION_UNITS[au].code for au, score in scores if not score.present]
    emotion = reading.emotion or reading.basic_emotion or "no emotion"
    return f"{emotion}; {', '.join(units) or 'no action unit'}{_absent(reading, absent)}"


def _absent(reading: Reading, absent: list[str]) -> str:
    if not reading.scores:
        return " coded"
    if reading.scores.keys() >= set(facs.MODEL_ACTION_UNITS):
        return ", the rest absent" if absent else ""
    return f", absent: {', '.join(absent)}" if absent else ""
