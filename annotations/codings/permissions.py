"""Policy for coders: who may do what with them."""

from facsweb.accounts.permissions import may_administer, may_decide
from facsweb.accounts.policies import Policy, role

coder_policy = Policy(
    {
        "see": [role(may_decide, "Only reviewers see who works here.")],
        "switch_blind": [role(may_administer, "Only admins decide who codes blind.")],
    }
)
