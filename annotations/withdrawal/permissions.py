"""Permission to see a subject's page, to record consent, and to remove a subject."""

from facsweb.accounts.permissions import may_administer
from facsweb.accounts.policies import Policy, role

_ADMIN = role(may_administer, "Only an admin does this.")

#: Its things: a Subject, or a Withdrawal.
subject_policy = Policy(
    {
        "see": [_ADMIN],
        "pictures": [_ADMIN],
        "consent": [_ADMIN],
        "withdraw": [_ADMIN],
        "certificate": [_ADMIN],
    }
)
