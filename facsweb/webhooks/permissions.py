"""Permission to set up webhooks."""

from facsweb.accounts.permissions import may_administer
from facsweb.accounts.policies import Policy, role

webhook_policy = Policy({"set_up": [role(may_administer, "Only an admin sets up webhooks.")]})
