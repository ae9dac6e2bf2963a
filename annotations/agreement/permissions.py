"""Policy for agreement: who may see how coders agree."""

from facsweb.accounts.permissions import may_decide
from facsweb.accounts.policies import Policy, role

agreement_policy = Policy({"see": [role(may_decide, "Only reviewers see how coders agree.")]})
