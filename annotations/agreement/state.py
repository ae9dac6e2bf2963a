"""The state of the codings that figures of agreement were made of, and whether it is still so.

A coding's words are never overwritten; it is added, withdrawn, or goes with its face. So the
numbers and the sums of ids of all codings and of those that stand change with whatever would change
a figure. Each is read from an index.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, Sum

from annotations.models import Coder, Coding
from annotations.models.querysets import CodingQuerySet
from facsweb.recent import Recent

State = dict[str, list[int]]


def state_of(coders: Iterable[Coder]) -> State:
    """Return the state of the codings by these coders, as JSON."""
    ids = sorted(coder.pk for coder in coders)
    own = Coding.objects.filter(coder__in=ids)
    stand = own.filter(is_withdrawn=False)
    return {"coders": ids, "all": _counted(own), "standing": _counted(stand)}


def codings_in(state: State) -> int:
    """Return the number of codings in a state, withdrawn ones included.

    >>> codings_in({"coders": [3, 4], "all": [12, 90], "standing": [11, 81]})
    12
    """
    return state["all"][0]


def recent_state_of(coders: Iterable[Coder]) -> State:
    """Return the state of these codings, or where they are many that of some seconds ago."""
    coders = list(coders)
    return _recent.of(tuple(sorted(coder.pk for coder in coders)), lambda: state_of(coders))


_recent: Recent[State] = Recent(codings_in)


def _counted(codings: CodingQuerySet) -> list[int]:
    counted = codings.order_by().aggregate(count=Count("pk"), ids=Sum("pk"))
    return [counted["count"], int(counted["ids"] or 0)]  # PostgreSQL adds up to a Decimal
