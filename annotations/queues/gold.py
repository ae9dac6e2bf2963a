"""Gold faces: their truth is known and hidden, and shows how well each coder codes."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from annotations.codings.reading import Reading, reading_of
from annotations.measures.bootstrap import Estimate, estimate, resampling_weights
from annotations.measures.certification import Verdict, verdict_on
from annotations.measures.counts import divide
from annotations.models import Coder, Coding, Queue, Review, Stage
from annotations.models.face_querysets import FaceQuerySet


@dataclass(frozen=True)
class GoldScore:
    """One coder's score on the gold faces that they have coded so far."""

    coder: str
    faces: int
    #: Faces that don't count: the coder had seen others' readings before coding them.
    seen: int
    #: Wexler's ratio over the action units that truth and coder both coded, with its interval.
    ratio: Estimate
    #: Action units that truth and coder both coded, and that the truths code.
    units: int
    units_of_truth: int
    #: A person decided each of the truths.
    is_of_people: bool
    emotions_right: int
    emotions: int

    @property
    def wexler(self) -> float | None:
        """Wexler's ratio; None where nobody scored any unit present."""
        return self.ratio.value if self.ratio.is_defined else None

    @property
    def verdict(self) -> Verdict | None:
        """The verdict, if people decided all truths.

        An imported truth may be anybody's, even a program's.
        """
        return verdict_on(self.ratio) if self.is_of_people else None


@dataclass(frozen=True)
class _Answer:
    """A coder's first coding of a gold face, beside its truth."""

    subject: int
    truth: Reading
    given: Reading
    by_person: bool
    is_blind: bool

    @property
    def units(self) -> frozenset[int]:
        """The action units that both coded."""
        return frozenset(self.truth.scores.keys() & self.given.scores.keys())


def choose_gold(faces: FaceQuerySet, count: int, seed: int) -> list[Coding]:
    """Draw truths to test coders by, with `seed`; those that a person decided come first."""
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
    """Return each coder's score, the best first.

    Their first coding of the face counts, wherever they gave it, if it was blind: before a later
    one they may have seen what others say.
    """
    items = list(queue.items.filter(gold__isnull=False).values_list("pk", flat=True))
    reviews = (
        Review.objects.filter(
            assignment__item__in=items,
            assignment__stage=Stage.CODING,
            decision=Review.Decision.PROPOSE,
        )
        .select_related("reviewer", "face", "assignment__item__gold")
        .prefetch_related("assignment__item__gold__scores")
        .order_by("pk")
    )
    owed = {(review.reviewer_id, review.face_id): review for review in reviews}
    firsts = _first_codings(owed)
    by_coder: dict[str, list[_Answer]] = defaultdict(list)
    for key, review in owed.items():
        assert review.assignment is not None  # it was filtered by
        gold, first = review.assignment.item.gold, firsts[key]
        assert gold is not None
        answer = _Answer(
            subject=review.face.subject_id,
            truth=reading_of(gold),
            given=reading_of(first),
            by_person=gold.coder_kind == Coder.Kind.HUMAN,
            is_blind=first.is_blind,
        )
        by_coder[review.reviewer.get_username()].append(answer)
    scores = [_score(coder, answers) for coder, answers in by_coder.items()]
    return sorted(scores, key=lambda score: -(score.wexler or 0))


def _first_codings(wanted: Iterable[tuple[int, int]]) -> dict[tuple[int | None, int], Coding]:
    """Map (user, face) to their first coding of it, even if they replaced or withdrew it."""
    users, faces = {user for user, _ in wanted}, {face for _, face in wanted}
    codings = Coding.objects.filter(coder__user__in=users, face__in=faces)
    first: dict[tuple[int | None, int], Coding] = {}
    rows = codings.select_related("coder").prefetch_related("scores")
    for coding in rows.order_by("created_at", "pk"):
        first.setdefault((coding.coder.user_id, coding.face_id), coding)
    return first


def _score(coder: str, answers: list[_Answer]) -> GoldScore:
    counted = [answer for answer in answers if answer.is_blind]
    told = [each for each in counted if each.truth.emotion and each.given.emotion]
    return GoldScore(
        coder=coder,
        faces=len(counted),
        seen=len(answers) - len(counted),
        ratio=_ratio(counted),
        units=sum(len(answer.units) for answer in counted),
        units_of_truth=sum(len(answer.truth.scores) for answer in counted),
        is_of_people=all(answer.by_person for answer in counted),
        emotions_right=sum(each.truth.emotion == each.given.emotion for each in told),
        emotions=len(told),
    )


def _ratio(answers: list[_Answer]) -> Estimate:
    """Compute Wexler's ratio over all answers together, its interval by resampling subjects."""
    sums: dict[int, np.ndarray] = defaultdict(lambda: np.zeros(2))
    for each in answers:
        truth = {au for au in each.units if each.truth.scores[au].present}
        given = {au for au in each.units if each.given.scores[au].present}
        sums[each.subject] += (2 * len(truth & given), len(truth) + len(given))
    table = np.array(list(sums.values())).reshape(-1, 2)
    resampled = resampling_weights(len(table)) @ table
    return estimate(divide(resampled[:, 0], resampled[:, 1]), len(table))
