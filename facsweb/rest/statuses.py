"""The HTTP status of each kind of problem: the one place that knows."""

from facsweb.problems import Conflict, Forbidden, Missing, Problem, TooSoon
from facsweb.rest.idempotency import ReusedKey
from facsweb.rest.limits import TooLarge
from facsweb.rest.preconditions import PreconditionFailed, PreconditionRequired

_STATUSES: dict[type[Problem], int] = {
    Problem: 400,
    Forbidden: 403,
    Missing: 404,
    Conflict: 409,
    PreconditionFailed: 412,
    TooLarge: 413,
    ReusedKey: 422,
    PreconditionRequired: 428,
    TooSoon: 429,
}


def status_of(problem: Problem) -> int:
    """Return the status of the nearest kind that the table names."""
    return next(_STATUSES[kind] for kind in type(problem).__mro__ if kind in _STATUSES)


def headers_of(problem: Problem) -> dict[str, str]:
    """Return the headers that tell more of a problem."""
    return {"Retry-After": str(problem.seconds)} if isinstance(problem, TooSoon) else {}
