"""The policy for trainings: who may start and cancel them."""

from facsweb.accounts.permissions import may_administer
from facsweb.accounts.policies import Policy, role

training_policy = Policy(
    {
        "start": [role(may_administer, "Only an admin starts a training.")],
        "cancel": [role(may_administer, "Only an admin cancels a training.")],
    }
)
