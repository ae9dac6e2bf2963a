"""Policy for queues: who may do what with them. Who works on which stage is in people.py."""

from annotations.visibility import hides_queue
from facsweb.accounts.permissions import may_decide
from facsweb.accounts.policies import Policy, Rule, role

_DECIDES = role(may_decide, "Only reviewers and admins see how a queue gets on.")

queue_policy = Policy(
    {
        "make": [role(may_decide, "Only reviewers and admins make queues.")],
        "change": [role(may_decide, "Only reviewers and admins change queues.")],
        "see_progress": [_DECIDES],
        # What counts gold faces, or tells of readings: nothing for who codes the queue blind.
        "see_readings": [
            _DECIDES,
            Rule(lambda user, queue: not hides_queue(user, queue), "You code this queue blind."),
        ],
    }
)
