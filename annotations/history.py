"""What happened to a face, in words: every coding and review, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from annotations import facs
from annotations.models import Coder, Coding, Face, Review

_DEEDS = {
    Review.Decision.ACCEPT_TRUTH: "kept the ground truth",
    Review.Decision.ACCEPT_MODEL: "took the model's reading as ground truth",
    Review.Decision.CORRECT: "corrected the ground truth",
    Review.Decision.PROPOSE: "proposed a coding",
}


@dataclass(frozen=True)
class Event:
    when: datetime
    who: str
    kind: str
    deed: str
    changes: tuple[str, ...]
    comment: str = ""
    is_truth: bool = False


def history_of(face: Face) -> list[Event]:
    """Events of a face, newest first. A review and the coding it made are one event."""
    codings = face.codings.select_related("coder").prefetch_related("scores").order_by("pk")
    reviews = list(face.reviews.select_related("reviewer"))
    made_by = {
        review.result_id: review
        for review in reviews
        if review.result_id and review.decision != Review.Decision.ACCEPT_TRUTH
    }
    kept = [_kept(review) for review in reviews if review.pk not in _pks(made_by)]
    events = kept + _coding_events(codings, made_by)
    return sorted(events, key=lambda event: event.when, reverse=True)


def _pks(made_by: dict[int, Review]) -> set[int]:
    return {review.pk for review in made_by.values()}


def _kept(review: Review) -> Event:
    return Event(
        when=review.created_at,
        who=review.reviewer.get_username(),
        kind="person",
        deed=_DEEDS[review.decision],
        changes=(),
        comment=review.comment,
    )


def _coding_events(codings, made_by: dict[int, Review]) -> list[Event]:
    events, truth = [], None
    for coding in codings:
        review = made_by.get(coding.pk)
        is_model = coding.coder_kind == Coder.Kind.MODEL
        events.append(
            Event(
                when=coding.created_at,
                who=coding.coder.name,
                kind={"human": "person"}.get(coding.coder_kind, coding.coder_kind),
                deed=_deed(coding, review),
                changes=() if is_model else changes_between(truth, coding),
                comment=review.comment if review else "",
                is_truth=coding.is_accepted,
            )
        )
        if _became_truth(coding, review, truth):
            truth = coding
    return events


def _deed(coding: Coding, review: Review | None) -> str:
    if review:
        return _DEEDS[review.decision]
    return {"model": "predicted", "import": "imported a label"}.get(coding.coder_kind, "coded")


def _became_truth(coding: Coding, review: Review | None, truth: Coding | None) -> bool:
    if coding.is_accepted:
        return True
    if coding.coder_kind == Coder.Kind.IMPORT:
        return truth is None or truth.coder_kind == Coder.Kind.IMPORT
    return review is not None and review.decision != Review.Decision.PROPOSE


def changes_between(before: Coding | None, after: Coding) -> tuple[str, ...]:
    """What `after` says otherwise than `before`, as short sentences."""
    if before is None:
        return (_in_words(after),)
    changes = []
    if before.emotion != after.emotion:
        changes.append(f"emotion {before.emotion or 'not coded'} → {after.emotion or 'not coded'}")
    former = {score.au: score.present for score in before.scores.all()}
    now = {score.au: score.present for score in after.scores.all()}
    for au in sorted(former.keys() | now.keys()):
        if former.get(au) != now.get(au):
            changes.append(f"AU{au} {_state(former.get(au))} → {_state(now.get(au))}")
    return tuple(changes) or ("no change",)


def _state(present: bool | None) -> str:
    return "not coded" if present is None else "present" if present else "absent"


def _in_words(coding: Coding) -> str:
    units = [facs.ACTION_UNITS[s.au].code for s in coding.scores.all() if s.present]
    emotion = coding.emotion or coding.basic_emotion or "no emotion"
    return f"{emotion}; {', '.join(units) or 'no action unit'}"
