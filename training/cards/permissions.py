"""The policy for notes on cards and data sheets."""

from facsweb.accounts.permissions import may_decide
from facsweb.accounts.policies import Policy, role

note_policy = Policy({"add": [role(may_decide, "Only reviewers and admins add notes.")]})
