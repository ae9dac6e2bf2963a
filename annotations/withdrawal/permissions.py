"""Permission to see a subject's page, to record consent, and to remove a subject."""

from facsweb.accounts.permissions import may_administer, may_audit
from facsweb.accounts.policies import Policy, role

_ADMIN = role(may_administer, "Only an admin does this.")
_AUDIT = role(may_audit, "Only an admin or an auditor may see this.")

#: Its things: a Subject, or a Withdrawal.
subject_policy = Policy(
    {
        "see": [_AUDIT],
        "pictures": [_ADMIN],
        "consent": [_ADMIN],
        "withdraw": [_ADMIN],
    }
)
