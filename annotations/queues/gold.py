"""Gold faces: their truth is known and hidden, and tells how well each coder codes."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from annotations import facs
from annotations.models import Coding, Queue, Review, Stage
from annotations.querysets import FaceQuerySet
from annotations.services import Reading, reading_of

#: FACS certification asks for this much agreement (Wexler's ratio).
CERTIFICATION = 0.70


@dataclass(frozen=True)
class GoldScore:
    """One coder on the gold faces that they have coded so far."""

    coder: str
    faces: int
    #: Wexler's ratio of action units over all of them together; None where nobody scored any.
    wexler: float | None
    #: Scores that it is of: units that both the truth and the coder coded; and all that the truth
    #: codes. Far fewer than these tell of a coder who leaves out what is hard.
    units: int
    units_known: int
    emotions_right: int
    emotions: int

    @property
    def passes(self) -> bool:
        return self.wexler is not None and self.wexler >= CERTIFICATION


def choose_gold(faces: FaceQuerySet, count: int, seed: int) -> list[Coding]:
    """Truths to test coders by: those that a person decided come first, drawn by `seed`."""
    truths = list(
        Coding.objects.accepted()
        .filter(face__in=faces.values("pk"), scores__isnull=False)
        .exclude(emotion="")
        .order_by("pk")
        .distinct()
    )
    random.Random(seed).shuffle(truths)  # noqa: S311 - a draw to be repeated, no secret
    truths.sort(key=lambda coding: coding.coder_kind != "human")
    return truths[:count]


def gold_scores(queue: Queue) -> list[GoldScore]:
    """Each coder's score, the best first. The first coding counts: a later one may have seen."""
    first: dict[tuple[int, int], Review] = {}
    reviews = (
        Review.objects.filter(
            assignment__item__queue=queue,
            assignment__stage=Stage.CODING,
            assignment__item__gold__isnull=False,
            decision=Review.Decision.PROPOSE,
        )
        .select_related("reviewer", "assignment__item__gold", "result")
        .prefetch_related("result__scores", "assignment__item__gold__scores")
        .order_by("pk")
    )
    for review in reviews:
        first.setdefault((review.reviewer_id, review.face_id), review)
    by_coder: dict[str, list[tuple[Reading, Reading]]] = {}
    for review in first.values():
        pair = reading_of(review.assignment.item.gold), reading_of(review.result)
        by_coder.setdefault(review.reviewer.get_username(), []).append(pair)
    scores = [_score(coder, pairs) for coder, pairs in by_coder.items()]
    return sorted(scores, key=lambda score: -(score.wexler or 0))


def _score(coder: str, pairs: Iterable[tuple[Reading, Reading]]) -> GoldScore:
    pairs = list(pairs)
    compared = [(_coded(truth) & _coded(given), truth, given) for truth, given in pairs]
    both = sum(len(_units(truth, of) & _units(given, of)) for of, truth, given in compared)
    scored = sum(len(_units(truth, of)) + len(_units(given, of)) for of, truth, given in compared)
    told = [(truth, given) for truth, given in pairs if truth.emotion]
    return GoldScore(
        coder=coder,
        faces=len(pairs),
        wexler=2 * both / scored if scored else None,
        units=sum(len(of) for of, _, _ in compared),
        units_known=sum(len(_coded(truth)) for truth, _ in pairs),
        emotions_right=sum(truth.emotion == given.emotion for truth, given in told),
        emotions=len(told),
    )


def _coded(reading: Reading) -> set[int]:
    """Those that the editor offers: others can't have been coded."""
    return set(facs.MODEL_ACTION_UNITS) & reading.scores.keys()


def _units(reading: Reading, of: set[int]) -> set[int]:
    """The present ones. What either left uncoded is compared with nothing."""
    return {au for au in of if reading.scores[au].present}
