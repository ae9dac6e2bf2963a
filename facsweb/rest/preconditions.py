"""`If-Match`: nothing is overwritten that its sender hasn't seen."""

from facsweb.problems import Problem


class PreconditionFailed(Problem):
    """The state that `If-Match` names has changed since."""

    code = "precondition_failed"


class PreconditionRequired(Problem):
    """The request must say with `If-Match` what it is about to change."""

    code = "precondition_required"
