"""Counts of the codings that stand, by coder, for lists of coders and of people."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db.models import Count

from annotations.models import Coding
from annotations.models.querysets import CodingQuerySet
from annotations.visibility import visible_codings
from facsweb.recent import Recent


def standing_counts(coders: Iterable[int]) -> dict[int, int]:
    """Count the codings of each coder that aren't withdrawn, by the coder's id.

    Of many codings the numbers may be some seconds old: see `facsweb.recent`.
    """
    asked = tuple(sorted(coders))
    return _recent.of(asked, lambda: _counted(Coding.objects.all(), asked))


def visible_counts(coders: Iterable[int], user: User) -> dict[int, int]:
    """Count those of them that `user` may see."""
    seen = visible_codings(user)
    if not seen.query.where:  # all there are
        return standing_counts(coders)
    return _counted(seen, tuple(coders))


_recent: Recent[dict[int, int]] = Recent(lambda counts: sum(counts.values()))


def _counted(codings: CodingQuerySet, coders: tuple[int, ...]) -> dict[int, int]:
    # By `pk__gt` SQLite takes the index of what stands, a twentieth of the time of the one that it
    # would take: it has no idea of either's size.
    stand = codings.filter(coder__in=coders, is_withdrawn=False, pk__gt=0).order_by()
    counts = dict(stand.values_list("coder").annotate(Count("pk")))
    return {coder: counts.get(coder, 0) for coder in coders}
