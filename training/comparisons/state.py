"""The state of labels and readings that a comparison was made of, and whether it is still so.

Codings are never overwritten, so the number of those that count and the sum of their ids change
with whatever is coded, decided, withdrawn or undone: a check of milliseconds at 100,000 faces.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, Sum

from annotations.models import Coding
from facsweb.recent import Recent

State = dict[str, list[int]]


def state_of(coders: Iterable[int]) -> State:
    """Return the state of the truth and of the coders' readings (by the coders' ids), as JSON."""
    found = {"truth": _counted(Coding.objects.accepted())}
    for coder in coders:
        own = Coding.objects.filter(coder=coder, is_withdrawn=False)
        found[str(coder)] = _counted(own)
    return found


def recent_state_of(coders: Iterable[int]) -> State:
    """Return the state, or where codings are many that of some seconds ago."""
    ids = tuple(coders)
    return _recent.of(ids, lambda: state_of(ids))


_recent: Recent[State] = Recent(lambda state: sum(count for count, _ in state.values()))


def _counted(codings: object) -> list[int]:
    counted = codings.order_by().aggregate(count=Count("pk"), ids=Sum("pk"))  # type: ignore[attr-defined]
    return [counted["count"], int(counted["ids"] or 0)]  # PostgreSQL adds up to a Decimal
